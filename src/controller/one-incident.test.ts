/** One event is one incident, over the store in memory. */
import { onlyOneIncidentOver } from '../../test/support/one-incident.ts';
import { systemClock } from '../platform/clock.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from '../store/memory.ts';

onlyOneIncidentOver('the store in memory', async () => {
  const cluster = new MemoryCluster();
  const stores: MemoryStore[] = [];
  return {
    open: () => {
      const store = openMemoryStore(cluster, { clock: systemClock });
      store.setDelayMs(4);
      stores.push(store);
      return store;
    },
    close: async () => {
      for (const store of stores) await store.close();
    },
  };
});
