/** One named base world for unit tests; each test states only how it differs. */
import type { CopyView, EdgeView, SiteView, VisitorsSeen, World, ZoneView } from '../../src/decide/index.ts';
import {
  type AgentReport,
  type CopyReport,
  type DatabaseReport,
  DEFAULT_POLICY,
  type Drill,
  type EdgeReport,
  NO_AUXILIARIES,
  NO_DRILL_FIGURES,
  type Order,
  type Placement,
  type Room,
  SITE_DEFAULTS,
  type SiteSpec,
  type TrafficWindow,
  type ZoneId,
  type ZoneProbe,
} from '../../src/model/index.ts';

export const ZONES: ZoneId[] = ['a', 'b', 'c'];

export function aPlacement(change: Partial<Placement> = {}): Placement {
  return {
    site: 'shop',
    epoch: 7,
    live: 'a',
    standby: 'b',
    inSync: true,
    spares: [],
    initialised: true,
    promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null },
    former: null,
    incident: null,
    decision: 'record-in-sync',
    committedAt: 1_000,
    protectionSince: 1_000,
    moves: [],
    approval: null,
    order: null,
    drill: null,
    drilledAt: null,
    exposedBy: null,
    ...change,
  };
}

/** A planned move to the standby, asked for just now. */
export function anOrder(change: Partial<Order> = {}): Order {
  const asked = { kind: 'move', to: 'b', by: 'Ada', why: '', at: 10_000, drainMs: 10_000 } as const;
  return { ...asked, holding: false, attempts: 0, ...change };
}

/** A planned move's drill that began just now. */
export function aDrill(change: Partial<Drill> = {}): Drill {
  const asked = { id: 'shop-7', fault: 'move', home: 'a', by: 'Ada', startedAt: 10_000, to: 'b' } as const;
  return { ...asked, stage: 'away', stopped: null, figures: NO_DRILL_FIGURES, ...change };
}

export function aSpec(change: Partial<SiteSpec> = {}): SiteSpec {
  return {
    site: 'shop',
    hosts: ['shop.example'],
    plan: 'elite',
    zones: ZONES,
    application: {
      install: [],
      processes: [],
      environment: {},
      ready: { path: '/ready', timeoutMs: 1_000 },
      setup: null,
      cron: null,
    },
    database: { name: 'shop' },
    files: [],
    notify: [],
    failover: DEFAULT_POLICY,
    ...SITE_DEFAULTS,
    copies: 2,
    ...change,
  };
}

export function aDatabase(change: Partial<DatabaseReport> = {}): DatabaseReport {
  return {
    state: 'running',
    stateForMs: 60_000,
    trouble: null,
    writable: false,
    waitsFor: null,
    gatePosition: null,
    acknowledgerConnected: false,
    binlogPosition: '0-1-100',
    receivedPosition: '0-1-100',
    appliedPosition: '0-1-100',
    follows: null,
    ioRunning: false,
    sqlRunning: false,
    acknowledges: false,
    heardAgoMs: null,
    disk: null,
    connections: null,
    build: null,
    lag: null,
    transactions: null,
    ...change,
  };
}

/** The live copy of a protected site. */
export const liveDatabase = (change: Partial<DatabaseReport> = {}) =>
  aDatabase({ writable: true, waitsFor: 'b', gatePosition: '0-1-50', acknowledgerConnected: true, ...change });
/** The standby of a protected site. */
export const standbyDatabase = (change: Partial<DatabaseReport> = {}) =>
  aDatabase({ follows: 'a', ioRunning: true, sqlRunning: true, acknowledges: true, heardAgoMs: 20, ...change });

export function aCopy(change: Partial<CopyReport> = {}): CopyReport {
  return {
    site: 'shop',
    epoch: 7,
    settled: null,
    database: aDatabase(),
    application: { state: 'ready', stateForMs: 60_000, checks: Array(20).fill(200), tookMs: Array(20).fill(20) },
    promoted: null,
    initialised: true,
    actions: [],
    ...NO_AUXILIARIES,
    ...change,
  };
}

export function aView(change: Partial<CopyReport> = {}, heardAgoMs = 50): CopyView {
  return { report: aCopy(change), heardAgoMs };
}

export interface SiteChange {
  quietForMs?: number;
  clearForMs?: number;
  epochForMs?: number;
  edges?: EdgeView[];
  visitors?: VisitorsSeen;
  /** Why its plan gives it no standby. */
  unprotected?: string | null;
  placement?: Partial<Placement>;
  spec?: Partial<SiteSpec>;
  copies?: Record<ZoneId, CopyView>;
}

export function aSite(change: SiteChange = {}): SiteView {
  const {
    placement,
    spec,
    copies,
    quietForMs = 3_600_000,
    clearForMs = 3_600_000,
    epochForMs = 60_000,
    edges = [],
    visitors,
  } = change;
  const { unprotected = null } = change;
  const views = copies ?? {
    a: aView({ settled: 'live', database: liveDatabase() }),
    b: aView({ settled: 'standby', database: standbyDatabase() }),
  };
  const here = { spec: aSpec(spec), placement: aPlacement(placement), copies: new Map(Object.entries(views)) };
  return { ...here, unprotected, quietForMs, clearForMs, epochForMs, edges: () => edges, visitors };
}

/** A host with plenty of room. */
export function aRoom(change: Partial<Room> = {}): Room {
  return { cores: 4, cpuBusy: 0.25, memoryAvailableBytes: 4e9, memoryTotalBytes: 8e9, machine: '', ...change };
}

/** `unhealthy` zones are not heard at all. */
export function aWorld(
  site: SiteView = aSite(),
  unhealthy: ZoneId[] = [],
  zones: Record<ZoneId, Partial<ZoneView>> = {},
): World {
  const views = ZONES.map((zone): ZoneView => {
    const heard = !unhealthy.includes(zone);
    return { zone, heard, healthy: heard, misses: [], room: aRoom(), evacuated: null, ...zones[zone] };
  });
  return {
    zones: new Map(views.map((view) => [view.zone, view])),
    sites: new Map([[site.placement.site, site]]),
    placements: new Map([[site.placement.site, site.placement]]),
  };
}

export function aProbe(zone: ZoneId, change: Partial<ZoneProbe> = {}): ZoneProbe {
  return { zone, answeredAgoMs: 40, failure: null, rttMs: 1, ended: 30, failed: 0, ...change };
}

export function anAgentReport(zone: ZoneId, change: Partial<AgentReport> = {}): AgentReport {
  const probes = ZONES.filter((other) => other !== zone).map((other) => aProbe(other));
  return { kind: 'agent', zone, incarnation: `agent-${zone}`, sequence: 1, probes, copies: [], room: null, ...change };
}

export function anEdgeReport(change: Partial<EdgeReport> = {}): EdgeReport {
  return {
    kind: 'edge',
    edge: 'edge-1',
    incarnation: 'edge-1',
    sequence: 1,
    probes: ZONES.map((zone) => aProbe(zone)),
    traffic: [],
    routes: [],
    ...change,
  };
}

export function aTraffic(change: Partial<TrafficWindow> = {}): TrafficWindow {
  return {
    site: 'shop',
    zone: 'a',
    attempts: 10,
    answered: 10,
    serverErrors: 0,
    connectErrors: 0,
    timeouts: 0,
    waiting: 0,
    oldestWaitingMs: 0,
    answeredAgoMs: 10,
    latency: [],
    ...change,
  };
}
