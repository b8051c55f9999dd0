/** Visitors of many sites, out of one thread of their own: a thread for each site would be most of the load. */
import { Worker } from 'node:worker_threads';
import type { LoadPlan, Sample } from '../../src/drill/load/plan.ts';
import type { Instance } from '../../src/local/instance.ts';
import type { SiteId, SiteSpec } from '../../src/model/index.ts';

export interface Visitors {
  /** Sends nothing new; every site's samples, after the last answer or time-out. */
  stop(): Promise<Map<SiteId, Sample[]>>;
  abandon(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** `rate`: requests a second to each site, half of them writes. Every id begins with its site's name. */
export function sendVisitors(instance: Instance, specs: SiteSpec[], rate: number): Visitors {
  const plans = specs.map((spec) => planFor(instance, spec, rate));
  const worker = new Worker(new URL('./visitors-worker.ts', import.meta.url), { workerData: plans });
  const samples = new Promise<Map<SiteId, Sample[]>>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the visitors have ended')));
  });
  samples.catch(() => {});
  return {
    stop() {
      worker.postMessage('stop');
      return samples;
    },
    abandon: async () => void (await worker.terminate()),
  };
}

function planFor(instance: Instance, { site, hosts }: SiteSpec, rate: number): LoadPlan {
  const [host = '', port = ''] = instance.edge.listen.split(':');
  return {
    address: { host, port: Number(port) },
    host: hosts[0]!,
    get: { path: '/', headers: {}, body: null, accepted: [200] },
    write: { path: '/entries', headers: FORM, body: 'id={{id}}', accepted: [201] },
    getsPerSecond: rate / 2,
    writesPerSecond: rate / 2,
    clients: 1,
    timeoutMs: TIMEOUT_MS,
    runId: site,
  };
}
