/** Whatever happens to a drill in between: it ends, with the site at home or where a real failover put it. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import {
  aDrill,
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
import { DRILL_FAULTS, type Drill, type DrillResult, type Finding, type Placement, phaseOf } from '../model/index.ts';
import { type CopyView, decide, type EdgeView } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 10, 22, 3);
const TURN_MS = 250;
const RUNS = { numRuns: 300, seed: 4_2027 };
/** Half an hour. */
const PATIENT_TURNS = (30 * 60_000) / TURN_MS;

/** What goes wrong in one stretch of turns. */
interface Stretch {
  turns: number;
  inFlight: number;
  follows: boolean;
  ready: boolean;
  finding: Finding | null;
  failed: number;
  /** A controller that was just started takes over. */
  restarted: boolean;
}

const CALM: Omit<Stretch, 'turns'> = {
  inFlight: 0,
  follows: true,
  ready: true,
  finding: null,
  failed: 0,
  restarted: false,
};
const rarely = <T>(right: T, ...wrong: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, { weight: 2, arbitrary: fc.constantFrom(...wrong) });

const stretch: fc.Arbitrary<Stretch> = fc.record({
  turns: fc.integer({ min: 1, max: 120 }),
  inFlight: rarely(0, 3),
  follows: rarely(true, false),
  ready: rarely(true, false),
  finding: rarely<Finding | null>(
    null,
    aFinding('zone-slow', { zone: 'b', forMs: 100 }),
    aFinding('zone-erring', { zone: 'a', forMs: 3_600_000 }),
    aFinding('zone-dark', { zone: 'b' }),
    aFinding('copy-slow', { zone: 'c', forMs: 100 }),
  ),
  failed: rarely(0, 30, 5_000),
  restarted: rarely(false, true),
});

/** Every midpoint at which a controller may have died. */
const midpoint: fc.Arbitrary<Placement> = fc
  .record({
    fault: fc.constantFrom(...DRILL_FAULTS),
    stage: fc.constantFrom<Drill['stage'][]>('away', 'there', 'home'),
    isAway: fc.boolean(),
    inSync: fc.boolean(),
    standby: fc.constantFrom<(string | null)[]>('other', 'third', null),
    order: fc.constantFrom<('none' | 'away' | 'home' | 'holding')[]>('none', 'away', 'home', 'holding'),
    stopped: fc.constantFrom<(string | null)[]>(null, 'x'),
    open: fc.boolean(),
  })
  .map(({ fault, stage, isAway, inSync, order, stopped, open, ...rest }) => {
    const live = isAway || stage === 'there' ? 'b' : 'a';
    const other = live === 'a' ? 'b' : 'a';
    const standby = rest.standby === null ? null : rest.standby === 'other' ? other : 'c';
    const spares = ZONES.filter((zone) => zone !== live && zone !== standby);
    // One that was stopped is on its way home.
    const drill = aDrill({ fault, stage: stopped === null ? stage : 'home', stopped, startedAt: NOW - 5_000 });
    const to = order === 'none' ? null : other;
    const holding = order === 'holding' && inSync && standby === other;
    return aPlacement({
      live,
      standby,
      inSync: inSync && standby !== null,
      spares,
      order: to === null || stage === 'there' ? null : anOrder({ kind: 'drill', to, at: NOW - 2_000, holding }),
      drill,
      moves: live === 'b' ? [{ at: NOW - 3_000, from: 'a', to: 'b', because: null }] : [],
      promotion: { epoch: 6, from: other, position: '0-1-100', open: open || live === 'a', acceptedLoss: null },
      committedAt: NOW - 1_000,
    });
  });

/** The agents' part: what they report that have made the placement true, but for what goes wrong. */
function obey({ epoch, live, standby, promotion }: Placement, { ready, follows }: Stretch): Record<string, CopyView> {
  const gatePosition = standby === null ? null : '0-1-50';
  const state = ready ? ('ready' as const) : ('failing' as const);
  const application = { state, stateForMs: 1_000, checks: Array(8).fill(ready ? 200 : 500), tookMs: Array(8).fill(10) };
  const transactions = { open: 0, oldestMs: 0 };
  const copy = (zone: string): CopyView => {
    const database =
      zone === live
        ? liveDatabase({ waitsFor: standby, gatePosition, transactions })
        : standbyDatabase({ follows: live, acknowledges: follows && zone === standby, ioRunning: follows });
    return aView({ epoch, database, application, promoted: { epoch: promotion.epoch, position: '0-1-100' } });
  };
  return Object.fromEntries(ZONES.map((zone) => [zone, copy(zone)]));
}

/** A fault that was made shows until the site has moved. */
function faultOf({ drill, live }: Placement): Finding[] {
  const shows = drill !== null && drill.fault !== 'move' && drill.stage === 'away' && drill.stopped === null;
  return shows && live === drill.home ? [aFinding('copy-down', { zone: live })] : [];
}

interface Walk {
  placement: Placement;
  codes: string[];
  results: DrillResult[];
}

function walk(from: Placement, stretches: Stretch[]): Walk {
  let [placement, epochForMs, quietForMs, now] = [from, 0, 0, NOW];
  const done: Walk = { placement, codes: [], results: [] };
  for (const each of stretches) {
    if (each.restarted) [epochForMs, quietForMs] = [0, 0];
    for (let turn = 0; turn < each.turns; turn += 1, now += TURN_MS) {
      const edges: EdgeView[] = [{ heardAgoMs: 60, epoch: placement.epoch, inFlight: each.inFlight }];
      const visitors = { failedRequests: each.failed, heldLongestMs: 200 };
      const more = { edges, epochForMs, quietForMs, visitors };
      const site = aSite({ placement, spec: aSpec({ copies: 3 }), copies: obey(placement, each), ...more });
      const findings = [...(each.finding === null ? [] : [each.finding]), ...faultOf(placement)];
      const { decision } = decide({ world: aWorld(site), findings, now })[0]!;
      epochForMs += TURN_MS;
      quietForMs = findings.length > 0 ? 0 : quietForMs + TURN_MS;
      if (decision === null) {
        if (placement.drill === null && each.turns === PATIENT_TURNS && phaseOf(placement) === 'protected') break;
        continue;
      }
      done.codes.push(decision.code);
      if (decision.result !== undefined) done.results.push(decision.result);
      placement = decision.next;
      epochForMs = 0;
    }
  }
  return { ...done, placement };
}

const REAL = new Set(['failover', 'take-back']);

it('from every interrupted midpoint a drill ends once, the site at home or where a failover put it (I4)', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(midpoint, fc.array(stretch, { maxLength: 5 }), (from, stretches) => {
      const { placement, codes, results } = walk(from, [...stretches, { ...CALM, turns: PATIENT_TURNS }]);
      expect([placement.drill, placement.order]).toEqual([null, null]);
      expect(results.length).toBe(1);
      const [result] = results;
      expect(result!.outcome === 'passed').toBe(result!.problems.length === 0);
      const answered = codes.some((code) => REAL.has(code));
      if (!answered || result!.outcome === 'passed') expect(placement.live).toBe('a');
      expect(phaseOf(placement)).toBe('protected');
      ends.set(result!.outcome, (ends.get(result!.outcome) ?? 0) + 1);
    }),
    RUNS,
  );
  for (const outcome of ['passed', 'stopped']) expect(ends.get(outcome), outcome).toBeGreaterThan(20);
});

it('a drill in calm goes away and home, by whatever it was begun with', () => {
  for (const fault of DRILL_FAULTS) {
    const order = fault === 'move' ? anOrder({ kind: 'drill', at: NOW }) : null;
    const from = aPlacement({ drill: aDrill({ fault, startedAt: NOW }), order, spares: ['c'], committedAt: NOW });
    const { placement, codes, results } = walk(from, [{ ...CALM, turns: PATIENT_TURNS }]);
    expect(results).toMatchObject([{ fault, outcome: 'passed', problems: [] }]);
    expect(codes.filter((code) => code === 'switchover' || code === 'failover')).toEqual(
      fault === 'move' ? ['switchover', 'switchover'] : ['failover', 'switchover'],
    );
    expect([placement.live, placement.drill, placement.incident]).toEqual(['a', null, null]);
  }
});
