/** The agent of a host: makes placements true in its zone, and tells every controller what it sees. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from '../config/programs.ts';
import { readClusterKey } from '../config/secrets.ts';
import { type AgentReport, roleOf, type SiteId, type ZoneId } from '../model/index.ts';
import { createProber, type Prober, type ProbeTargets } from '../observe/prober.ts';
import { createPusher } from '../observe/pusher.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';
import * as launcher from '../platform/processes.ts';
import { newId } from '../platform/random.ts';
import { userIds } from '../platform/users.ts';
import { openEtcdStore } from '../store/etcd.ts';
import type { Store } from '../store/store.ts';
import { openView, type View } from '../store/view.ts';
import { createHostChecks } from './app/check-pace.ts';
import { inside } from './app/install.ts';
import { type CopyKeeper, createCopyKeeper } from './copy.ts';
import { asideFolder, copyFolder } from './copy-parts.ts';
import { diskProbe } from './disk/probe.ts';
import { createDiskWatch } from './disk/watch.ts';
import { createHostFiles } from './files/host.ts';
import { createFileServer, type SharedFolder } from './files/server.ts';
import { createRoomMeter, type RoomMeter } from './host.ts';
import { createHostLooks } from './mariadb/look-pace.ts';
import { createSalvageDesk } from './mariadb/salvage/desk.ts';
import { createNewsWatch } from './news.ts';
import { startServer } from './server.ts';
import { createTeller } from './telling.ts';
import { createTurnstile } from './turnstile.ts';

const PUSH_EVERY_MS = 100;
const PROBE_EVERY_MS = 100;
const PROBE_TIMEOUT_MS = 400;
const REGISTER_RETRY_MS = 1_000;
const FIND_EVERY_MS = 1_000;
/** Each takes a core for a second or two, which the sites beside it need as well. */
const MOST_MAKINGS = 2;

export interface AgentParts {
  /** Used instead of etcd; not closed by the agent. */
  store?: Store;
  clock?: Clock;
  log?: Log;
}

/** Runs until `stop()`, which leaves databases and applications running. Rejects when it cannot listen. */
export async function runAgent(config: AgentConfig, parts: AgentParts = {}): Promise<{ stop(): Promise<void> }> {
  const clock = parts.clock ?? systemClock;
  const log = parts.log ?? createLog('agent', { zone: config.zone });
  const clusterKey = readClusterKey(config.clusterKeyFile);
  makeStateFolders(config.stateDir);
  const store = parts.store ?? openEtcdStore({ endpoints: config.store.endpoints, clock, log });
  const view = openView({ store, clock, cacheFile: join(config.stateDir, 'view.json'), log });

  const disks = createDiskWatch({ clock, log, start: diskProbe(() => userIds(config.databaseUser)) });
  const keepers = new Map<SiteId, CopyKeeper>();
  const looks = createHostLooks();
  const checks = createHostChecks();
  const makings = createTurnstile(MOST_MAKINGS);
  const files = createHostFiles({ clock, log, clusterKey });
  const forCopies = { config, clusterKey, clock, log, store, view, launcher, disks, files, looks, checks, makings };
  const find = (sites: Iterable<SiteId>) => {
    for (const site of sites) {
      if (keepers.has(site) || !isOfInterest(view, config, site)) continue;
      keepers.set(site, createCopyKeeper({ ...forCopies, site }));
    }
  };
  const databaseOf = (site: SiteId) => keepers.get(site)?.database() ?? null;
  const shared = () => sharedFolders(view, config, [...keepers.keys()]);
  const fileServer = createFileServer({ config, log, shared });
  const salvage = createSalvageDesk({
    root: asideFolder(config),
    log,
    onDiscarded: (site) => void databaseOf(site)?.lookAtSalvage(),
  });
  const { listen, zone } = config;
  const serving = { serveFiles: fileServer.serve, serveChanges: files.changes.serve };
  const face = { listen, zone, clusterKey, log, databaseOf, ...serving, salvage };
  const server = await startServer(face);

  const ended = new AbortController();
  const registering = register(store, config, clock, log, ended.signal);
  const stopListening = view.onChange((sites) => {
    find(sites);
    for (const site of sites) keepers.get(site)?.look();
  });
  // A copy's folder may also be put there by hand.
  const stopFinding = clock.every(FIND_EVERY_MS, () => find(view.sites.keys()));
  find(view.sites.keys());

  const prober = createProber({
    clock,
    targets: () => targetsOf(view, config.zone),
    everyMs: PROBE_EVERY_MS,
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  const meter = createRoomMeter(clock);
  const report = reporter(config.zone, clock, { keepers, prober, meter });
  const controllers = () => [...view.zones.values()].flatMap(({ controller }) => controller ?? []);
  const pusher = createPusher({ clock, log, controllers, clusterKey, everyMs: PUSH_EVERY_MS, report });
  const copyReport = (site: SiteId) => keepers.get(site)?.report() ?? null;
  const news = createNewsWatch({ clock, placements: view.placements, report: copyReport, tell: pusher.soon });
  const stopNews = view.onChange(news.changed);
  news.changed(view.sites.keys());
  log.info({ listen: config.listen }, 'agent runs');

  return {
    async stop() {
      ended.abort();
      stopNews();
      news.stop();
      pusher.stop();
      prober.stop();
      meter.stop();
      disks.stop();
      fileServer.stop();
      files.stop();
      stopListening();
      stopFinding();
      await Promise.all([server.stop(), registering, ...[...keepers.values()].map((keeper) => keeper.detach())]);
      await view.close();
      if (parts.store === undefined) await store.close();
    },
  };
}

interface Reported {
  keepers: ReadonlyMap<SiteId, CopyKeeper>;
  prober: Prober;
  meter: RoomMeter;
}

function reporter(zone: ZoneId, clock: Clock, { keepers, prober, meter }: Reported): () => AgentReport {
  const incarnation = newId();
  const teller = createTeller();
  let sequence = 0;
  return () => {
    const copies = [...keepers.values()].map((keeper) => keeper.report()).filter((copy) => copy !== null);
    return {
      kind: 'agent',
      zone,
      incarnation,
      sequence: ++sequence,
      probes: prober.probes(),
      ...teller.tell(copies, clock.mono()),
      room: meter.room(),
    };
  };
}

/** Sites that have a role here, or had one: their folder is there. */
function isOfInterest(view: View, config: AgentConfig, site: SiteId): boolean {
  const placement = view.placements.get(site);
  if (placement === undefined || !view.sites.get(site)?.spec.zones.includes(config.zone)) return false;
  return roleOf(placement, config.zone) !== 'none' || existsSync(copyFolder(config, site));
}

/** The folders of visitors' files that are here. */
function sharedFolders(view: View, config: AgentConfig, sites: SiteId[]): SharedFolder[] {
  return sites
    .flatMap((site) =>
      (view.sites.get(site)?.spec.files ?? []).map((folder) => {
        return { site, folder, path: inside(join(copyFolder(config, site), 'app'), folder) };
      }),
    )
    .filter(({ path }) => existsSync(path));
}

/** The other zones' agents and controllers. */
function targetsOf(view: View, own: string): ProbeTargets[] {
  return [...view.zones.values()]
    .filter(({ zone }) => zone !== own)
    .map(({ zone, agent, controller }) => ({ zone, addresses: [agent, controller].filter((one) => one !== null) }));
}

async function register(store: Store, config: AgentConfig, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  const fields = { agent: config.listen, host: config.address, portBase: config.portBase };
  while (!signal.aborted) {
    try {
      return await store.registerZone(config.zone, fields);
    } catch (error) {
      log.warn({ trouble: error instanceof Error ? error.message : String(error) }, 'not registered yet');
    }
    await clock.sleep(REGISTER_RETRY_MS, signal);
  }
}

/** The databases' and applications' users have to get through to their copies' folders. */
function makeStateFolders(stateDir: string): void {
  for (const folder of [stateDir, join(stateDir, 'copies')]) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o711);
  }
}
