import { describe, expect, it } from 'vitest';
import {
  aCopy,
  aDatabase,
  aSite,
  aView,
  aWorld,
  liveDatabase,
  type SiteChange,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { type Finding, type Placement, phaseOf } from '../model/index.ts';
import { indexFindings } from './findings.ts';
import { decide, type SiteVerdict } from './index.ts';
import { createArrivals } from './room.ts';
import { SITUATIONS } from './situation.ts';
import { TRANSITIONS } from './transitions.ts';

const finding = (change: Partial<Finding>): Finding => ({
  code: 'zone-dark',
  zone: 'a',
  site: null,
  observer: null,
  forMs: 60_000,
  outright: false,
  loadRatio: null,
  evidence: [
    { observer: 'agent:b', saw: 'no answer for 640 ms (timeout)' },
    { observer: 'edge:edge-1', saw: 'no answer for 630 ms (timeout)' },
  ],
  ...change,
});
const ZONE_A_DARK = finding({});
const ZONE_B_DARK = [finding({ zone: 'b' }), finding({ code: 'standby-lost', zone: 'b', site: 'shop' })];
const COPY_DOWN = finding({ code: 'copy-down', site: 'shop' });
const COPY_ERRING = finding({ code: 'copy-erring', site: 'shop' });

const EXPOSED = { standby: null, inSync: false };
const GROWING = { standby: 'b', inSync: false };
const AT_B: Partial<Placement> = {
  live: 'b',
  promotion: { epoch: 6, from: 'a', position: '0-1-9', open: true, acceptedLoss: null },
};
const PROMOTING: Partial<Placement> = {
  live: 'b',
  ...EXPOSED,
  promotion: { epoch: 7, from: 'a', position: null, open: false, acceptedLoss: null },
};
const OPENING: Partial<Placement> = {
  live: 'b',
  ...EXPOSED,
  promotion: { epoch: 6, from: 'a', position: '0-1-9', open: false, acceptedLoss: null },
};
const FORMER = { epoch: 1, from: null, position: '', open: true, acceptedLoss: null };
const PROMOTING_FROM_A: Partial<Placement> = {
  ...PROMOTING,
  former: FORMER,
  moves: [{ at: 900, from: 'a', to: 'b', because: 'zone-dark' }],
};

function run(change: SiteChange, findings: Finding[] = [], unhealthy: string[] = []): SiteVerdict {
  return decide({ world: aWorld(aSite(change), unhealthy), findings, now: 5_000 })[0]!;
}

interface Row {
  name: string;
  site: SiteChange;
  findings?: Finding[];
  unhealthy?: string[];
  /** Decision code, or null. */
  decides: string | null;
  next?: Partial<Placement>;
  refuses?: string[];
}

const rows: Row[] = [
  { name: 'protected and quiet: nothing', site: {}, decides: null },
  {
    name: 'protected, live zone dark: fail over',
    site: {},
    findings: [ZONE_A_DARK],
    unhealthy: ['a'],
    decides: 'failover',
    next: {
      live: 'b',
      standby: null,
      inSync: false,
      epoch: 8,
      promotion: { epoch: 8, from: 'a', position: null, open: false, acceptedLoss: null },
    },
  },
  {
    name: 'live copy down in a living zone: fail over',
    site: {},
    findings: [COPY_DOWN],
    decides: 'failover',
    next: { live: 'b' },
  },
  {
    name: 'live copy errs and so does the standby: moving would not help',
    site: {
      copies: {
        a: aView({ database: liveDatabase() }),
        b: aView({
          database: standbyDatabase(),
          application: { state: 'failing', stateForMs: 900, checks: [500, 500, 200, 500], tookMs: [] },
        }),
      },
    },
    findings: [COPY_ERRING],
    decides: 'open-incident',
    refuses: ['would-not-help'],
  },
  {
    name: 'both zones of the site dark: refused, and the standby is not given up',
    site: {},
    findings: [ZONE_A_DARK, ...ZONE_B_DARK],
    unhealthy: ['a', 'b'],
    decides: 'open-incident',
    next: { live: 'a', standby: 'b', inSync: true },
    refuses: ['standby-unwell'],
  },
  {
    name: 'the standby database is down too: refused',
    site: { copies: { b: aView({ database: aDatabase({ state: 'down' }) }) } },
    findings: [ZONE_A_DARK],
    unhealthy: ['a'],
    decides: 'open-incident',
    refuses: ['standby-unwell'],
  },
  {
    name: 'nothing heard of the standby for two seconds: refused',
    site: { copies: { b: aView({ database: standbyDatabase() }, 2_000) } },
    findings: [ZONE_A_DARK],
    unhealthy: ['a'],
    decides: 'open-incident',
    refuses: ['standby-unwell'],
  },
  {
    name: 'standby lost: record first that nobody may promote it',
    site: {},
    findings: ZONE_B_DARK,
    unhealthy: ['b'],
    decides: 'give-up-standby',
    next: { live: 'a', standby: null, inSync: false },
  },
  {
    name: 'growing, standby lost: give it up, since the live copy may already be waiting',
    site: { placement: GROWING },
    findings: ZONE_B_DARK,
    unhealthy: ['b'],
    decides: 'give-up-standby',
  },
  {
    name: 'exposed, live zone dark: refused by name',
    site: { placement: EXPOSED },
    findings: [ZONE_A_DARK],
    unhealthy: ['a', 'b', 'c'],
    decides: 'open-incident',
    refuses: ['standby-not-in-sync', 'no-spare-zone'],
  },
  {
    name: 'growing, live zone dark: refused by name',
    site: { placement: { ...GROWING, incident: 'x' }, copies: { b: aView({ database: standbyDatabase() }) } },
    findings: [ZONE_A_DARK],
    unhealthy: ['a'],
    decides: null,
    refuses: ['standby-not-in-sync'],
  },
  {
    name: 'promoting, new live zone dark: refused by name',
    site: { placement: { ...PROMOTING, incident: 'x' } },
    findings: [finding({ zone: 'b' })],
    unhealthy: ['b'],
    decides: null,
    refuses: ['promotion-underway'],
  },
  {
    name: 'promoting, the copy reports its position: write it down',
    site: { placement: PROMOTING, copies: { b: aView({ promoted: { epoch: 7, position: '0-1-100' } }) } },
    decides: 'record-promotion',
    next: { promotion: { epoch: 7, from: 'a', position: '0-1-100', open: false, acceptedLoss: null } },
  },
  {
    name: 'its line is on record, and it is seen writable: the edges may let writes through',
    site: { placement: OPENING, copies: { b: aView({ database: aDatabase({ writable: true }) }) } },
    decides: 'record-open',
    next: { promotion: { epoch: 6, from: 'a', position: '0-1-9', open: true, acceptedLoss: null } },
  },
  {
    name: 'its line is on record, but it is read-only still: wait',
    site: { placement: OPENING, copies: { b: aView({ database: aDatabase({ writable: false }) }) } },
    decides: null,
  },
  {
    name: 'promoting, the copy is lost and the former one is there: it goes on as it was',
    site: { placement: PROMOTING_FROM_A, copies: { a: aView({ database: aDatabase({ state: 'down' }) }) } },
    findings: [finding({ zone: 'b' })],
    unhealthy: ['b'],
    decides: 'take-back',
    next: { live: 'a', standby: null, inSync: false, promotion: FORMER, former: null, moves: [] },
  },
  {
    name: 'promoting, the copy is lost and the former one is gone too: wait for either',
    site: { placement: PROMOTING_FROM_A, copies: {} },
    findings: [finding({ zone: 'b' })],
    unhealthy: ['a', 'b'],
    decides: 'open-incident',
    refuses: ['promotion-underway'],
  },
  {
    name: 'promoting, the former copy has no data any more: it cannot go on',
    site: { placement: PROMOTING_FROM_A, copies: { a: aView({ database: aDatabase({ state: 'absent' }) }) } },
    findings: [finding({ zone: 'b' })],
    unhealthy: ['b'],
    decides: 'open-incident',
    refuses: ['promotion-underway'],
  },
  {
    name: 'promoting, a position of an earlier reign: not taken for this one',
    site: { placement: PROMOTING, copies: { b: aView({ promoted: { epoch: 3, position: '0-1-100' } }) } },
    decides: null,
  },
  {
    name: 'promoting, reported under an older epoch: not taken',
    site: { placement: PROMOTING, copies: { b: aView({ epoch: 6, promoted: { epoch: 7, position: '0-1-100' } }) } },
    decides: null,
  },
  {
    name: 'new, nothing reported: wait',
    site: { placement: { initialised: false, ...EXPOSED, epoch: 1 } },
    decides: null,
  },
  {
    name: 'new, set up: write it down',
    site: { placement: { initialised: false, ...EXPOSED }, copies: { a: aView({ database: liveDatabase() }) } },
    decides: 'record-initialised',
    next: { initialised: true },
  },
  {
    name: 'new, zone dark: refused',
    site: { placement: { initialised: false, ...EXPOSED, incident: 'x' }, copies: {} },
    findings: [ZONE_A_DARK],
    unhealthy: ['a'],
    decides: null,
    refuses: ['database-not-created'],
  },
  {
    name: 'no standby: the next healthy zone in the order of preference',
    site: { placement: EXPOSED },
    unhealthy: ['b'],
    decides: 'choose-standby',
    next: { standby: 'c', inSync: false },
  },
  {
    name: 'no standby: a spare that follows comes before a zone in which the copy must be built',
    site: {
      placement: { ...EXPOSED, spares: ['c'] },
      copies: {
        a: aView({ database: liveDatabase() }),
        c: aView({ database: aDatabase({ ioRunning: true, follows: 'a' }) }),
      },
    },
    decides: 'choose-standby',
    next: { standby: 'c', spares: [] },
  },
  {
    name: 'growing, waited for and caught up: in sync',
    site: { placement: GROWING },
    decides: 'record-in-sync',
    next: { inSync: true },
  },
  ...[
    ['the live copy does not wait', liveDatabase({ waitsFor: null, gatePosition: null }), standbyDatabase()] as const,
    ['the live copy waits for somebody else', liveDatabase({ waitsFor: 'c' }), standbyDatabase()] as const,
    ['the standby has not received all', liveDatabase({ gatePosition: '0-1-101' }), standbyDatabase()] as const,
    ['the standby does not acknowledge', liveDatabase(), standbyDatabase({ acknowledges: false })] as const,
    ['the standby follows another', liveDatabase(), standbyDatabase({ follows: 'c' })] as const,
    ['the standby does not apply', liveDatabase(), standbyDatabase({ sqlRunning: false })] as const,
  ].map(
    ([why, live, standby]): Row => ({
      name: `growing, but ${why}: not in sync`,
      site: { placement: GROWING, copies: { a: aView({ database: live }), b: aView({ database: standby }) } },
      decides: null,
    }),
  ),
  {
    name: 'growing, in sync only under the epoch before: not in sync',
    site: {
      placement: GROWING,
      copies: { a: aView({ epoch: 6, database: liveDatabase() }), b: aView({ database: standbyDatabase() }) },
    },
    decides: null,
  },
  {
    name: 'a zone comes back with data: taken in as a spare',
    site: {
      copies: {
        a: aView({ database: liveDatabase() }),
        b: aView({ database: standbyDatabase() }),
        c: aView({ database: aDatabase({ state: 'down' }) }),
      },
    },
    decides: 'take-in-spare',
    next: { spares: ['c'], standby: 'b', inSync: true },
  },
  {
    name: 'a zone comes back without data: left alone',
    site: {
      copies: {
        a: aView({ database: liveDatabase() }),
        b: aView({ database: standbyDatabase() }),
        c: aView({ database: aDatabase({ state: 'absent' }) }),
      },
    },
    decides: null,
  },
  {
    name: 'trouble that nothing was done about is gone: the incident stays open for a while',
    site: { placement: { incident: 'x', decision: 'open-incident' }, quietForMs: 14_900 },
    decides: null,
  },
  {
    name: 'and closes once it has stayed away',
    site: { placement: { incident: 'x', decision: 'open-incident' }, quietForMs: 15_000 },
    decides: 'close-incident',
  },
  {
    name: 'trouble that others see goes on, though a copy was taken in since: it stays open',
    site: { placement: { incident: 'x', decision: 'take-in-spare' }, quietForMs: 800 },
    decides: null,
  },
  {
    name: 'and closes when nothing is found for long enough',
    site: { placement: { incident: 'x', decision: 'take-in-spare' }, quietForMs: 15_000 },
    decides: 'close-incident',
  },
  {
    name: 'visitors still fare badly, though nothing bears it out: it stays open',
    site: { placement: { incident: 'x', decision: 'take-in-spare' }, clearForMs: 4_900 },
    decides: null,
  },
  {
    name: 'another standby was taken while the live copy blinks as before: it stays open',
    site: { placement: { incident: 'x', decision: 'record-in-sync' }, quietForMs: 2_900 },
    decides: null,
  },
  {
    name: 'protected again: the incident closes',
    site: { placement: { incident: 'x', decision: 'record-in-sync' }, quietForMs: 3_000 },
    decides: 'close-incident',
    next: { incident: null },
  },
];

describe('decide', () => {
  it.each(rows)('$name', ({ site, findings = [], unhealthy = [], decides, next = {}, refuses = [] }) => {
    const verdict = run(site, findings, unhealthy);
    expect(verdict.decision?.code ?? null).toBe(decides);
    if (verdict.decision !== null) expect(verdict.decision.next).toMatchObject(next);
    expect(verdict.refusals.map(({ refusal }) => refusal.code)).toEqual(refuses);
  });

  it('fills in the epoch and the times of every decision', () => {
    const { decision } = run({}, [ZONE_A_DARK], ['a']);
    expect(decision!.next).toMatchObject({
      epoch: 8,
      committedAt: 5_000,
      protectionSince: 5_000,
      decision: 'failover',
    });
  });

  it('gives every refusal a sentence and its evidence (I8)', () => {
    const { refusals } = run({ placement: GROWING }, [ZONE_A_DARK], ['a']);
    expect(refusals[0]!.refusal.sentence).toContain('not in sync yet');
    expect(refusals[0]!.refusal.evidence).toHaveLength(2);
  });
});

describe('the transition table', () => {
  it('fails over from one cell only, the one whose standby is recorded in sync (I3)', () => {
    for (const phase of ['new', 'promoting', 'single', 'growing'] as const) {
      const placement = {
        new: { initialised: false, ...EXPOSED },
        promoting: PROMOTING,
        single: EXPOSED,
        growing: GROWING,
      }[phase];
      for (const situation of SITUATIONS) {
        const site = aSite({ placement });
        expect(phaseOf(site.placement)).toBe(phase);
        const world = aWorld(site);
        const findings = indexFindings([ZONE_A_DARK]);
        const arrivals = createArrivals(world, 0);
        const handOvers = { count: () => 0, note: () => {} };
        const practices = { against: () => null, note: () => {} };
        const shared = { arrivals, handOvers, practices };
        const circumstances = { site, world, findings, ...shared, because: ZONE_A_DARK, now: 0 };
        const outcome = TRANSITIONS[phase][situation](circumstances);
        if (outcome.kind === 'decision') expect(outcome.next.live).toBe(site.placement.live);
      }
    }
  });
});

describe('from every interrupted midpoint (I4)', () => {
  /** The agents' part, as a fake: what they report once they have made a placement true. */
  function obey(placement: Placement): SiteChange['copies'] {
    const live = liveDatabase({
      waitsFor: placement.standby,
      gatePosition: placement.standby === null ? null : '0-1-50',
    });
    const promoted = { epoch: placement.promotion.epoch, position: '0-1-100' };
    return {
      [placement.live]: aView({ epoch: placement.epoch, database: live, promoted }),
      ...(placement.standby === null
        ? {}
        : {
            [placement.standby]: aView({
              epoch: placement.epoch,
              database: standbyDatabase({ follows: placement.live }),
            }),
          }),
    };
  }

  const starts: [string, Partial<Placement>][] = [
    ['new', { initialised: false, ...EXPOSED }],
    ['promoting', PROMOTING],
    ['promoting, with the old live zone as a spare already', { ...PROMOTING, spares: ['a'] }],
    [
      'single',
      { live: 'b', ...EXPOSED, promotion: { epoch: 6, from: 'a', position: '0-1-9', open: true, acceptedLoss: null } },
    ],
    [
      'growing',
      {
        live: 'b',
        standby: 'c',
        inSync: false,
        promotion: { epoch: 6, from: 'a', position: '0-1-9', open: true, acceptedLoss: null },
      },
    ],
    ['protected, incident still open', { live: 'b', standby: 'c', incident: 'x' }],
    ['given up', { standby: null, inSync: false, incident: 'x' }],
    ['approved, and the trouble gone', { incident: 'x', approval: { at: 0, by: 'Ada' } }],
    ['on the way home, the copy at home not in sync yet', { ...AT_B, standby: 'a', inSync: false, spares: ['c'] }],
    [
      'just home again',
      {
        ...EXPOSED,
        spares: ['c'],
        promotion: { epoch: 7, from: 'b', position: null, open: false, acceptedLoss: null },
      },
    ],
  ];

  it.each(starts)('%s: any controller goes on until the site is protected and at peace', (_, start) => {
    let placement = aSite({ placement: start }).placement;
    for (let step = 0; step < 12; step++) {
      const site = aSite({ placement, copies: obey(placement) });
      const { decision } = decide({ world: aWorld(site), findings: [], now: step })[0]!;
      if (decision === null) break;
      expect(decision.next.epoch).toBe(placement.epoch + 1);
      placement = decision.next;
    }
    expect(phaseOf(placement)).toBe('protected');
    expect(placement).toMatchObject({ incident: null, approval: null });
  });

  it.each(starts)('%s: two controllers that decide on the same state want the same', (_, start) => {
    const site = aSite({ placement: start });
    const both = [1, 2].map(() => decide({ world: aWorld(site), findings: [], now: 5 })[0]!.decision);
    expect(both[0]).toEqual(both[1]);
  });
});

it('the fixtures agree with each other', () => {
  expect(aCopy().epoch).toBe(aSite().placement.epoch);
});

it('what the live zone does not reach is no standby, however healthy it finds itself', () => {
  const site = aSite({ placement: EXPOSED });
  const world = aWorld(site, [], { a: { misses: ['b'] } });
  expect(decide({ world, findings: [], now: 5_000 })[0]!.decision?.next.standby).toBe('c');
  const alone = aWorld(site, [], { a: { misses: ['b', 'c'] } });
  const [verdict] = decide({ world: alone, findings: [], now: 5_000 });
  expect([verdict!.decision?.next.standby, verdict!.refusals[0]?.refusal.code]).toEqual([null, 'no-spare-zone']);
});
