/** The live zone frozen or cut off, and back after a random time between 0.1 s and a minute: before, during and after its site is moved. */
import type { RoundPlan } from '../faults/plan.ts';
import { chanceOf } from '../random.ts';

const SHORTEST_MS = 100;
const LONGEST_MS = 60_000;

export function healSeries(seed: number, count: number): RoundPlan[] {
  const chance = chanceOf(seed, 'heal');
  return Array.from({ length: count }, (_, index) => {
    const kind = index % 2 === 0 ? 'zone-freeze' : 'zone-cut';
    const forMs = Math.round(chance.magnitude(SHORTEST_MS, LONGEST_MS));
    return {
      round: index + 1,
      from: 'series',
      title: `${kind}, back after ${(forMs / 1_000).toFixed(1)} s`,
      faults: [{ kind, who: 'live', asOf: 'beginning', other: null, atMs: 0, forMs, step: null, amount: 0 }],
    };
  });
}
