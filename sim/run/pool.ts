/** Runs seeds on all cores; a worker that dies, or that is not done in time, costs its seed and nothing else. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../src/platform/clock.ts';
import type { Bug } from '../trace.ts';
import { crashed, type SeedResult } from './seed.ts';

/** Real time that one seed may take: it takes well below a second, so that one which is here still goes round in circles. */
export const SEED_LIMIT_MS = 30_000;
const WORKER = new URL('./worker.ts', import.meta.url);

export interface PoolOptions {
  seeds: Iterable<number>;
  bugs: readonly Bug[];
  workers: number;
  clock: Clock;
  onResult(result: SeedResult): void;
  /** What a worker runs, and for how long at most; for tests. */
  script?: URL;
  limitMs?: number;
}

/** Resolves when every seed has its result; in whatever order they were done. */
export async function runPool(options: PoolOptions): Promise<void> {
  const { seeds, bugs, workers, clock, onResult, script = WORKER, limitMs = SEED_LIMIT_MS } = options;
  const left = seeds[Symbol.iterator]();
  const lane = async () => {
    let worker: Worker | null = null;
    for (let next = left.next(); !next.done; next = left.next()) {
      worker ??= new Worker(script, { workerData: { bugs } });
      const result = await runIn(worker, next.value, clock, limitMs);
      if (result.crash !== null) {
        await worker.terminate();
        worker = null;
      }
      onResult(result);
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: workers }, lane));
}

function runIn(worker: Worker, seed: number, clock: Clock, limitMs: number): Promise<SeedResult> {
  return new Promise((resolve) => {
    const end = (result: SeedResult) => {
      cancel();
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(result);
    };
    const onError = (error: unknown) =>
      end(crashed(seed, error instanceof Error ? (error.stack ?? error.message) : String(error)));
    const onExit = (status: number) => end(crashed(seed, `its worker ended with status ${status}`));
    const cancel = clock.after(limitMs, () => end(crashed(seed, `not done after ${limitMs / 1_000} s`)));
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(seed);
  });
}
