/** A made-up installation for the console's tests and for looking at it: the answers of the API as a controller would give them. */
import type { LevelAnswer, TrafficSecond } from '../../../src/console/data/shapes.ts';
import type { Drill, DrillResult, Incident, IncidentEntry, SiteStatus, ZoneStatus } from '../../../src/model/index.ts';

export const T0 = 1_795_900_000_000;
const MINUTE = 60_000;

export interface FakeWorld {
  now: number;
  zones: ZoneStatus[];
  sites: SiteStatus[];
  incidents: Incident[];
  storeFresh: boolean;
  drill: Drill | null;
  results: DrillResult[];
  traffic: TrafficSecond[];
  level: LevelAnswer;
}

export function zone(name: string, changes: Partial<ZoneStatus> = {}): ZoneStatus {
  return {
    zone: name,
    state: 'healthy',
    since: T0 - 3 * 86_400_000,
    heardAgoMs: 80,
    controllerHere: true,
    agent: `10.91.${name.charCodeAt(0) - 96}.2:7200`,
    evacuated: null,
    observers: [...['a', 'b', 'c'].filter((each) => each !== name).map((each) => `agent:${each}`), 'edge:edge-1'].map(
      (observer, at) => ({ observer, answeredAgoMs: 60, failure: null, rttMs: 0.4 + at / 10 }),
    ),
    ...changes,
  };
}

const NO_COPY = { cache: null, search: null, salvage: [], build: null, buildProgress: null, trouble: null } as const;

export function site(name: string, changes: Partial<SiteStatus> = {}): SiteStatus {
  const base: SiteStatus = {
    site: name,
    hosts: [`www.${name}.example`, `${name}.example`],
    plan: 'elite',
    epoch: 4,
    phase: 'protected',
    protected: true,
    since: T0 - 26 * 3_600_000,
    live: 'a',
    standby: 'b',
    spares: ['c'],
    copies: [],
    incident: null,
    refusal: null,
    order: null,
    record: null,
    ...changes,
  };
  return changes.copies === undefined ? { ...base, copies: copiesOf(base) } : base;
}

function copiesOf({ live, standby, spares }: SiteStatus): SiteStatus['copies'] {
  const role = (at: string) =>
    at === live ? 'live' : at === standby ? 'standby' : spares.includes(at) ? 'spare' : 'none';
  return ['a', 'b', 'c'].map((at) => ({
    ...NO_COPY,
    salvage: [],
    zone: at,
    role: role(at),
    database: role(at) === 'none' ? 'absent' : 'running',
    application: role(at) === 'none' ? 'stopped' : 'ready',
    lagMs: role(at) === 'standby' ? 0 : role(at) === 'spare' ? 40 : null,
    cache: role(at) === 'live' ? { state: 'warm', stateForMs: 90_000, trouble: null } : null,
  }));
}

const WORDS = ['bakery', 'atlas', 'harbour', 'lumen', 'orchard', 'press', 'quarry', 'ridge', 'studio', 'tailor'];

export function manySites(many: number): SiteStatus[] {
  return Array.from({ length: many }, (_, at) => {
    const number = String(at + 1).padStart(5, '0');
    const live = ['a', 'b', 'c'][at % 3]!;
    const standby = ['b', 'c', 'a'][at % 3]!;
    const spares = [['c', 'a', 'b'][at % 3]!];
    if (at % 97 === 3)
      return site(`${WORDS[at % 10]}-${number}`, {
        live,
        standby: null,
        spares: [],
        phase: 'single',
        protected: false,
      });
    return site(`${WORDS[at % 10]}-${number}`, { live, standby, spares });
  }).sort((one, other) => (one.site < other.site ? -1 : 1));
}

function entry(afterMs: number, changes: Partial<IncidentEntry>): IncidentEntry {
  return {
    at: T0 + afterMs,
    kind: 'decision',
    by: 'controller:b',
    site: 'shop',
    code: 'failover',
    sentence: '',
    evidence: [],
    ...changes,
  };
}

export const FAILOVER_ENTRIES: IncidentEntry[] = [
  entry(0, { kind: 'observation', code: 'zone-dark', sentence: 'agent:b: no answer for 295 ms (refused)' }),
  entry(0, { kind: 'observation', code: 'zone-dark', sentence: 'edge:edge-1: no answer for 294 ms (refused)' }),
  entry(0, { kind: 'observation', code: 'zone-dark', sentence: 'agent:a: last heartbeat 334 ms ago' }),
  entry(0, {
    kind: 'finding',
    code: 'zone-dark',
    sentence: 'Zone a is dark: 3 observers outside it and its own heartbeats agree.',
  }),
  entry(1, { sentence: 'shop moves from zone a to zone b, whose copy has every acknowledged write.', epoch: 5 }),
  entry(228, {
    kind: 'action',
    by: 'agent:b',
    code: 'promote',
    sentence: 'promote done after 211 ms: ready after 211 ms (cut off 186, applied 10); received up to 0-123-203',
    tookMs: 211,
  }),
  entry(243, {
    by: 'controller:c',
    code: 'record-promotion',
    sentence: 'shop is live in zone b, from position 0-123-203.',
  }),
  entry(297, {
    kind: 'action',
    by: 'agent:b',
    code: 'resume',
    sentence: 'resume done after 43 ms: writable',
    tookMs: 43,
  }),
  entry(383, { by: 'controller:c', code: 'record-open', sentence: 'shop takes writes in zone b.' }),
  entry(846, {
    kind: 'result',
    by: 'controller:c',
    code: 'record-in-sync',
    sentence: 'shop is protected: zone c has every acknowledged write.',
  }),
];

export function failover(reached = FAILOVER_ENTRIES.length, changes: Partial<Incident> = {}): Incident {
  const all = reached === FAILOVER_ENTRIES.length;
  return {
    id: `${T0}~zone-dark:a~7f3c`,
    subject: 'zone-dark:a',
    openedAt: T0,
    closedAt: all ? T0 + 61_200 : null,
    sites: ['shop'],
    entries: FAILOVER_ENTRIES.slice(0, reached),
    ...changes,
  };
}

const FIGURES = { decidedMs: null, heldLongestMs: 212, failedRequests: 0, exposedMs: 730, tookMs: 24_000 };
const RESULT: DrillResult = {
  id: 'd1',
  fault: 'move',
  by: 'schedule',
  startedAt: T0 - 9 * 86_400_000,
  endedAt: T0 - 9 * 86_400_000 + 24_000,
  outcome: 'passed',
  problems: [],
  figures: FIGURES,
};
const RESULTS: DrillResult[] = [
  RESULT,
  {
    ...RESULT,
    id: 'd2',
    fault: 'kill-database',
    by: 'Anna',
    startedAt: T0 - 86_400_000,
    outcome: 'failed',
    problems: ['2 requests failed'],
    figures: { ...FIGURES, decidedMs: 420, failedRequests: 2, heldLongestMs: 1_140 },
  },
];

/** The first two weeks of a month: one day with three bad minutes, one that nobody measured. */
export function level(): LevelAnswer {
  const figures = { requests: 812_400, failed: 41, minutes: 18_708, badMinutes: 3, excludedMinutes: 0 };
  const days = Array.from({ length: 14 }, (_, at) => {
    const bad = at === 8 ? 3 : 0;
    const availability = at === 3 ? null : 1 - bad / 1_440;
    const day = `2026-11-${String(at + 1).padStart(2, '0')}`;
    return { ...figures, day, badMinutes: bad, unmeasuredMinutes: at === 3 ? 12 : 0, availability };
  });
  return {
    site: 'shop',
    month: '2026-11',
    target: 0.9995,
    burning: null,
    figures: { ...figures, unmeasuredMinutes: 12, availability: 1 - 3 / 18_708 },
    budget: { minutes: 21.6, used: 3, left: 18.6, burn: 0.24 },
    credit: 0,
    days,
  };
}

/** A hundred visitors a second in zone a until it dies in the middle, then in zone b. */
export function traffic(seconds: number): TrafficSecond[] {
  const died = Math.floor(seconds / 2);
  return Array.from({ length: seconds }, (_, at) => {
    const wave = 100 + Math.round(12 * Math.sin(at / 5) + 6 * Math.sin(at / 1.7));
    const row = (name: string, requests: number, failed = 0) => ({ zone: name, requests, failed, p50Ms: 8, p99Ms: 32 });
    const zones = at < died ? [row('a', wave)] : at === died ? [row('a', 30, 9), row('b', 40)] : [row('b', wave)];
    return { at: T0 + (at - seconds) * 1_000, zones };
  });
}

/** Everything well. */
export function calm(many = 12): FakeWorld {
  return {
    now: T0 + 20 * MINUTE,
    zones: ['a', 'b', 'c'].map((name) => zone(name)),
    sites: [
      site('shop'),
      ...manySites(many - 1).map((each) => ({ ...each, phase: 'protected' as const, protected: true })),
    ]
      .map((each) => (each.standby === null ? site(each.site) : each))
      .sort((one, other) => (one.site < other.site ? -1 : 1)),
    incidents: [failover()],
    storeFresh: true,
    drill: null,
    results: RESULTS,
    traffic: traffic(90),
    level: level(),
  };
}

/** Zone a has just died under a site; a copy is being built; another site is refused. */
export function storm(): FakeWorld {
  const open = failover(6);
  const dark = zone('a', {
    state: 'dark',
    since: T0 + 20,
    heardAgoMs: 5_400,
    observers: ['agent:b', 'agent:c', 'edge:edge-1'].map((observer) => ({
      observer,
      answeredAgoMs: 5_420,
      failure: 'refused',
      rttMs: null,
    })),
  });
  const refusal = {
    site: 'atlas-00002',
    code: 'standby-not-in-sync' as const,
    sentence:
      'atlas-00002 stays: its standby in zone b has not been in sync since 14:02, and moving would lose writes.',
    evidence: [{ observer: 'agent:b', saw: 'received up to 0-9-811, 4 transactions behind what was acknowledged' }],
  };
  const building = site('shop', {
    phase: 'growing',
    protected: false,
    since: T0 + 20,
    live: 'b',
    standby: 'c',
    spares: [],
    epoch: 6,
    incident: open.id,
  });
  building.copies = building.copies.map((copy) => {
    if (copy.zone === 'a') return { ...copy, database: 'unknown', application: 'unknown', lagMs: null };
    if (copy.zone !== 'c') return copy;
    return {
      ...copy,
      database: 'building',
      application: 'stopped',
      lagMs: null,
      buildProgress: 0.62,
      build: {
        from: 'b',
        receivedBytes: 1_240_000_000,
        totalBytes: 2_000_000_000,
        startedAgoMs: 14_000,
        bytesPerSecond: 88_000_000,
        stage: 'copying',
        attempts: 1,
        throttled: false,
        leftMs: 8_600,
      },
    };
  });
  const refused = site('atlas-00002', {
    phase: 'single',
    protected: false,
    since: T0 - 4 * MINUTE,
    incident: open.id,
    refusal,
  });
  const moving = site('harbour-00003', {
    phase: 'handing-over',
    live: 'b',
    standby: 'c',
    spares: ['a'],
    order: {
      kind: 'move',
      to: 'c',
      by: 'Anna',
      why: 'kernel update',
      at: T0 + 1_000,
      holding: true,
      attempts: 0,
      waitsFor: 'waiting for 2 requests',
    },
    record: `${T0}~move:harbour-00003~11`,
  });
  const planned: Incident = {
    id: moving.record!,
    subject: 'move:harbour-00003',
    openedAt: T0 + 1_000,
    closedAt: null,
    sites: ['harbour-00003'],
    entries: [
      entry(1_000, {
        by: 'person:Anna',
        site: 'harbour-00003',
        code: 'order',
        sentence: 'Anna moves harbour-00003 to zone c: kernel update.',
      }),
    ],
  };
  return {
    now: T0 + 5_500,
    zones: [dark, zone('b'), zone('c', { evacuated: null })],
    sites: [
      building,
      refused,
      moving,
      ...calm().sites.filter(({ site: name }) => !/shop|atlas-00002|harbour-00003/.test(name)),
    ].sort((one, other) => (one.site < other.site ? -1 : 1)),
    incidents: [planned, { ...open, sites: ['shop', 'atlas-00002'] }],
    storeFresh: true,
    drill: null,
    results: RESULTS,
    traffic: traffic(90),
    level: level(),
  };
}

export function nothing(): FakeWorld {
  const empty = { ...level(), days: [], figures: { ...level().figures, availability: null } };
  return {
    now: T0,
    zones: [],
    sites: [],
    incidents: [],
    storeFresh: true,
    drill: null,
    results: [],
    traffic: [],
    level: empty,
  };
}
