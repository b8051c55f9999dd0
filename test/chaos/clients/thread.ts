/** Starts the clients in a thread of their own, and hands their finished operations over. */
import { Worker } from 'node:worker_threads';
import type { Operation } from '../history/types.ts';
import type { ClientPlan } from './client.ts';

export interface Clients {
  /** Resolves when nothing is under way any more; every operation has been handed over by then. */
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
  /** Ends the thread whatever is unanswered. */
  abandon(): Promise<void>;
}

type Message = { operations: Operation[] } | { paused: true } | { stopped: true };

export function startClients(plan: ClientPlan, take: (operations: Operation[]) => void): Clients {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: plan });
  const waiting = { paused: [] as (() => void)[], stopped: [] as (() => void)[] };
  const failing: ((error: Error) => void)[] = [];
  let broken: Error | null = null;
  const fail = (error: Error) => {
    broken ??= error;
    for (const each of failing.splice(0)) each(error);
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the clients have ended')));
  worker.on('message', (message: Message) => {
    if ('operations' in message) return take(message.operations);
    const kind = 'paused' in message ? 'paused' : 'stopped';
    for (const each of waiting[kind].splice(0)) each();
  });
  const ask = (question: 'pause' | 'stop', answer: keyof typeof waiting) =>
    new Promise<void>((resolve, reject) => {
      if (broken) return reject(broken);
      waiting[answer].push(resolve);
      failing.push(reject);
      worker.postMessage(question);
    });
  return {
    pause: () => ask('pause', 'paused'),
    resume: () => worker.postMessage('resume'),
    stop: () => ask('stop', 'stopped'),
    abandon: async () => {
      await worker.terminate();
    },
  };
}
