/** Puts a whole world together and starts it: zones with their programs, edges, sites. */
import {
  DEFAULT_POLICY,
  type EdgeId,
  type Placement,
  SITE_DEFAULTS,
  type SiteId,
  type SiteSpec,
  type ZoneId,
} from '../../src/model/index.ts';
import { changeEntriesKey } from '../../src/store/keys.ts';
import { createRandom } from '../random.ts';
import type { SimEvent } from '../trace.ts';
import type { Application } from './agent/application.ts';
import { openDonor } from './agent/donor.ts';
import { createAgent } from './agent/index.ts';
import { type CommitAsked, createController, stepsOf } from './controller.ts';
import type { Server } from './database/server.ts';
import { createEdge, type SimEdge } from './edge/index.ts';
import { createEngine } from './engine.ts';
import type { SimOptions } from './index.ts';
import { createNetwork } from './network.ts';
import { createPlaceTime } from './process.ts';
import { createSeats } from './seats.ts';
import { createStoreService } from './store.ts';
import { createSurroundings } from './surroundings.ts';
import type { CopyDisk, CopyHealth, Happening, World } from './world.ts';
import { silentLog } from './world.ts';

export interface Started {
  world: World;
  edges: Map<EdgeId, SimEdge>;
  events: SimEvent[];
  /** Replaced by whoever plays the faults. */
  onStep: (taken: Parameters<World['step']>[0]) => void;
  /** Called with each placement that the store has taken. */
  onPlacement: (placement: Placement) => void;
}

export function createWorld(options: SimOptions): Started {
  const engine = createEngine();
  const random = createRandom(options.seed);
  const edgeNames = Array.from({ length: options.edges }, (_, index) => `edge-${index + 1}`);
  const places = [...options.zones, ...edgeNames];
  const net = createNetwork(places, random.fork('network'));
  const times = new Map(places.map((place) => [place, createPlaceTime(engine, random.between(1e4, 1e6))]));
  const seats = createSeats(engine, random.fork('seats'), (place) => times.get(place)!);
  const asked = new Map<object, CommitAsked>();
  const events: SimEvent[] = [];
  const happened = (event: Happening) => {
    (event as SimEvent).at = engine.now();
    events.push(event as SimEvent);
  };
  const disks = createTable<CopyDisk>(newDisk);
  const healths = createTable<CopyHealth>(() => ({ fsyncMs: null, diskFull: 0, appErrors: 0, appHang: 0, hung: [] }));
  const servers = new Map<string, Server>();
  const applications = new Map<string, Application>();
  const evacuatedZones = new Set<ZoneId>();
  const aloneSites = new Set<SiteId>();
  let ids = 0;

  const started: Started = { world: null!, edges: new Map(), events, onStep: () => {}, onPlacement: () => {} };
  const store = createStoreService({
    engine,
    random: random.fork('store'),
    net,
    seats,
    zones: options.zones,
    onZone: ({ zone, evacuated }) => {
      if ((evacuated !== null) === evacuatedZones.has(zone)) return;
      if (evacuated === null) evacuatedZones.delete(zone);
      else evacuatedZones.add(zone);
      happened({ kind: 'evacuated', zone, evacuated: evacuated !== null });
    },
    onSite: ({ spec: { site, disasterRecovery } }) => {
      const alone = disasterRecovery === false;
      if (alone === aloneSites.has(site)) return;
      if (alone) aloneSites.add(site);
      else aloneSites.delete(site);
      happened({ kind: 'plan', site, alone });
    },
    onCommit: (next, before) => {
      const request = asked.get(next) ?? {
        by: 'operator',
        because: null,
        decidedAt: engine.now(),
        codes: [],
        zone: '',
      };
      const { by, because, decidedAt, codes, zone } = request;
      happened({ kind: 'commit', by, placement: next, before, because, decidedAt });
      const key = changeEntriesKey(next.site, next.epoch);
      if (codes.length > 0 && next.incident !== null) happened({ kind: 'incident', id: next.incident, key, codes });
      if (asked.delete(next))
        for (const step of stepsOf(next)) world.step({ step, phase: 'during', zone, site: next.site });
      started.onPlacement(next);
    },
  });
  const draw = random.fork('world');
  const world: World = {
    options,
    engine,
    random: draw,
    net,
    seats,
    store,
    timeOf: (place) => times.get(place)!,
    bug: (name) => options.bugs.has(name),
    happened,
    step: (taken) => started.onStep(taken),
    log: silentLog(),
    zones: options.zones,
    edges: edgeNames,
    specs: specsOf(options),
    disk: disks,
    health: healths,
    server: (site, zone) => {
      const server = servers.get(`${site}@${zone}`);
      return server === undefined || server.process.state() === 'ended' ? null : server;
    },
    setServer: (site, zone, server) => servers.set(`${site}@${zone}`, server),
    nextId: () => ++ids,
    controllers: new Map(),
    fsyncMs: (site, zone) => healths(site, zone).fsyncMs ?? draw.between(0.3, 1.5),
    surroundings: null!,
    backups: { open: (site, from, to) => openDonor(world, site, from, to) },
    application: (site, zone) => {
      const application = applications.get(`${site}@${zone}`);
      return application === undefined || application.process.state() === 'ended' ? null : application;
    },
    setApplication: (site, zone, application) => applications.set(`${site}@${zone}`, application),
  };
  world.surroundings = createSurroundings(world);
  for (const { site, copies, zones, freeze } of world.specs)
    happened({ kind: 'site', site, copies, zones, frozen: freeze.length > 0 });
  started.world = world;
  bootAll(started, asked);
  return started;
}

function bootAll({ world, edges }: Started, asked: Map<object, CommitAsked>): void {
  const { engine, seats, store, random } = world;
  for (const zone of world.zones) {
    const seat = seats.of('store', zone);
    seat.boot = () => seats.spawn(seat);
    seat.boot();
  }
  for (const zone of world.zones) {
    const controller = createController(world, zone, asked);
    world.controllers.set(zone, controller);
    const agent = createAgent(world, zone);
    engine.after(random.between(0, 100), controller.boot);
    engine.after(random.between(0, 100), agent.boot);
  }
  for (const name of world.edges) {
    const edge = createEdge(world, name);
    edges.set(name, edge);
    engine.after(random.between(0, 100), edge.boot);
  }
  const operator = store.open(seats.of('store', world.zones[0]!).process!);
  for (const spec of world.specs) {
    engine.after(random.between(100, 200), () => {
      void operator.applySite(spec, world.timeOf(world.zones[0]!).wall());
    });
  }
}

function specsOf({ sites, zones, policies, wishes }: SimOptions): SiteSpec[] {
  return Array.from({ length: sites }, (_, index) => {
    const site: SiteId = `site-${index + 1}`;
    const order: ZoneId[] = zones.map((_zone, at) => zones[(at + index) % zones.length]!);
    return {
      site,
      hosts: [`${site}.example`],
      plan: 'elite',
      zones: order,
      application: {
        install: [],
        processes: [],
        environment: {},
        ready: { path: '/ready', timeoutMs: 1_000 },
        setup: null,
        cron: null,
      },
      database: { name: 'site' },
      files: [],
      notify: [],
      failover: policies?.[index] ?? DEFAULT_POLICY,
      ...SITE_DEFAULTS,
      ...wishes?.[index],
    };
  });
}

function newDisk(): CopyDisk {
  return {
    dir: null,
    aside: [],
    received: null,
    complete: false,
    promotion: null,
    opened: null,
    gate: null,
    created: false,
    setUp: false,
    installed: false,
    serverId: null,
    folder: false,
  };
}

function createTable<V>(make: () => V): (site: SiteId, zone: ZoneId) => V {
  const table = new Map<string, V>();
  return (site, zone) => {
    const key = `${site}@${zone}`;
    let value = table.get(key);
    if (value === undefined) {
      value = make();
      table.set(key, value);
    }
    return value;
  };
}
