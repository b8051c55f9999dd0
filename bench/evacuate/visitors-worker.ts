/** The thread of `visitors.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Load, startLoad } from '../../src/drill/load/generator.ts';
import type { LoadPlan } from '../../src/drill/load/plan.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';

if (!parentPort) throw new Error('runs only as a worker thread');
const port = parentPort;
const plans = workerData as LoadPlan[];
/** Requests to a site are hundreds of milliseconds apart: they need not be on time to the millisecond. */
const TICK_MS = 10;
let stopping = false;
const loads: Load[] = [];

port.once('message', async () => {
  stopping = true;
  const all = await Promise.all(loads.map((load) => load.stop()));
  port.postMessage(new Map(all.map((samples, index) => [plans[index]!.runId, samples])));
});

/** One after the other, so that the sites' requests do not all fall into the same instant. */
const stepMs = 1_000 / Math.max(plans[0]!.getsPerSecond, plans[0]!.writesPerSecond) / plans.length;
for (const plan of plans) {
  if (stopping) break;
  loads.push(startLoad(plan, { ...clock, every: (_ms, work) => clock.every(TICK_MS, work) }));
  await clock.sleep(stepMs);
}
