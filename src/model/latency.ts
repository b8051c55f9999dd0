/**
 * How visitors' waiting times are counted: in classes that grow by 8 %, so that a figure read from them is at most 4 % off, and two
 * counts are added class by class without any loss.
 */

/** Class and count, by class; classes with nothing in them are left out. */
export type LatencyCounts = [latencyClass: number, count: number][];

const STEP = Math.log(1.08);
/** Everything from 103 s on. */
export const LAST_LATENCY_CLASS = 151;

/** 0: less than a millisecond; n: from 1.08^(n−1) ms on. `src/edge/lua/visits.lua` does the same. */
export function latencyClassOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(LAST_LATENCY_CLASS, 1 + Math.floor(Math.log(ms) / STEP + 1e-9));
}

/** The middle of a class, milliseconds. */
export function latencyOfClass(latencyClass: number): number {
  return latencyClass === 0 ? 0.5 : Math.exp(STEP * (latencyClass - 0.5));
}

export function addLatencies(counts: Iterable<LatencyCounts>): LatencyCounts {
  const sums = new Map<number, number>();
  for (const each of counts) for (const [at, count] of each) sums.set(at, (sums.get(at) ?? 0) + count);
  return [...sums].sort(([one], [other]) => one - other);
}

/** The time within which `share` of all were answered, milliseconds; 0 when there were none. */
export function latencyQuantile(counts: LatencyCounts, share: number): number {
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [at, count] of counts) {
    seen += count;
    if (seen >= share * all - 1e-9) return latencyOfClass(at);
  }
  return 0;
}
