/** The load generator's own thread: what the drill does meanwhile cannot delay a request. */
import { parentPort, workerData } from 'node:worker_threads';
import { startLoad } from './generator.ts';
import type { LoadPlan } from './plan.ts';

if (!parentPort) throw new Error('runs only as a worker thread');
const port = parentPort;
const load = startLoad(workerData as LoadPlan);
port.on('message', async (message: 'stop' | 'count') => {
  if (message === 'count') return port.postMessage({ count: load.count() });
  port.postMessage({ samples: await load.stop() });
  port.close();
});
