/** From a fault to the decision that answers it: faults of random moments and distances, everybody on the same traces. */

import { createChance, mixSeed } from '../../sim/ordinary/random.ts';
import { later } from '../../sim/ordinary/rates.ts';
import { WARM_MS } from '../../sim/ordinary/warm.ts';
import type { Rule } from '../rules/rule.ts';
import { type Contestant, runContest } from './contest.ts';
import type { Fault } from './faults.ts';
import { installation } from './installation.ts';

export interface DelayOptions {
  faults: readonly Fault[];
  contestants(cluster: ReturnType<typeof installation>): Contestant[];
  rules: readonly Rule[];
  /** Traces of each fault. */
  runs: number;
  seed: number;
  /** Who has not said it by then has not noticed. */
  horizonMs: number;
  onProgress?: (text: string) => void;
}

export interface Delays {
  fault: string;
  name: string;
  runs: number;
  /** Decisions that came before the fault did. */
  early: number;
  /** Sorted, ms; those who did not notice are missing. */
  ms: number[];
}

const INSTALLATIONS = 4;
const LEAD_MS = 2_000;

export function measureDelays(options: DelayOptions): Delays[] {
  const { faults, contestants, rules, runs, seed, horizonMs } = options;
  const kinds = ['several', 'one'] as const;
  const clusters = Object.fromEntries(
    kinds.map((sites) => [sites, Array.from({ length: INSTALLATIONS }, (_, index) => installation(index, sites))]),
  ) as Record<'several' | 'one', ReturnType<typeof installation>[]>;
  return faults.flatMap((fault, number) => {
    const delays = new Map<string, Delays>();
    for (let run = 0; run < runs; run += 1) {
      options.onProgress?.(`${fault.name}: ${run} of ${runs}`);
      const cluster = clusters[fault.sites][run % INSTALLATIONS]!;
      const chance = createChance(mixSeed(seed, number, run));
      const zero = WARM_MS + LEAD_MS + chance.between(0, 1_000);
      const ours = contestants(cluster);
      const leaves = runContest(
        { contestants: ours, rules },
        {
          cluster,
          chance,
          effects: fault.effects(cluster).map((effect) => later(effect, zero)),
          hour: 1,
          start: WARM_MS,
          zero,
          until: zero + horizonMs,
          controllers: [0, 1, 2],
        },
      );
      for (const { name } of [...ours, ...rules]) {
        const of = delays.get(name) ?? { fault: fault.name, name, runs: 0, early: 0, ms: [] };
        of.runs += 1;
        const leave = leaves.find((one) => one.name === name);
        if (leave !== undefined && leave.atMs < 0) of.early += 1;
        else if (leave !== undefined && leave.zone === 0) of.ms.push(leave.atMs);
        delays.set(name, of);
      }
    }
    for (const of of delays.values()) of.ms.sort((one, two) => one - two);
    return [...delays.values()];
  });
}

/**
 * Of all runs in which it was not wrong already before the fault, counting those in which it never noticed as later than all
 * others; null: the quantile lies among these.
 */
export function quantileOf({ ms, runs, early }: Delays, share: number): number | null {
  const counted = runs - early;
  return ms[Math.min(counted - 1, Math.ceil(share * counted) - 1)] ?? null;
}
