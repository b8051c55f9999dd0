/** The controller program: wires the store's view, the observers' reports and the loop together. One runs in every zone. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ControllerConfig } from '../config/programs.ts';
import { readClusterKey } from '../config/secrets.ts';
import { usualOf } from '../detect/index.ts';
import type { SiteId, WallMs, ZoneId, ZoneStatus } from '../model/index.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';
import { openEtcdStore } from '../store/etcd.ts';
import { newIncidentId, parseIncidentId } from '../store/keys.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { openView } from '../store/view.ts';
import { createIncidentFiles } from './incident-files.ts';
import { createLoop, TICK_MS } from './loop.ts';
import { createRecorder } from './recorder.ts';
import { createRecording } from './recording.ts';
import { approveRoutes } from './routes/approve.ts';
import { observationRoutes } from './routes/observations.ts';
import { startServer } from './server.ts';
import { toStatus, zoneState } from './status.ts';

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
  const naming = { create: newIncidentId, parse: parseIncidentId };
  const settings = { falseAlarmsPerYear: config.detector.falseAlarms };
  const recording = createRecording({
    zone,
    clock,
    settings,
    sites: view.sites,
    placements: view.placements,
    usual: () => usualOf(loop.memory()),
  });
  const files = createIncidentFiles({ folder: join(config.stateDir, 'observations'), recording, clock, log });
  const keepRecord = (sites: Iterable<SiteId>) => {
    recording.changed(sites);
    files.changed([...sites].flatMap((site) => view.placements.get(site) ?? []));
  };
  keepRecord(view.sites.keys());
  view.onChange(keepRecord);
  const loop = createLoop({
    zone,
    clock,
    log,
    store,
    state: view,
    settings,
    naming,
    watcher: recording,
  });
  const recorder = createRecorder({ zone, clock, log, store, openedAt: (id) => parseIncidentId(id)?.openedAt ?? 0 });
  const zoneTimes = trackZones(() => clock.wall());

  const server = await startServer({
    zone,
    listen: config.listen,
    clusterKey,
    log,
    hear: loop.hear,
    routes: [observationRoutes({ recording, files }), approveRoutes({ clusterKey, clock, store, sites: view.sites })],
    incidents: (most) => store.incidents(most),
    incident: (id) => store.incident(id),
    status: () =>
      toStatus({
        controller: zone,
        wall: clock.wall(),
        now: clock.mono(),
        storeFresh: view.fresh,
        zones: view.zones,
        sites: view.sites,
        placements: view.placements,
        window: loop.window(),
        findings: loop.findings(),
        verdicts: loop.verdicts(),
        zoneSince: zoneTimes.since,
      }),
  });

  const stopTicks = startTicks(clock, log, async () => {
    await loop.tick();
    for (const name of view.zones.keys())
      zoneTimes.note(name, zoneState(name, loop.window(), loop.findings(), clock.mono()));
  });
  const stopRecord = clock.every(RECORD_MS, () =>
    recorder.record(view.placements.values(), loop.window(), loop.verdicts()),
  );
  const stopRegister = keepRegistered(store, clock, log, zone, config.listen);
  log.info({ listen: config.listen }, 'controller is listening');

  return {
    stop: async () => {
      stopTicks();
      stopRecord();
      stopRegister();
      await files.close();
      await server.close();
      await view.close();
      if (parts.store === undefined) await store.close();
    },
  };
}

/** Turns may overlap while the store is slow to answer a commit: detection goes on meanwhile. */
function startTicks(clock: Clock, log: Log, turn: () => Promise<void>): () => void {
  return clock.every(TICK_MS, () => {
    turn().catch((error) => log.error({ err: error }, 'a turn of the controller failed'));
  });
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
