/** The edge program: routes follow placements, counts and probes go to every controller; nginx does the visitors' work. */
import { join } from 'node:path';
import type { EdgeConfig } from '../config/programs.ts';
import { readClusterKey } from '../config/secrets.ts';
import type { EdgeReport, SiteId } from '../model/index.ts';
import { createProber, type Prober } from '../observe/prober.ts';
import { createPusher } from '../observe/pusher.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';
import { newId } from '../platform/random.ts';
import { openEtcdStore } from '../store/etcd.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { openView, type View } from '../store/view.ts';
import { type DataPlane, startDataPlane } from './data-plane.ts';
import { createQuietJudge } from './quiet.ts';
import { toRow } from './route-row.ts';
import { openPageFiles } from './status-page/disk.ts';
import { followStatusPage } from './status-page/follow.ts';
import { startForms } from './status-page/forms.ts';
import { startStatusServer } from './status-server.ts';
import { startVisitsBook } from './visits-book.ts';
import { windowsAnswers } from './windows-answers.ts';

export interface EdgeDeps {
  clock?: Clock;
  log?: Log;
  store?: Store;
}

export interface RunningEdge {
  /** Ends nginx too. */
  stop(): Promise<void>;
  /** Leaves nginx serving; the next start takes it over. */
  detach(): Promise<void>;
}

const REPORT_MS = 100;
const PROBE_MS = 100;
const PROBE_TIMEOUT_MS = 400;
const QUIET_LOOK_MS = 20;
const REGISTER_RETRY_MS = 1_000;

/** Runs until stopped. Throws when an address is taken or nginx does not start; never because the store is away. */
export async function runEdge(config: EdgeConfig, deps: EdgeDeps = {}): Promise<RunningEdge> {
  const clock = deps.clock ?? systemClock;
  const log = deps.log ?? createLog('edge', { edge: config.edge });
  const clusterKey = readClusterKey(config.clusterKeyFile);
  // Visitors first: nginx serves by the kept routes before anybody has been asked anything.
  let onDrained = () => {};
  const plane = await startDataPlane({ config, clock, log, onDrained: () => onDrained() });
  const store = deps.store ?? openEtcdStore({ endpoints: config.store.endpoints, clock, log });
  const view = openView({ store, clock, log, cacheFile: join(config.stateDir, 'view.json') });
  const stopRouting = followPlacements(view, plane, log);
  const prober = createProber({
    clock,
    targets: () => targetsOf(view),
    everyMs: PROBE_MS,
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  const stopQuiet = watchQuietZones(config, clock, prober, plane);
  const controllers = () => [...view.zones.values()].flatMap(({ controller }) => controller ?? []);
  const pusher = createPusher({
    clock,
    log,
    clusterKey,
    everyMs: REPORT_MS,
    controllers,
    report: reporter(config, clock, prober, plane),
  });
  onDrained = pusher.soon;
  const visits = startVisitsBook({
    path: join(config.stateDir, 'visits.sqlite'),
    edge: config.edge,
    take: plane.visits,
    clock,
    log,
  });
  const server = await startStatusServer(config.control, {
    windows: windowsAnswers({ clusterKey, book: visits.book, clock }),
    edge: config.edge,
    storeFresh: () => view.fresh,
    nginx: plane.found,
    quietZones: plane.quietZones,
    rows: plane.routes,
    reports: plane.routeReports,
  });
  const statusPage =
    config.statusHosts.length === 0
      ? null
      : followStatusPage({ clock, log, clusterKey, files: openPageFiles(config.stateDir), controllers });
  const forms = config.statusHosts.length === 0 ? null : await startForms({ config, clusterKey, controllers, log });
  const stopRegister = keepRegistered(store, clock, log, config);

  const leave = async () => {
    stopRegister();
    stopRouting();
    stopQuiet();
    prober.stop();
    pusher.stop();
    await statusPage?.stop();
    await forms?.stop();
    await server.close();
    await visits.stop();
    await view.close();
    if (deps.store === undefined) await store.close();
  };
  return {
    async stop() {
      await leave();
      await plane.stop();
    },
    async detach() {
      await leave();
      await plane.detach();
    },
  };
}

/** Pushes the row of every site whose placement, description or zones changed; the data plane drops what is not new. */
function followPlacements(view: View, plane: DataPlane, log: Log): () => void {
  const push = (sites: Iterable<SiteId>) => {
    const rows = [...sites].flatMap((site) => {
      const record = view.sites.get(site);
      const placement = view.placements.get(site);
      return record && placement ? [toRow(record, placement, view.zones)] : [];
    });
    if (rows.length === 0) return;
    plane.pushRoutes(rows).catch((error) => log.error({ err: error }, 'routes could not be pushed'));
  };
  push(view.sites.keys());
  return view.onChange((sites) => push(sites.length > 0 ? sites : view.sites.keys()));
}

function targetsOf(view: View) {
  return [...view.zones.values()].map(({ zone, agent, controller }) => ({
    zone,
    addresses: [agent, controller].filter((address) => address !== null),
  }));
}

function watchQuietZones(config: EdgeConfig, clock: Clock, prober: Prober, plane: DataPlane): () => void {
  const judge = createQuietJudge(config.quietMs, clock.mono());
  return clock.every(QUIET_LOOK_MS, () => {
    const probes = prober.probes();
    const quiet = judge.judge(probes, clock.mono());
    for (const { zone } of probes) plane.setQuiet(zone, quiet.has(zone));
  });
}

function reporter(config: EdgeConfig, clock: Clock, prober: Prober, plane: DataPlane): () => EdgeReport {
  const incarnation = newId();
  let sequence = 0;
  return () => ({
    kind: 'edge',
    edge: config.edge,
    incarnation,
    sequence: sequence++,
    sentAtMs: clock.mono(),
    probes: prober.probes(),
    traffic: plane.traffic(),
    routes: plane.tellRoutes(),
  });
}

/** Writes where this edge is into the store, again and again until the store has taken it. */
function keepRegistered(store: Store, clock: Clock, log: Log, config: EdgeConfig): () => void {
  let done = false;
  const register = async () => {
    if (done) return;
    try {
      await store.registerEdge({ edge: config.edge, control: config.control, visitors: config.listen });
      done = true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.info({ trouble: error.message }, 'not registered yet');
    }
  };
  const attempt = () => register().catch((error) => log.error({ err: error }, 'registering failed'));
  void attempt();
  return clock.every(REGISTER_RETRY_MS, attempt);
}
