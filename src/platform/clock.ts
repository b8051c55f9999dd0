/** The only home of time: everything else takes a Clock, or takes `now` as an argument. */
import type { MonoMs, WallMs } from '../model/index.ts';

export interface Clock {
  /** Wall-clock milliseconds, for people and records. */
  wall(): WallMs;
  /** Monotonic milliseconds, for measuring. */
  mono(): MonoMs;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` every `ms` until the returned function is called. Never two at a time: a late turn is skipped. */
  every(ms: number, work: () => void | Promise<void>): () => void;
  /** Calls `work` once after `ms`, unless the returned function is called first. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
  every: (ms, work) => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      Promise.resolve()
        .then(work)
        .finally(() => {
          busy = false;
        });
    }, ms);
    return () => clearInterval(timer);
  },
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** Thrown by `withDeadline`. */
export class DeadlineExceeded extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`);
    this.name = 'DeadlineExceeded';
  }
}

/** Rejects with DeadlineExceeded when `work` has not settled after `ms`. The work itself is not stopped. */
export async function withDeadline<T>(clock: Clock, what: string, ms: number, work: Promise<T>): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new DeadlineExceeded(what, ms)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
