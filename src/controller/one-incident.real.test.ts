/** One event is one incident, over three real etcd members. */
import { startEtcdCluster } from '../../test/support/etcd-cluster.ts';
import { onlyOneIncidentOver } from '../../test/support/one-incident.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { openEtcdStore } from '../store/etcd.ts';
import type { Store } from '../store/store.ts';

onlyOneIncidentOver('the store over etcd', async () => {
  const cluster = await startEtcdCluster();
  const stores: Store[] = [];
  return {
    open: () => {
      const log = createLog('test', {}, 'warn');
      const store = openEtcdStore({ endpoints: cluster.endpoints, clock: systemClock, log, deadlineMs: 5_000 });
      stores.push(store);
      return store;
    },
    close: async () => {
      for (const store of stores) await store.close();
      await cluster.close();
    },
  };
});
