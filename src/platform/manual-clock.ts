/** A clock that stands still until a test moves it; so that tests of waits and limits take no time and never flicker. */
import type { MonoMs } from '../model/index.ts';
import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves the clock on, running every timer that comes due at its own moment, in order. */
  advance(ms: number): Promise<void>;
  /** Moves the clock without running anything: what a stopped process sees when it wakes up. Due timers run in the next `advance`. */
  stall(ms: number): void;
}

const WALL_AT_START = 1_700_000_000_000;

interface Timer {
  at: MonoMs;
  work: () => void;
}

export function createManualClock(): ManualClock {
  let now: MonoMs = 0;
  const timers = new Set<Timer>();

  const after = (ms: number, work: () => void) => {
    const timer = { at: now + ms, work };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };

  const nextDue = (until: MonoMs) =>
    [...timers].filter((timer) => timer.at <= until).sort((one, other) => one.at - other.at)[0];

  return {
    wall: () => WALL_AT_START + now,
    mono: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const cancel = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          resolve();
        });
      }),
    every(ms, work) {
      let stopped = false;
      let busy = false;
      let cancel = () => {};
      const arm = () => {
        cancel = after(ms, () => {
          if (!stopped) arm();
          if (busy) return;
          busy = true;
          Promise.resolve(work()).finally(() => {
            busy = false;
          });
        });
      };
      arm();
      return () => {
        stopped = true;
        cancel();
      };
    },
    async advance(ms) {
      await settle();
      const until = now + ms;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        timers.delete(due);
        now = Math.max(now, due.at);
        due.work();
        await settle();
      }
      now = Math.max(now, until);
      await settle();
    },
    stall(ms) {
      now += ms;
    },
  };
}

/** Lets promises that are already resolved run on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
