/** A worker thread of the pool: a seed in, its result out. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Bug } from '../trace.ts';
import { crashed, runSeed } from './seed.ts';

const { bugs } = workerData as { bugs: Bug[] };

parentPort!.on('message', async (seed: number) => {
  try {
    parentPort!.postMessage(await runSeed(seed, bugs));
  } catch (error) {
    parentPort!.postMessage(crashed(seed, error instanceof Error ? (error.stack ?? error.message) : String(error)));
  }
});
