/** Whatever the record, the findings, the policy and the clocks: what a decision may never do. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import { aDatabase, aPlacement, aRoom, aSite, aSpec, aView, aWorld, ZONES } from '../../test/support/fixtures.ts';
import {
  type Finding,
  type FindingCode,
  MOST_MOVES,
  type Move,
  PATIENCE,
  type Placement,
  phaseOf,
} from '../model/index.ts';
import { APPROVAL_LASTS_MS } from './approval.ts';
import { patienceFor } from './findings.ts';
import { heldUntil } from './flapping.ts';
import { type CopyView, decide, type World } from './index.ts';

// Thousands of worlds, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 10, 22, 3);
const DAY = 86_400_000;
const CODES: FindingCode[] = [
  'zone-dark',
  'zone-erring',
  'zone-slow',
  'trouble-everywhere',
  'copy-down',
  'copy-erring',
  'copy-slow',
  'copy-stuck',
  'standby-lost',
  'observer-sick',
];

const zone = fc.constantFrom(...ZONES);
const time = fc.oneof(
  fc.integer({ min: NOW - 2 * DAY, max: NOW + 2 * DAY }),
  fc.integer({ min: NOW - 60_000, max: NOW }),
);
const aMove: fc.Arbitrary<Move> = fc.record({
  at: time,
  from: zone,
  to: zone,
  because: fc.constantFrom(null, ...CODES),
});

/** Mostly the first: what is right, so that the wrong stands out one at a time. */
const mostly = <T>(right: T, ...wrong: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(right) }, { weight: 2, arbitrary: fc.constantFrom(right, ...wrong) });

const placement: fc.Arbitrary<Placement> = fc
  .record({
    order: fc.shuffledSubarray(ZONES, { minLength: 2 }),
    hasStandby: mostly(true, false),
    inSync: mostly(true, false),
    initialised: mostly(true, false),
    position: mostly('0-1-9', '', null),
    incident: fc.constantFrom(null, '20261122T030000.000Z~zone-dark:a'),
    decision: fc.constantFrom('record-in-sync', 'close-incident', 'open-incident', 'approve', 'prefer-home'),
    committedAt: time,
    protectionSince: time,
    moves: fc.oneof(fc.constant<Move[]>([]), fc.array(aMove, { maxLength: MOST_MOVES })),
    approval: fc.option(fc.record({ at: time, by: fc.constant('Ada') })),
  })
  .map(({ order, hasStandby, inSync, position, ...rest }) => {
    const [live = 'a', ...others] = order;
    const standby = hasStandby ? (others.shift() ?? null) : null;
    const promotion = { epoch: 5, from: null, position, open: position !== null, acceptedLoss: null };
    return aPlacement({ ...rest, live, standby, inSync: inSync && standby !== null, spares: others, promotion });
  });

const finding: fc.Arbitrary<Finding> = fc
  .record({
    code: fc.constantFrom(...CODES),
    zone: mostly<string | null>('live', 'standby', 'c', null),
    forMs: fc.constantFrom(0, 200, 700, 3_000, 20_000, 100_000),
    outright: fc.boolean(),
    loadRatio: mostly(null, 1, 3),
  })
  .map(({ code, ...change }) => aFinding(code, change));

const strayCopy = fc.record({
  epoch: mostly(7, 6),
  heardAgoMs: mostly(50, 1_500),
  state: mostly('running' as const, 'down' as const, 'absent' as const),
  ready: mostly('ready' as const, 'failing' as const),
  ioRunning: mostly(true, false),
  tookMs: mostly(10, 2_000),
});

type Stray = typeof strayCopy extends fc.Arbitrary<infer T> ? T : never;

/** What an agent reports that has made the placement true, but for what strays. */
const copyOf =
  ({ live, standby }: Placement) =>
  ({ epoch, heardAgoMs, state, ready, ioRunning, tookMs }: Stray, zone: string): CopyView =>
    aView(
      {
        epoch,
        promoted: { epoch: 5, position: '0-1-9' },
        application: { state: ready, stateForMs: 1_000, checks: Array(8).fill(200), tookMs: Array(8).fill(tookMs) },
        database: aDatabase({
          state,
          follows: zone === live ? null : live,
          waitsFor: zone === live ? standby : null,
          gatePosition: zone === live && standby !== null ? '0-1-50' : null,
          ioRunning: ioRunning && zone !== live,
          sqlRunning: zone !== live,
          acknowledges: zone === standby,
        }),
      },
      heardAgoMs,
    );

const world: fc.Arbitrary<World> = fc
  .record({
    placement,
    copies: fc.record({ a: strayCopy, b: strayCopy, c: strayCopy }),
    patience: fc.constantFrom(...Object.values(PATIENCE)),
    mode: mostly('automatic' as const, 'ask-first' as const),
    failback: fc.constantFrom(null, { quietMs: 60_000, window: null }),
    backOffMs: fc.constantFrom(0, 600_000),
    unheard: mostly<string[]>([], ['a'], ['b'], ['a', 'b']),
    cpuBusy: mostly(0.1, 0.9),
  })
  .map(({ placement, copies, patience, mode, failback, backOffMs, unheard, cpuBusy }) => {
    const spec = aSpec({ failover: { patience, mode, failback, backOffMs, mostLagMs: 5_000 } });
    const room = { room: aRoom({ cpuBusy }) };
    const views = Object.entries(copies).map(([zone, stray]) => [zone, copyOf(placement)(stray, zone)]);
    const site = aSite({ placement, spec, copies: Object.fromEntries(views) });
    return aWorld(site, unheard, { a: room, b: room, c: room });
  });

/** A world and what was found in it, told of the zones by what they are to the site. */
const circumstances = fc.tuple(world, fc.array(finding, { maxLength: 3 })).map(([world, findings]) => {
  const { live, standby } = world.placements.get('shop')!;
  const named = (zone: string | null) => (zone === 'live' ? live : zone === 'standby' ? (standby ?? 'c') : zone);
  return { world, findings: findings.map((each) => ({ ...each, zone: named(each.zone) })) };
});
/** Always the same cases, so that what they have to come by is sure. */
const SERIOUS = { numRuns: 3_000, seed: 7 };

it('a live copy changes only from a protected record, to its in-sync standby, and leaves its reason (I3)', () => {
  let moves = 0;
  fc.assert(
    fc.property(circumstances, ({ world, findings }) => {
      const { placement, decision } = decide({ world, findings, now: NOW })[0]!;
      if (decision === null || decision.next.live === placement.live) return;
      moves += 1;
      expect(decision.code).toBe('failover');
      expect(phaseOf(placement)).toBe('protected');
      const { live, standby, inSync, promotion, former, approval, moves: kept } = decision.next;
      expect({ live, inSync, approval, former }).toEqual({
        live: placement.standby,
        inSync: false,
        approval: null,
        former: placement.promotion,
      });
      if (standby !== null) expect(placement.spares).toContain(standby);
      expect(promotion).toEqual({
        epoch: placement.epoch + 1,
        from: placement.live,
        position: null,
        open: false,
        acceptedLoss: null,
      });
      expect(kept.length).toBeLessThanOrEqual(MOST_MOVES);
      const because = decision.because?.code ?? null;
      expect(kept.at(-1)).toEqual({ at: NOW, from: placement.live, to: live, because });
    }),
    SERIOUS,
  );
  expect(moves).toBeGreaterThan(100);
});

it('an unplanned move respects patience, approval and the limit; only a dead zone is left without the limit (I12)', () => {
  let moves = 0;
  fc.assert(
    fc.property(circumstances, ({ world, findings }) => {
      const { placement, decision } = decide({ world, findings, now: NOW })[0]!;
      if (decision?.code !== 'failover') return;
      moves += 1;
      const because = decision.because!;
      const { patience, mode, backOffMs } = world.sites.get('shop')!.spec.failover;
      expect(because.forMs).toBeGreaterThanOrEqual(patienceFor(because, patience));
      if (mode === 'ask-first') expect(Math.abs(NOW - placement.approval!.at)).toBeLessThan(APPROVAL_LASTS_MS);
      if (because.code !== 'zone-dark') expect(heldUntil(placement, backOffMs, NOW)).toBeNull();
    }),
    SERIOUS,
  );
  expect(moves).toBeGreaterThan(100);
});

it('every other decision leaves the reign alone, and only what was seen in sync is recorded so', () => {
  const codes = new Set<string>();
  fc.assert(
    fc.property(circumstances, ({ world, findings }) => {
      const { placement, decision } = decide({ world, findings, now: NOW })[0]!;
      if (decision === null || decision.next.live !== placement.live) return;
      codes.add(decision.code);
      const { next, code } = decision;
      expect(next.moves).toEqual(placement.moves);
      expect(next.epoch).toBe(placement.epoch + 1);
      if (next.inSync && !placement.inSync) expect(code).toBe('record-in-sync');
      if (next.standby !== placement.standby) expect(next.inSync).toBe(false);
      if (code !== 'close-incident') expect(next.approval).toEqual(placement.approval);
    }),
    SERIOUS,
  );
  expect([...codes].sort()).toEqual([
    'choose-standby',
    'close-incident',
    'give-up-standby',
    'open-incident',
    'order',
    'record-in-sync',
    'record-initialised',
    'record-promotion',
    'take-in-spare',
  ]);
});

it('nothing is refused without a sentence, nor twice for the same reason, nor without a place to be recorded (I8)', () => {
  fc.assert(
    fc.property(circumstances, ({ world, findings }) => {
      const { placement, decision, refusals } = decide({ world, findings, now: NOW })[0]!;
      const codes = refusals.map(({ refusal }) => refusal.code);
      expect(new Set(codes).size).toBe(codes.length);
      for (const { refusal } of refusals) expect(refusal.sentence).toMatch(/shop.*\.$/);
      const serious = refusals.some(({ because, refusal }) => because !== null && refusal.code !== 'waiting-it-out');
      if (serious && placement.incident === null) expect(decision).not.toBeNull();
    }),
    SERIOUS,
  );
});

it('the same world always gives the same verdict (I4)', () => {
  fc.assert(
    fc.property(circumstances, ({ world, findings }) => {
      const verdict = () => decide({ world, findings, now: NOW });
      expect(verdict()).toEqual(verdict());
    }),
  );
});
