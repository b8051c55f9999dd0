/**
 * One controller's part in notices as a process of its own: sends from a store over etcd, and dies at the step it is told. Arguments as
 * one JSON object: endpoints, zone, dieAt (a step, or null), claimMs.
 */

import { startNotifyLoop } from '../../src/notify/loop.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { openEtcdStore } from '../../src/store/etcd.ts';
import { openView } from '../../src/store/view.ts';

const { endpoints, zone, dieAt, claimMs } = JSON.parse(process.argv[2]!) as {
  endpoints: string[];
  zone: string;
  dieAt: string | null;
  claimMs: number;
};
const log = createLog('controller', { zone }, 'warn');
const store = openEtcdStore({ endpoints, clock, log });
const view = openView({ store, clock, log, cacheFile: null });
startNotifyLoop({
  zone,
  clock,
  log,
  store,
  state: view,
  clusterKey: 'a key for nothing but this test',
  claimMs,
  step: (name) => {
    if (name === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
