/**
 * Plans that change at any moment, with agents that lag behind the record, controllers that see another plan, and losses in between:
 * from every midpoint the site comes to what its plan gives it, and nothing that was acknowledged is ever only in one place unrecorded.
 */
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
import { type Finding, isProtected, type Placement, phaseOf, roleOf, runsAlone, type ZoneId } from '../model/index.ts';
import { type CopyView, type Decision, decide, type EdgeView } from './index.ts';

vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 10, 22, 3);
const TURN_MS = 250;
const RUNS = { numRuns: 400, seed: 11_2026 };
const WHY = 'its plan Elite Starter has no site disaster recovery';

interface Turn {
  /** What this controller knows of the plan: why there is no standby. */
  unprotected: string | null;
  /** Zones whose agents take the newest record in before this turn. */
  learn: ZoneId[];
  finding: Finding | null;
  /** The copy in the standby's zone has caught up. */
  follows: boolean;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  unprotected: fc.constantFrom(null, WHY, WHY),
  learn: fc.subarray(ZONES, { minLength: 1 }),
  follows: fc.constantFrom(true, true, false),
  finding: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constantFrom(aFinding('zone-slow', { forMs: 1 }), aFinding('copy-down', { forMs: 1 })) },
    { weight: 1, arbitrary: fc.constantFrom(...ZONES.map((zone) => aFinding('zone-dark', { zone }))) },
    { weight: 1, arbitrary: fc.constantFrom(...ZONES.map((zone) => aFinding('standby-lost', { zone }))) },
  ),
});

/** Every midpoint at which a plan may change or a controller may have died. */
const midpoint: fc.Arbitrary<Placement> = fc
  .record({
    roles: fc.shuffledSubarray(ZONES, { minLength: 1 }),
    hasStandby: fc.boolean(),
    inSync: fc.boolean(),
    exposedBy: fc.constantFrom<NonNullable<Placement['exposedBy']>[] | null[]>(null, 'not-protected-by-plan' as never),
    ordered: fc.constantFrom(false, false, false, true),
    stage: fc.constantFrom('open', 'open', 'opening', 'promoting'),
    gaveUp: fc.constantFrom(false, false, true),
  })
  .map(({ roles, hasStandby, inSync, exposedBy, ordered, stage, gaveUp }) => {
    const [live = 'a', ...rest] = roles;
    const standby = hasStandby ? (rest.shift() ?? null) : null;
    const from = ZONES.find((zone) => zone !== live)!;
    const acceptedLoss = gaveUp ? { by: 'Ada', why: '', at: NOW - 5_000, incident: null } : null;
    const position = stage === 'promoting' ? null : '0-1-100';
    return aPlacement({
      live,
      standby,
      inSync: inSync && standby !== null && stage === 'open',
      spares: rest,
      exposedBy,
      order: ordered && standby !== null ? anOrder({ to: standby, at: NOW }) : null,
      promotion: { epoch: 6, from, position, open: stage === 'open', acceptedLoss },
      former: stage === 'promoting' ? { epoch: 1, from: null, position: '', open: true, acceptedLoss: null } : null,
      committedAt: NOW - 1_000,
    });
  });

/** Agents make true the record that they know, and tell of that one. */
class Agents {
  readonly #knows: Map<ZoneId, Placement>;
  constructor(placement: Placement) {
    this.#knows = new Map(ZONES.map((zone) => [zone, placement]));
  }
  learn(zones: readonly ZoneId[], placement: Placement): void {
    for (const zone of zones) this.#knows.set(zone, placement);
  }
  /** Whom commits in the zone really wait for. */
  waitsFor(zone: ZoneId): ZoneId | null {
    const known = this.#knows.get(zone)!;
    return known.live === zone ? known.standby : null;
  }
  views(follows: boolean): Record<ZoneId, CopyView> {
    return Object.fromEntries(ZONES.map((zone) => [zone, this.#view(zone, follows)]));
  }
  #view(zone: ZoneId, follows: boolean): CopyView {
    const known = this.#knows.get(zone)!;
    const role = roleOf(known, zone);
    const { epoch, live, standby, promotion } = known;
    if (role === 'live') {
      const gatePosition = standby === null ? null : '0-1-50';
      const database = liveDatabase({ waitsFor: standby, gatePosition, transactions: { open: 0, oldestMs: 0 } });
      return aView({ epoch, settled: 'live', database, promoted: { epoch: promotion.epoch, position: '0-1-100' } });
    }
    if (role === 'none')
      return aView({
        epoch,
        settled: 'none',
        database: standbyDatabase({ state: 'down', ioRunning: false, follows: null }),
      });
    const database = standbyDatabase({
      follows: live,
      acknowledges: role === 'standby' && follows,
      ioRunning: follows,
    });
    return aView({ epoch, settled: role, database });
  }
}

interface Step {
  before: Placement;
  made: Decision;
  turn: Turn;
  agents: Agents;
}

function walk(from: Placement, turns: Turn[], check: (step: Step) => void): Placement {
  let placement = from;
  const agents = new Agents(from);
  for (const [index, each] of turns.entries()) {
    agents.learn(each.learn, placement);
    const edges: EdgeView[] = [{ heardAgoMs: 60, epoch: placement.epoch, inFlight: 0 }];
    const { unprotected } = each;
    const site = aSite({
      placement,
      spec: aSpec({ copies: 3 }),
      unprotected,
      copies: agents.views(each.follows),
      edges,
    });
    const findings = each.finding === null ? [] : [each.finding];
    const { decision } = decide({ world: aWorld(site), findings, now: NOW + index * TURN_MS })[0]!;
    if (decision === null) continue;
    check({ before: placement, made: decision, turn: each, agents });
    placement = decision.next;
  }
  return placement;
}

const CALM = (unprotected: string | null): Turn[] =>
  Array.from({ length: 60 }, () => ({ unprotected, learn: ZONES, finding: null, follows: true }));
const PLAN_CODES = new Set(['protect', 'unprotect', 'release-copy']);

it('no step of a plan moves a site, breaks into a move, or takes a role from a copy that is still waited for (I1, I3)', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(midpoint, fc.array(turn, { maxLength: 40 }), (from, turns) => {
      walk(from, turns, ({ before, made, turn: { unprotected, finding }, agents }) => {
        const { code, next } = made;
        if (next.inSync && !before.inSync) expect(agents.waitsFor(next.live)).toBe(next.standby);
        if (code === 'failover') expect(before.inSync).toBe(true);
        if (!PLAN_CODES.has(code)) return;
        seen.set(code, (seen.get(code) ?? 0) + 1);
        expect(next.live).toBe(before.live);
        expect({ ...next.promotion, acceptedLoss: null }).toEqual({ ...before.promotion, acceptedLoss: null });
        expect(['single', 'growing', 'protected']).toContain(phaseOf(before));
        expect(code === 'protect').toBe(unprotected === null);
        if (code === 'protect') return;
        expect([before.order, before.drill]).toEqual([null, null]);
        if (finding !== null) expect([finding.zone, finding.site]).not.toContain(before.live);
        const roles = (placement: Placement) => ZONES.filter((zone) => roleOf(placement, zone) !== 'none');
        if (code === 'unprotect') {
          expect([next.standby, next.inSync]).toEqual([null, false]);
          expect(roles(next)).toEqual(roles(before));
          return;
        }
        const [gone] = roles(before).filter((zone) => roleOf(next, zone) === 'none');
        expect(roles(before).length - roles(next).length).toBe(1);
        expect([before.standby, before.inSync, roleOf(before, gone!)]).toEqual([null, false, 'spare']);
        expect(agents.waitsFor(before.live)).toBeNull();
      });
    }),
    RUNS,
  );
  for (const code of PLAN_CODES) expect(seen.get(code), code).toBeGreaterThan(100);
});

it('from every interrupted midpoint the site comes to what its plan gives it, and stays so (I4)', () => {
  const ends = { alone: 0, protected: 0 };
  fc.assert(
    fc.property(midpoint, fc.array(turn, { maxLength: 30 }), fc.constantFrom(null, WHY), (from, turns, last) => {
      const end = walk(from, [...turns, ...CALM(last)], () => {});
      const steps: string[] = [];
      walk(end, CALM(last), ({ made }) => void steps.push(made.code));
      expect(steps).toEqual([]);
      expect([end.order, end.incident]).toEqual([null, null]);
      if (last === null) expect([isProtected(end), end.exposedBy, end.spares.length]).toEqual([true, null, 1]);
      else expect([runsAlone(end), end.standby, end.inSync]).toEqual([true, null, false]);
      ends[last === null ? 'protected' : 'alone'] += 1;
    }),
    RUNS,
  );
  expect(Math.min(ends.alone, ends.protected)).toBeGreaterThan(100);
});
