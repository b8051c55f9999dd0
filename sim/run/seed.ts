/** One seed from its plan to its verdict, and what is counted of it. */

import { eventsOf, failoversOf, stoppedShort } from '../checkers/history.ts';
import { type Broken, check } from '../checkers/index.ts';
import { planOf } from '../faults/plan.ts';
import type { Bug, SimRun } from '../trace.ts';
import { simulate } from '../world/index.ts';

export type Counts = Record<string, number>;

export interface SeedResult {
  seed: number;
  events: number;
  virtualMs: number;
  broken: Broken[];
  /** Set when the simulation itself came to nothing: it threw, or it hung. */
  crash: string | null;
  /** What was committed, by decision. */
  decisions: Counts;
  /** Failovers, by the finding that they answered. */
  moves: Counts;
  /** Sites that stand still at the end because their newest live copy would lose acknowledged writes: a double fault. */
  stopped: number;
  /** Refusals, each site, code and epoch once, whoever refused. */
  refusals: Counts;
}

export async function runSeed(seed: number, bugs: readonly Bug[]): Promise<SeedResult> {
  const run = await simulate(planOf(seed, new Set(bugs)));
  return judge(run);
}

export function judge(run: SimRun): SeedResult {
  const refused = new Map(
    eventsOf(run, 'refusal').map(({ refusal, epoch }) => [`${refusal.site} ${refusal.code} ${epoch}`, refusal.code]),
  );
  return {
    seed: run.seed,
    events: run.events.length,
    virtualMs: run.endedAt,
    broken: check(run),
    crash: null,
    decisions: countBy(eventsOf(run, 'commit').map(({ placement }) => placement.decision)),
    moves: countBy(failoversOf(run).map(({ because }) => because?.code ?? 'nothing')),
    stopped: eventsOf(run, 'end').filter(({ site, placement }) => stoppedShort(run, site, placement) !== null).length,
    refusals: countBy([...refused.values()]),
  };
}

/** A seed that came to no end. */
export function crashed(seed: number, why: string): SeedResult {
  return { seed, events: 0, virtualMs: 0, broken: [], crash: why, decisions: {}, moves: {}, stopped: 0, refusals: {} };
}

export function countBy(names: string[]): Counts {
  const counts: Counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function addCounts(sum: Counts, more: Counts): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}
