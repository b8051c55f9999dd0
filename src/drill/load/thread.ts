/** Starts a load in a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { LoadPlan, Sample } from './plan.ts';

type Message = { count: { finished: number; failed: number } } | { samples: Sample[] };

export interface LoadThread {
  /** Sends nothing new; every sample, after the last answer or time-out. */
  stop(): Promise<Sample[]>;
  count(): Promise<{ finished: number; failed: number }>;
  /** Ends the thread whatever is unanswered. */
  abandon(): Promise<void>;
}

export function startLoadThread(plan: LoadPlan): LoadThread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: plan });
  let broken: Error | null = null;
  const waiting = new Set<{ take(message: Message): boolean; fail(error: Error): void }>();
  const fail = (error: Error) => {
    broken ??= error;
    for (const each of waiting) each.fail(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the load generator has ended')));
  worker.on('message', (message: Message) => {
    for (const each of waiting) if (each.take(message)) waiting.delete(each);
  });
  const ask = <T>(question: 'stop' | 'count', pick: (message: Message) => T | null) =>
    new Promise<T>((resolve, reject) => {
      if (broken) return reject(broken);
      waiting.add({
        take: (message) => {
          const picked = pick(message);
          if (picked !== null) resolve(picked);
          return picked !== null;
        },
        fail: reject,
      });
      worker.postMessage(question);
    });
  return {
    stop: () => ask('stop', (message) => ('samples' in message ? message.samples : null)),
    count: () => ask('count', (message) => ('count' in message ? message.count : null)),
    abandon: async () => {
      await worker.terminate();
    },
  };
}
