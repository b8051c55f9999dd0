/** Runs seeds on all cores; a worker that dies, or that is not done in time, costs its seed and nothing else. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../src/platform/clock.ts';
import type { Bug } from '../trace.ts';
import { crashed, type SeedResult } from './seed.ts';

/** Real time that one seed may take: it takes well below a second, so that one which is here still goes round in circles. */
export const SEED_LIMIT_MS = 30_000;

export interface PoolOptions {
  seeds: Iterable<number>;
  bugs: readonly Bug[];
  workers: number;
  clock: Clock;
  onResult(result: SeedResult): void;
}

/** Resolves when every seed has its result; in whatever order they were done. */
export async function runPool({ seeds, bugs, workers, clock, onResult }: PoolOptions): Promise<void> {
  const left = seeds[Symbol.iterator]();
  const lane = async () => {
    let worker: Worker | null = null;
    for (let next = left.next(); !next.done; next = left.next()) {
      worker ??= new Worker(new URL('./worker.ts', import.meta.url), { workerData: { bugs } });
      const result = await runIn(worker, next.value, clock);
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

function runIn(worker: Worker, seed: number, clock: Clock): Promise<SeedResult> {
  return new Promise((resolve) => {
    const end = (result: SeedResult) => {
      cancel();
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(result);
    };
    const onError = (error: unknown) =>
      end(crashed(seed, error instanceof Error ? (error.stack ?? error.message) : String(error)));
    const onExit = (status: number) => end(crashed(seed, `its worker ended with status ${status}`));
    const cancel = clock.after(SEED_LIMIT_MS, () => end(crashed(seed, `not done after ${SEED_LIMIT_MS / 1_000} s`)));
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(seed);
  });
}
