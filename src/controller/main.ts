/** The controller program: wires the store's view, the observers' reports and the loop together. One runs in every zone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApi } from '../api/mount.ts';
import type { ControllerConfig } from '../config/programs.ts';
import { readClusterKey } from '../config/secrets.ts';
import { DEFAULT_LEVEL } from '../config/service.ts';
import { usualOf } from '../detect/index.ts';
import type { SiteId, WallMs, ZoneId, ZoneStatus } from '../model/index.ts';
import { startNotifyLoop } from '../notify/loop.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';
import { journalOf } from '../record/journal.ts';
import { startStatusPage } from '../status/loop.ts';
import { openEtcdStore } from '../store/etcd.ts';
import { newIncidentId, parseIncidentId } from '../store/keys.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { openView } from '../store/view.ts';
import { askEdges } from '../windows/ask-edge.ts';
import { startGather } from '../windows/gather.ts';
import { createLevels } from '../windows/levels.ts';
import { startBurnWatch } from './burn-watch.ts';
import { startImpacts } from './impacts.ts';
import { createIncidentFiles } from './incident-files.ts';
import { createLoop } from './loop.ts';
import { createObservations } from './observation-streams.ts';
import { practiceOver } from './practice.ts';
import { createRecorder } from './recorder.ts';
import { createRecording } from './recording.ts';
import { acknowledgeRoutes } from './routes/acknowledge.ts';
import { consoleRoutes } from './routes/console.ts';
import { statusPageRoutes } from './routes/status-page.ts';
import { startServer } from './server.ts';
import { type StatusInput, sitesOf, toZonePart, zoneState, zonesOf } from './status.ts';
import { startTurns } from './turns.ts';

/** Until somebody describes the service. */
const UNDESCRIBED = { level: DEFAULT_LEVEL, maintenance: [] };
/** Incidents are written to this often; nothing waits for them. */
const RECORD_MS = 250;
const REGISTER_RETRY_MS = 1_000;

export interface ControllerParts {
  clock?: Clock;
  log?: Log;
  store?: Store;
}

/** Runs until `stop`. Throws when its address is taken or its files cannot be read; never because the store is away. */
export async function runController(
  config: ControllerConfig,
  parts: ControllerParts = {},
): Promise<{ stop(): Promise<void> }> {
  const { zone } = config;
  const clock = parts.clock ?? systemClock;
  const log = parts.log ?? createLog('controller', { zone });
  const clusterKey = readClusterKey(config.clusterKeyFile);
  mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
  const store = parts.store ?? openEtcdStore({ endpoints: config.store.endpoints, clock, log });
  const view = openView({ store, clock, log, cacheFile: join(config.stateDir, 'view.json') });
  const settings = { falseAlarmsPerYear: config.detector.falseAlarms };
  const recording = createRecording({
    zone,
    clock,
    settings,
    sites: view.sites,
    placements: view.placements,
    service: () => view.service,
    usual: () => usualOf(loop.memory()),
  });
  const files = createIncidentFiles({ folder: join(config.stateDir, 'observations'), recording, clock, log });
  const keepRecord = (sites: Iterable<SiteId>) => {
    recording.changed(sites);
    files.changed([...sites].flatMap((site) => view.placements.get(site) ?? []));
  };
  keepRecord(view.sites.keys());
  let { service } = view;
  view.onChange((sites) => {
    // Other plans may give every site another right.
    keepRecord(view.service === service ? sites : view.sites.keys());
    service = view.service;
  });
  const loop = createLoop({
    zone,
    clock,
    log,
    store,
    state: view,
    settings,
    naming: newIncidentId,
    watcher: recording,
  });
  const recorder = createRecorder({
    zone,
    clock,
    log,
    store,
    openedAt: (id) => parseIncidentId(id)?.openedAt ?? 0,
    journalOf: (placement) => journalOf(placement, newIncidentId),
  });
  const gather = startGather({
    path: join(config.stateDir, 'windows.sqlite'),
    edges: () => view.edges.values(),
    ask: askEdges(clusterKey),
    clock,
    log,
  });
  const levels = createLevels({
    book: gather.book,
    service: () => view.service ?? UNDESCRIBED,
    clock,
  });
  const impacts = startImpacts({
    zone,
    clock,
    log,
    store,
    state: view,
    ask: askEdges(clusterKey),
    window: loop.window,
    level: () => (view.service ?? UNDESCRIBED).level,
  });
  const notify = startNotifyLoop({ zone, clock, log, store, state: view, clusterKey, impactOf: impacts.of });
  const burn = startBurnWatch({
    clock,
    log,
    store,
    state: view,
    levels,
    service: () => view.service ?? UNDESCRIBED,
    tell: notify.tell,
  });
  const zoneTimes = trackZones(() => clock.wall());

  const seen = (): StatusInput => ({
    wall: clock.wall(),
    now: clock.mono(),
    zones: view.zones,
    sites: view.sites,
    placements: view.placements,
    service: view.service,
    window: loop.window(),
    findings: loop.findings(),
    verdicts: loop.verdicts(),
    zoneSince: zoneTimes.since,
    naming: newIncidentId,
  });
  const api = createApi({
    zone,
    clusterKey,
    clock,
    log,
    store,
    state: view,
    zones: () => zonesOf(seen()),
    sitesOf: (names) => sitesOf(names, seen()),
    look: loop.look,
    findings: loop.findings,
    naming: newIncidentId,
    tell: notify.tell,
    observations: createObservations({ recording, files }),
    practice: practiceOver(config.practice),
    levels,
    impactsOf: impacts.all,
    burning: burn.burning,
  });

  const statusPage = startStatusPage({
    zone,
    clock,
    log,
    store,
    state: view,
    clusterKey,
    zones: () => zonesOf(seen()).map(toZonePart),
    measured: levels.days,
  });

  const turns = startTurns(clock, () => {
    // Turns may overlap while the store is slow to answer a commit: detection goes on meanwhile.
    loop.tick().catch((error) => log.error({ err: error }, 'a turn of the controller failed'));
    for (const name of view.zones.keys())
      zoneTimes.note(name, zoneState(name, loop.window(), loop.findings(), clock.mono()));
    return loop.verdicts();
  });

  const server = await startServer({
    zone,
    listen: config.listen,
    clusterKey,
    log,
    hear: (report, text) => {
      loop.hear(report, text);
      api.heard(report);
      turns.heard(report);
    },
    routes: [
      api.routes,
      acknowledgeRoutes({ clusterKey, clock, store }),
      consoleRoutes(),
      statusPageRoutes({ clusterKey, page: statusPage, fresh: () => view.fresh }),
    ],
  });

  const stopRecord = clock.every(RECORD_MS, () =>
    recorder.record(view.placements.values(), loop.window(), loop.verdicts()),
  );
  const stopRegister = keepRegistered(store, clock, log, zone, config.listen);
  log.info({ listen: config.listen }, 'controller is listening');

  return {
    stop: async () => {
      turns.stop();
      stopRecord();
      stopRegister();
      api.stop();
      statusPage.stop();
      await notify.stop();
      await burn.stop();
      await impacts.stop();
      await gather.stop();
      await files.close();
      await server.close();
      await view.close();
      if (parts.store === undefined) await store.close();
    },
  };
}

/** Writes where this controller listens into the store, again and again until the store has taken it. */
function keepRegistered(store: Store, clock: Clock, log: Log, zone: ZoneId, listen: string): () => void {
  let done = false;
  const stop = clock.every(REGISTER_RETRY_MS, register);
  async function register(): Promise<void> {
    if (done) return;
    try {
      await store.registerZone(zone, { controller: listen });
      done = true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.info({ trouble: error.message }, 'not registered yet');
    }
  }
  register().catch((error) => log.error({ err: error }, 'registering failed'));
  return stop;
}

/** Remembers since when each zone has been in its present state. */
function trackZones(wall: () => WallMs) {
  const states = new Map<ZoneId, ZoneStatus['state']>();
  const since = new Map<ZoneId, WallMs>();
  return {
    since,
    note(zone: ZoneId, state: ZoneStatus['state']): void {
      if (states.get(zone) === state) return;
      states.set(zone, state);
      since.set(zone, wall());
    },
  };
}
