/** A controller that does nothing but make the status page, over a store in memory. */
import fastify from 'fastify';
import { statusPageRoutes } from '../../src/controller/routes/status-page.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { startStatusPage } from '../../src/status/loop.ts';
import type { DayBar, ZonePart } from '../../src/status/model.ts';
import { type MemoryCluster, openMemoryStore } from '../../src/store/memory.ts';
import { openView } from '../../src/store/view.ts';

export const KEY = 'the cluster key of this test';

export interface PageController {
  /** `host:port`. */
  address: string;
  /** Folders that edges asked for, in order. */
  asked: string[];
  zones: ZonePart[];
  stop(): Promise<void>;
}

export async function startPageController(
  cluster: MemoryCluster,
  { days = () => null, port = 0 }: { days?: (site: string) => DayBar[] | null; port?: number } = {},
): Promise<PageController> {
  const log = createLog('controller', {}, 'error');
  const store = openMemoryStore(cluster, { clock });
  const view = openView({ store, clock, log, cacheFile: null });
  const asked: string[] = [];
  const controller: PageController = {
    address: '',
    asked,
    zones: [],
    stop: async () => {
      await app.close();
      page.stop();
      await view.close();
      await store.close();
    },
  };
  const page = startStatusPage({
    zone: 'a',
    clock,
    log,
    store,
    state: view,
    clusterKey: KEY,
    zones: () => controller.zones,
    measured: async (site) => days(site),
  });
  const app = fastify({ forceCloseConnections: true });
  app.addHook('preHandler', async ({ body }) => void asked.push(...((body as { paths?: string[] })?.paths ?? [])));
  statusPageRoutes({ clusterKey: KEY, page, fresh: () => view.fresh })(app);
  controller.address = (await app.listen({ host: '127.0.0.1', port })).replace('http://', '');
  return controller;
}
