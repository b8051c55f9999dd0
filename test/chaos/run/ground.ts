/** What a chaos run stands on: its own platform with the ledger, clients, and those who watch. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mountDisk } from '../../../src/local/disks.ts';
import type { Instance } from '../../../src/local/instance.ts';
import { folderOf } from '../../../src/local/instance.ts';
import { startPlatform } from '../../../src/local/platform.ts';
import type { Progress } from '../../../src/local/progress.ts';
import { addSite, waitUntilProtected } from '../../../src/local/sites.ts';
import { type Clock, systemClock } from '../../../src/platform/clock.ts';
import { createLog } from '../../../src/platform/log.ts';
import { openEtcdStore } from '../../../src/store/etcd.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Clients, startClients } from '../clients/thread.ts';
import type { Stage } from '../faults/types.ts';
import { createHistory, type HistoryFile } from '../history/file.ts';
import { now, type Operation } from '../history/types.ts';
import { CONVERGES_WITHIN_MS, settle } from './settle.ts';
import { type Witness, watchSite } from './witness.ts';

export interface Ground {
  instance: Instance;
  store: Store;
  clock: Clock;
  progress: Progress;
  site: string;
  stage: Stage;
  witness: Witness;
  clients: Clients;
  history: HistoryFile;
  /** Every operation so far, in the order of completion. */
  operations: Operation[];
  stop(): Promise<void>;
}

export interface GroundOptions {
  seed: number;
  clients: number;
  everyMs: number;
  name: string;
  historyFile: string;
  /** Leaves no logs behind. */
  temporary?: boolean;
  progress: Progress;
  signal?: AbortSignal;
}

const SITE = 'ledger';
const SITE_FILE = join(import.meta.dirname, '../site/site.yaml');
const INSIDE = pathToFileURL(join(import.meta.dirname, '../hook/inside.ts')).href;
const DISK_MB = 3_000;
const TIMEOUT_MS = 5_000;

/** Starts a platform of its own; takes all of it down again when that fails. */
export async function prepareGround(options: GroundOptions): Promise<Ground> {
  const { seed, progress, name } = options;
  const folder = join(folderOf(name), 'chaos');
  const platform = await startPlatform({
    name,
    siteFile: null,
    temporary: options.temporary,
    progress,
    signal: options.signal,
    environment: { NODE_OPTIONS: `--import=${INSIDE}`, HOLDFAST_CHAOS: folder },
    prepare: async (instance) => {
      mkdirSync(folder, { recursive: true });
      for (const { zone, agentDir } of instance.zones) {
        await mountDisk(agentDir, join(instance.folder, `disk-${zone}.img`), DISK_MB);
      }
    },
  });
  const { instance } = platform;
  const store = openEtcdStore({
    endpoints: instance.endpoints,
    clock: systemClock,
    log: createLog('chaos', {}, 'fatal'),
  });
  try {
    await addSite(instance, SITE_FILE);
    await waitUntilProtected(instance, SITE, progress, CONVERGES_WITHIN_MS);
    const history = createHistory(options.historyFile);
    history.write({
      type: 'run',
      seed,
      clients: options.clients,
      wallOfZero: systemClock.wall() - now(),
      instance: name,
    });
    const witness = watchSite(store, SITE, history);
    const operations: Operation[] = [];
    const clients = startClients(clientPlan(instance, options), (finished) => {
      operations.push(...finished);
      history.write(...finished);
    });
    const stage: Stage = { instance, site: SITE, placement: witness.placement, folder };
    const ground = {
      instance,
      store,
      clock: systemClock,
      progress,
      site: SITE,
      stage,
      witness,
      clients,
      history,
      operations,
      async stop() {
        witness.stop();
        await clients.abandon();
        history.flush();
        await store.close();
        await platform.stop();
      },
    };
    await progress.step('every copy is there', () => untilWhole(ground));
    return ground;
  } catch (error) {
    await store.close();
    await platform.stop();
    throw error;
  }
}

/** Rounds begin with all copies built. */
async function untilWhole(ground: Ground): Promise<void> {
  const { converged, detail } = await settle(ground);
  if (!converged) throw new Error(`the platform did not become whole at all: ${detail}`);
}

function clientPlan(instance: Instance, { seed, clients, everyMs }: GroundOptions) {
  const [host = '', port = ''] = instance.edge.listen.split(':');
  return {
    where: { host, port: Number(port), site: 'ledger.localhost' },
    seed,
    clients,
    everyMs,
    timeoutMs: TIMEOUT_MS,
  };
}

/** What the hooks in the programs have struck so far, oldest first. */
export function hits({ stage }: Ground): string[] {
  try {
    return readFileSync(join(stage.folder, 'hits'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
