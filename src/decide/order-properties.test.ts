/** Whatever happens to a planned move in between: it ends, it ends where it may, and nobody is held for long. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import {
  anOrder,
  aPlacement,
  aSite,
  aSpec,
  aView,
  aWorld,
  liveDatabase,
  standbyDatabase,
  ZONES,
} from '../../test/support/fixtures.ts';
import { type Finding, type Order, type Placement, phaseOf } from '../model/index.ts';
import { HOLD_MS } from './hand-over.ts';
import { type CopyView, decide, type EdgeView } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 10, 22, 3);
const TURN_MS = 50;
const RUNS = { numRuns: 400, seed: 4_2026 };

/** What goes wrong in one stretch of turns. */
interface Stretch {
  turns: number;
  inFlight: number;
  transactions: { open: number; oldestMs: number } | null;
  staleEdge: boolean;
  ready: boolean;
  follows: boolean;
  finding: Finding | null;
  /** A controller that was just started takes over. */
  restarted: boolean;
  /** Its clock is off by so much. */
  skewMs: number;
}

const CALM: Omit<Stretch, 'turns'> = {
  inFlight: 0,
  transactions: { open: 0, oldestMs: 0 },
  staleEdge: false,
  ready: true,
  follows: true,
  finding: null,
  restarted: false,
  skewMs: 0,
};
const rarely = <T>(right: T, ...wrong: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, { weight: 2, arbitrary: fc.constantFrom(...wrong) });

const stretch: fc.Arbitrary<Stretch> = fc.record({
  turns: fc.integer({ min: 1, max: 60 }),
  inFlight: rarely(0, 1, 30),
  transactions: rarely<Stretch['transactions']>(
    { open: 0, oldestMs: 0 },
    { open: 2, oldestMs: 30 },
    { open: 1, oldestMs: 9_000 },
    null,
  ),
  staleEdge: rarely(false, true),
  ready: rarely(true, false),
  follows: rarely(true, false),
  finding: rarely<Finding | null>(
    null,
    aFinding('zone-slow', { forMs: 100 }),
    aFinding('zone-erring', { zone: 'b' }),
    aFinding('copy-slow', { zone: 'c', forMs: 100 }),
  ),
  restarted: rarely(false, true),
  skewMs: rarely(0, -3_600_000, 3_600_000),
});

const order: fc.Arbitrary<Order> = fc
  .record({
    to: fc.constantFrom('b', 'c'),
    kind: fc.constantFrom('move' as const, 'evacuate' as const, 'failback' as const, 'drill' as const),
    holding: fc.boolean(),
    attempts: fc.integer({ min: 0, max: 5 }),
    drainMs: fc.constantFrom(0, 2_000, 10_000),
    agoMs: fc.constantFrom(0, 5_000, 600_000),
  })
  .map(({ agoMs, ...rest }) => anOrder({ ...rest, at: NOW - agoMs }));

/** Every midpoint at which a controller may have died: exposed or not, the target named or not, held or not. */
const midpoint: fc.Arbitrary<Placement> = fc
  .record({ order, standby: fc.constantFrom('b', 'c', null), inSync: fc.boolean(), hasSpare: fc.boolean() })
  .map(({ order, standby, inSync, hasSpare }) => {
    const spares = hasSpare ? ZONES.filter((zone) => zone !== 'a' && zone !== standby) : [];
    return aPlacement({ standby, inSync: inSync && standby !== null, spares, order });
  });

/** The agents' part: what they report that have made the placement true, but for what goes wrong. */
function obey(
  { epoch, live, standby, promotion }: Placement,
  { transactions, ready, follows }: Stretch,
): Record<string, CopyView> {
  const gatePosition = standby === null ? null : '0-1-50';
  const state = ready ? ('ready' as const) : ('failing' as const);
  const application = { state, stateForMs: 1_000, checks: Array(8).fill(ready ? 200 : 500), tookMs: Array(8).fill(10) };
  const copy = (zone: string): CopyView => {
    const database =
      zone === live
        ? liveDatabase({ waitsFor: standby, gatePosition, transactions })
        : standbyDatabase({ follows: live, acknowledges: follows && zone === standby, ioRunning: follows });
    return aView({ epoch, database, application, promoted: { epoch: promotion.epoch, position: '0-1-100' } });
  };
  return Object.fromEntries(ZONES.map((zone) => [zone, copy(zone)]));
}

interface Walk {
  placement: Placement;
  /** Codes of the decisions, in their order. */
  codes: string[];
  longestHeldMs: number;
}

/** Turn after turn, each decision committed at once; `check` sees every step. */
function walk(
  from: Placement,
  stretches: Stretch[],
  check: (before: Placement, after: Placement, code: string) => void,
): Walk {
  let [placement, epochForMs, heldMs, now] = [from, 0, 0, NOW];
  const result: Walk = { placement, codes: [], longestHeldMs: 0 };
  for (const each of stretches) {
    if (each.restarted) epochForMs = 0;
    for (let turn = 0; turn < each.turns; turn += 1, now += TURN_MS) {
      const edges: EdgeView[] = [
        { heardAgoMs: each.staleEdge ? 5_000 : 60, epoch: placement.epoch, inFlight: each.inFlight },
        { heardAgoMs: 60, epoch: placement.epoch, inFlight: 0 },
      ];
      const site = aSite({ placement, spec: aSpec({ copies: 3 }), copies: obey(placement, each), edges, epochForMs });
      const findings = each.finding === null ? [] : [each.finding];
      const { decision } = decide({ world: aWorld(site), findings, now: now + each.skewMs })[0]!;
      epochForMs += TURN_MS;
      heldMs = placement.order?.holding && !each.restarted ? heldMs + TURN_MS : 0;
      result.longestHeldMs = Math.max(result.longestHeldMs, heldMs);
      if (decision === null) continue;
      check(placement, decision.next, decision.code);
      result.codes.push(decision.code);
      placement = decision.next;
      epochForMs = 0;
    }
  }
  return { ...result, placement };
}

const quiet = (turns: number): Stretch => ({ ...CALM, turns });

it('a planned move goes to the in-sync standby only, and to no other zone than the one that was ordered (I3)', () => {
  let moves = 0;
  fc.assert(
    fc.property(midpoint, fc.array(stretch, { maxLength: 6 }), (from, stretches) => {
      walk(from, [...stretches, quiet(400)], (before, after, code) => {
        if (after.live === before.live) return;
        moves += 1;
        if (code === 'failover') return;
        if (code === 'take-back') return expect(after.live).toBe(before.promotion.from);
        expect(code).toBe('switchover');
        expect(phaseOf(before)).toBe('handing-over');
        expect([after.live, before.inSync]).toEqual([before.standby, true]);
        expect(after.live).toBe(before.order?.to);
      });
    }),
    RUNS,
  );
  expect(moves).toBeGreaterThan(100);
});

it('from every interrupted midpoint an order ends: moved, or called off with the site where it was (I4)', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(midpoint, fc.array(stretch, { maxLength: 6 }), (from, stretches) => {
      const { placement, codes } = walk(from, [...stretches, quiet(600)], () => {});
      expect(placement.order).toBeNull();
      const moved = codes.includes('switchover');
      const answered = codes.some((code) => code === 'failover' || code === 'take-back');
      // What was found about the zone that it had moved to is answered like any other trouble.
      if (!answered) expect(placement.live).toBe(moved ? from.order!.to : 'a');
      if (!moved && !answered)
        expect(codes.some((code) => code === 'call-off' || code === 'give-up-standby')).toBe(true);
      expect(phaseOf(placement)).toBe('protected');
      ends.set(moved ? 'moved' : 'called off', (ends.get(moved ? 'moved' : 'called off') ?? 0) + 1);
    }),
    RUNS,
  );
  expect(ends.get('moved')).toBeGreaterThan(100);
  expect(ends.get('called off')).toBeGreaterThan(20);
});

it('nobody is held for longer than a second and a turn, whatever the edges and the databases say (I4)', () => {
  fc.assert(
    fc.property(midpoint, fc.array(stretch, { maxLength: 6 }), (from, stretches) => {
      const { longestHeldMs } = walk(from, [...stretches, quiet(100)], () => {});
      expect(longestHeldMs).toBeLessThanOrEqual(HOLD_MS + 2 * TURN_MS);
    }),
    RUNS,
  );
});
