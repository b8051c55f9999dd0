/** A drill's whole life: when it may begin, how it goes on, what stops it, and what it is judged by. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, type Case, decideShop } from '../../test/support/deciding.ts';
import {
  aDrill,
  anOrder,
  aRoom,
  aSite,
  aView,
  aWorld,
  liveDatabase,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { DEFAULT_POLICY, type DrillFault, type Placement, type SiteSpec } from '../model/index.ts';
import { createPractices } from './drill-limits.ts';
import { indexFindings, planDrill, type SiteView } from './index.ts';

const NOW = Date.UTC(2026, 10, 22, 3);
const HEARD = [{ heardAgoMs: 40, epoch: 7, inFlight: 0 }];
const DRILLED = {
  lately: { at: NOW - 5_000, from: 'b', to: 'a', because: null, order: { kind: 'drill' as const, at: 1 } },
};

interface Begin extends Case {
  fault?: DrillFault;
  /** Others' placements. */
  others?: Partial<Placement>[];
}

function begin({ fault = 'move', site, findings = [], unheard = [], zones = {}, others = [] }: Begin) {
  const view = aSite({ edges: HEARD, ...site });
  const world = aWorld(view, unheard, zones);
  const placements = new Map(world.placements);
  for (const [index, other] of others.entries())
    placements.set(`other-${index}`, { ...view.placement, site: `other-${index}`, ...other });
  const practices = createPractices(placements);
  return planDrill({ site: view, world, findings: indexFindings(findings), now: NOW, practices }, { fault, by: 'Ada' });
}

function reasonOf(given: Begin): string {
  const planned = begin(given);
  return planned.kind === 'refusal' ? `${planned.refusal.code}: ${planned.refusal.sentence}` : planned.kind;
}

const policy = (change: Partial<SiteSpec['failover']>) => ({ spec: { failover: { ...DEFAULT_POLICY, ...change } } });
const cells = (home: string, to: string) => ({ drill: aDrill({ home, to }) });

describe('a drill', () => {
  test.each<[string, Begin, string | RegExp]>([
    ['begins in calm', {}, 'decision'],
    [
      'with a fault',
      {
        fault: 'kill-database',
        site: {
          copies: {
            a: aView({ settled: 'live', database: liveDatabase() }),
            b: aView({ database: standbyDatabase() }),
          },
        },
      },
      'decision',
    ],
    ['that stands already', { site: { placement: { drill: aDrill() } } }, 'standing'],
    [
      'beside another of its own',
      { site: { placement: { drill: aDrill({ by: 'Bob' }) } } },
      /a drill of Bob's is under way/,
    ],
    ['exposed', { site: { placement: { inSync: false } } }, /it is exposed/],
    ['never set up', { site: { placement: { initialised: false } } }, /it is exposed/],
    ['beside an order', { site: { placement: { order: anOrder() } } }, /on its way to zone b, as Ada asked/],
    ['in an incident', { site: { placement: { incident: 'i' } } }, /an incident is open/],
    ['zone trouble', { findings: [aFinding('zone-slow', { forMs: 1 })] }, /zone-slow is found of zone a/],
    [
      'trouble of a zone that has no part in it',
      { findings: [aFinding('zone-dark', { zone: 'c' })] },
      /zone-dark is found of zone c/,
    ],
    [
      'a finding about its copy',
      { findings: [aFinding('copy-slow', { zone: 'b', forMs: 1 })] },
      /copy-slow is found of zone b/,
    ],
    [
      'trouble everywhere',
      { findings: [aFinding('trouble-everywhere', { zone: null })] },
      /trouble-everywhere is found/,
    ],
    ['a zone that is not heard', { unheard: ['c'] }, /zone c is not answering/],
    ['an evacuated zone', { zones: { b: { evacuated: { at: 1, by: 'Ada', why: '' } } } }, /zone b has been evacuated/],
    ['its freeze window', { site: { spec: { freeze: [{ fromMinute: 170, toMinute: 190 }] } } }, /freeze window/],
    [
      'moved lately',
      { site: { placement: { moves: [{ at: NOW - 60_000, from: 'b', to: 'a', because: 'copy-down' }] } } },
      /it moved lately/,
    ],
    ['drilled a moment ago', { site: { placement: { moves: [DRILLED.lately] } } }, /it moved 5 s ago/],
    ['drilled a minute ago', { site: { placement: { moves: [{ ...DRILLED.lately, at: NOW - 60_000 }] } } }, 'decision'],
    ['no edge', { site: { edges: [] } }, /no edge is heard/],
    [
      'an edge that is behind',
      { site: { edges: [...HEARD, { heardAgoMs: 40, epoch: 6, inFlight: 0 }] } },
      /not every edge is heard/,
    ],
    ['a silent edge', { site: { edges: [{ ...HEARD[0]!, heardAgoMs: 1_200 }] } }, /not every edge is heard/],
    [
      'a standby that is not ready',
      {
        site: {
          copies: {
            a: aView({ database: liveDatabase() }),
            b: aView({
              database: standbyDatabase(),
              application: { state: 'failing', stateForMs: 1, checks: [500], tookMs: [1] },
            }),
          },
        },
      },
      /would not help/,
    ],
    ['no room', { zones: { b: { room: aRoom({ memoryAvailableBytes: 1 }) } } }, /no room/],
    ['another site between these zones', { others: [cells('b', 'a')] }, /another site practises between zones a and b/],
    ['another site elsewhere', { others: [cells('a', 'c')] }, 'decision'],
    ['three others', { others: [cells('a', 'c'), cells('b', 'c'), cells('c', 'd')] }, /3 sites practise already/],
    [
      'a fault, and a person has to be asked',
      { fault: 'kill-database', site: policy({ mode: 'ask-first' }) },
      /asks a person/,
    ],
    ['a move, and a person has to be asked before a failover', { site: policy({ mode: 'ask-first' }) }, 'decision'],
    [
      'a fault, and its patience is long',
      { fault: 'freeze-database', site: policy({ patience: { ...DEFAULT_POLICY.patience, downMs: 10_000 } }) },
      /longer than a drill keeps anything frozen/,
    ],
  ])('%s (I8)', (_, given, expected) => {
    const reason = reasonOf(given);
    if (typeof expected === 'string') return expect(reason).toBe(expected);
    expect(reason).toMatch(/^drill-unsafe: shop does not practise now: /);
    expect(reason).toMatch(expected);
  });

  it('by move begins with its order, by a fault without one', () => {
    const settled = {
      copies: { a: aView({ settled: 'live', database: liveDatabase() }), b: aView({ database: standbyDatabase() }) },
    };
    const orders = (['move', 'kill-database'] as const).map((fault) => {
      const planned = begin({ fault, site: settled });
      return planned.kind === 'decision' ? [planned.next.drill?.id, planned.next.order?.to] : planned;
    });
    expect(orders).toEqual([
      ['shop-8', 'b'],
      ['shop-8', undefined],
    ]);
  });
});

interface Step {
  what: string;
  given: Case;
  code: string | undefined;
  drill?: object | null;
}

const drill = (change = {}) => aDrill({ startedAt: NOW - 20_000, ...change });
const away = { live: 'b', standby: 'a', moves: [{ at: NOW - 9_000, from: 'a', to: 'b', because: null }] };
const views = (live: string, standby: string) => ({
  [live]: aView({ database: liveDatabase({ waitsFor: standby }) }),
  [standby]: aView({ database: standbyDatabase({ follows: live }) }),
});
const there = { copies: views('b', 'a'), edges: HEARD };
const evacuated = { evacuated: { at: 1, by: 'Bob', why: '' } };

test.each<Step>([
  {
    what: 'waits for its move',
    given: { site: { placement: { drill: drill(), order: anOrder({ kind: 'drill', at: NOW }) } } },
    code: 'hand-over',
  },
  {
    what: 'that was called off stops',
    given: { site: { placement: { drill: drill() } } },
    code: 'stop-drill',
    drill: { stage: 'home', stopped: 'its move was called off' },
  },
  {
    what: 'whose fault has not moved it yet waits',
    given: { site: { placement: { drill: drill({ fault: 'kill-database' }) } } },
    code: undefined,
  },
  {
    what: 'whose fault did not move it in a minute stops',
    given: { site: { placement: { drill: drill({ fault: 'kill-database', startedAt: NOW - 61_000 }) } } },
    code: 'stop-drill',
    drill: { stopped: 'it had not moved after 60 s' },
  },
  {
    what: 'that lost its standby stops',
    given: {
      site: {
        placement: { drill: drill({ fault: 'kill-database' }), committedAt: NOW - 5_000, inSync: false },
        copies: { a: aView() },
      },
    },
    code: 'stop-drill',
    drill: { stopped: 'its standby was lost' },
  },
  {
    what: 'that fails visitors stops, and calls its own move off',
    given: {
      site: {
        visitors: { failedRequests: 11, heldLongestMs: 0 },
        placement: { drill: drill(), order: anOrder({ kind: 'drill', at: NOW }) },
      },
    },
    code: 'stop-drill',
    drill: { stopped: '11 requests of visitors failed' },
  },
  {
    what: 'into an evacuation stops',
    given: {
      zones: { a: evacuated },
      site: { placement: { drill: drill(), order: anOrder({ kind: 'drill', at: NOW }) } },
    },
    code: 'stop-drill',
    drill: { stopped: 'zone a is being evacuated' },
  },
  {
    what: 'arrives',
    given: { site: { ...there, placement: { ...away, drill: drill() } } },
    code: 'drill-there',
    drill: { stage: 'there' },
  },
  {
    what: 'does not arrive exposed',
    given: {
      site: {
        ...there,
        copies: { b: aView() },
        placement: { ...away, inSync: false, committedAt: NOW - 5_000, drill: drill() },
      },
    },
    code: undefined,
  },
  {
    what: 'exposed for long stops',
    given: {
      site: {
        ...there,
        copies: { b: aView() },
        placement: { ...away, inSync: false, committedAt: NOW - 301_000, drill: drill() },
      },
    },
    code: 'stop-drill',
    drill: { stopped: 'it is exposed for more than 5 minutes' },
  },
  {
    what: 'stays for a while',
    given: { site: { ...there, epochForMs: 9_000, placement: { ...away, drill: drill({ stage: 'there' }) } } },
    code: undefined,
  },
  {
    what: 'then goes home',
    given: { site: { ...there, epochForMs: 10_000, placement: { ...away, drill: drill({ stage: 'there' }) } } },
    code: 'drill-home',
    drill: { stage: 'home', stopped: null },
  },
  {
    what: 'finds its new zone in trouble, and stops',
    given: {
      findings: [aFinding('zone-slow', { zone: 'b', forMs: 1 })],
      site: { ...there, placement: { ...away, drill: drill({ stage: 'there' }) } },
    },
    code: 'stop-drill',
    drill: { stopped: 'zone-slow is found of zone b' },
  },
  {
    what: 'stopped goes home at once',
    given: { site: { ...there, epochForMs: 0, placement: { ...away, drill: drill({ stage: 'home', stopped: 'x' }) } } },
    code: 'drill-home',
    drill: { stopped: 'x' },
  },
  {
    what: 'stopped does not go home into trouble',
    given: {
      findings: [aFinding('zone-erring', { zone: 'a', forMs: 1 })],
      site: { ...there, placement: { ...away, drill: drill({ stage: 'home', stopped: 'x' }) } },
    },
    code: undefined,
  },
  {
    what: 'at home is over a little later',
    given: { site: { epochForMs: 1_900, placement: { drill: drill({ stage: 'home' }) } } },
    code: undefined,
  },
  {
    what: 'at home is over',
    given: { site: { epochForMs: 2_000, placement: { drill: drill({ stage: 'home' }) } } },
    code: 'end-drill',
    drill: null,
  },
  {
    what: 'at home is not over while it is exposed',
    given: {
      site: {
        placement: { inSync: false, drill: drill({ stage: 'home' }), committedAt: NOW - 9_000 },
        copies: { a: aView() },
      },
    },
    code: undefined,
  },
  {
    what: 'that never gets home ends all the same',
    given: {
      site: {
        ...there,
        epochForMs: 600_001,
        copies: { b: aView({ database: liveDatabase() }) },
        placement: { ...away, standby: 'c', drill: drill({ stage: 'home' }) },
      },
    },
    code: 'end-drill',
    drill: null,
  },
])('a drill $what', ({ given, code, drill: expected }) => {
  const { decision } = decideShop({ now: NOW, ...given, site: { edges: HEARD, ...given.site } });
  expect(decision?.code).toBe(code);
  if (expected === null) expect(decision?.next.drill).toBeNull();
  else if (expected !== undefined) expect(decision?.next.drill).toMatchObject(expected);
  if (code === 'stop-drill') expect(decision?.next.order).toBeNull();
});

describe('a failover in a drill', () => {
  const made = {
    id: 'shop/a/7/drill/shop-7',
    verb: 'drill-kill-database',
    epoch: 7,
    startedAt: NOW - 700,
    tookMs: 1,
    outcome: 'done' as const,
    detail: '',
  };
  const killed = aView({ database: liveDatabase({ state: 'down' }), actions: [made] });
  const b = aView({ settled: 'standby', database: standbyDatabase() });
  const site = (change = {}): Case['site'] => ({
    edges: HEARD,
    copies: { a: killed, b },
    placement: { drill: drill({ fault: 'kill-database', ...change }) },
  });

  it('is its own when its fault is what was found: it goes on, and counts for no later move', () => {
    const { decision } = decideShop({ now: NOW, site: site(), findings: [aFinding('copy-down')] });
    expect([decision?.code, decision?.result]).toEqual(['failover', undefined]);
    expect(decision?.next).toMatchObject({ live: 'b', drill: { stage: 'away', figures: { decidedMs: 700 } } });
    expect(decision?.next.moves.at(-1)).toMatchObject({ because: 'copy-down', order: { kind: 'drill' } });
  });

  test.each<[string, Case]>([
    ['the whole zone is lost', { site: site(), findings: [aFinding('zone-dark')] }],
    ['it is a move that was practised', { site: site({ fault: 'move' }), findings: [aFinding('copy-down')] }],
    ['it was on its way home', { site: site({ stage: 'home' }), findings: [aFinding('copy-down')] }],
  ])('ends it when %s', (_, given) => {
    const { decision } = decideShop({ now: NOW, ...given });
    expect(decision?.code).toBe('failover');
    expect(decision?.next).toMatchObject({ live: 'b', drill: null, drilledAt: NOW });
    expect(decision?.result).toMatchObject({ id: 'shop-7', outcome: 'stopped' });
    expect(decision?.result?.problems[0]).toMatch(/was found, and answered by a failover/);
  });
});

describe('its result', () => {
  const resultOf = (change: object, site: object = {}) => {
    const given = { edges: HEARD, placement: { drill: drill({ stage: 'home', ...change }) }, ...site };
    return decideShop({ now: NOW, site: given }).decision?.result;
  };
  it('passes with every promise kept, and has the figures', () => {
    const figures = { decidedMs: null, heldLongestMs: 310, failedRequests: 0, exposedMs: 800, tookMs: 0 };
    expect(resultOf({ figures }, { visitors: { failedRequests: 0, heldLongestMs: 412 } })).toEqual({
      ...{
        id: 'shop-7',
        fault: 'move',
        by: 'Ada',
        startedAt: NOW - 20_000,
        endedAt: NOW,
        outcome: 'passed',
        problems: [],
      },
      figures: { decidedMs: null, heldLongestMs: 412, failedRequests: 0, exposedMs: 800, tookMs: 20_000 },
    });
  });
  it('fails a move that failed one request, and not a fault that did', () => {
    const visitors = { failedRequests: 1, heldLongestMs: 0 };
    expect(resultOf({}, { visitors })).toMatchObject({
      outcome: 'failed',
      problems: ['1 requests of visitors failed'],
    });
    expect(resultOf({ fault: 'kill-database' }, { visitors })).toMatchObject({ outcome: 'passed', problems: [] });
  });
  it('tells why it was stopped', () => {
    expect(resultOf({ stopped: 'its standby was lost' })).toMatchObject({
      outcome: 'stopped',
      problems: ['its standby was lost'],
    });
  });
});

describe('the schedule', () => {
  const weekMs = 7 * 24 * 3_600_000;
  const practising = (
    window: SiteSpec['drills'] extends infer D ? (D extends { window: infer W } ? W : never) : never = null,
  ) => ({ drills: { everyMs: weekMs, fault: 'move' as const, window } });
  const due = (placement: Partial<Placement>, spec: Partial<SiteSpec> = practising(), more: Partial<SiteView> = {}) => {
    const { quietForMs, epochForMs } = more;
    const given = { edges: HEARD, placement, spec, ...(quietForMs === undefined ? {} : { quietForMs, epochForMs }) };
    return decideShop({ now: NOW, site: given }).decision?.code;
  };
  test.each<[string, Partial<Placement>, Partial<SiteSpec>, string | undefined]>([
    ['is due a week after the last one', { drilledAt: NOW - weekMs }, practising(), 'begin-drill'],
    ['is not due before', { drilledAt: NOW - weekMs + 1 }, practising(), undefined],
    [
      'is due inside its window',
      { drilledAt: NOW - weekMs },
      practising({ fromMinute: 170, toMinute: 190 }),
      'begin-drill',
    ],
    ['is not outside', { drilledAt: NOW - weekMs }, practising({ fromMinute: 190, toMinute: 200 }), undefined],
    ['waits while it is unsafe', { drilledAt: NOW - weekMs, incident: 'i' }, practising(), undefined],
    [
      'begins within a week of being protected',
      { drilledAt: null, protectionSince: NOW - weekMs },
      practising(),
      'begin-drill',
    ],
    ['does not begin at once', { drilledAt: null, protectionSince: NOW - 60_000 }, practising(), undefined],
    ['is nobody’s who does not ask for it', { drilledAt: null, protectionSince: 0 }, {}, undefined],
  ])('%s', (_, placement, spec, expected) => {
    const code = due(placement, spec);
    expect(code === 'close-incident' ? undefined : code).toBe(expected);
  });

  it('is spread over the period by the names of the sites', () => {
    const begins = Array.from({ length: 200 }, (_, index) => {
      for (let day = 0; day <= 7; day += 1) {
        const site = `site-${index}`;
        const placement = { site, drilledAt: null, protectionSince: NOW - (day * weekMs) / 7 };
        const view = (role: 'a' | 'b') => aView({ site, database: role === 'a' ? liveDatabase() : standbyDatabase() });
        const given = {
          edges: HEARD,
          placement,
          copies: { a: view('a'), b: view('b') },
          spec: { ...practising(), site },
        };
        if (decideShop({ now: NOW, site: given }).decision?.code === 'begin-drill') return day;
      }
      return null;
    });
    for (let day = 1; day <= 7; day += 1) expect(begins.filter((one) => one === day).length).toBeGreaterThan(10);
    expect(begins.filter((one) => one === null || one === 0)).toEqual([]);
  });
});
