/** What follows from what a site's requests have been like: its usual share of failures, and from when on an answer is slow for it. */
import { LATENCY_BOUNDS_MS } from '../../model/index.ts';
import { LATENCY_CLASSES, type SiteMemory } from './site.ts';
import { OWN, PATH, SLOW, TESTS, type Track, weightsOf } from './tests.ts';

/** Answers that take this many times longer than 95 in 100 usually do are slow, never those below a second. */
const SLOW_TIMES = 6;
const SLOW_LEAST_MS = 1_000;

/** Least and most that is taken for usual: a site that fails more often than that is not well, however long it has. */
const LEAST_SHARE: readonly number[] = [0.001, 0.001, 0.01];
const MOST_SHARE = 0.3;

/**
 * An upper bound of the usual share, not the likeliest value: with a p0 that is too high the tests err on the safe side
 * (`p·p1/p0 + (1-p)·(1-p1)/(1-p0) ≤ 1` for every `p ≤ p0`). Three failures and sixty requests are added, so that a site of
 * which nothing is known may fail at 7.5 %; half as much again is allowed for days that differ.
 */
export function usualShare(track: Track, failed: number, total: number): number {
  return Math.min(MOST_SHARE, Math.max(LEAST_SHARE[track]!, (1.5 * (failed + 3)) / (total + 60)));
}

/** Works out everything that hangs on what was learnt. */
export function applyLearnt(site: SiteMemory): void {
  const { learnt } = site;
  site.slowFrom = slowFrom(learnt.latency);
  learnt.total[SLOW] = sum(learnt.latency, 0);
  learnt.failed[SLOW] = sum(learnt.latency, site.slowFrom);
  for (const track of [OWN, PATH, SLOW] as const)
    site.p0[track] = usualShare(track, learnt.failed[track]!, learnt.total[track]!);
  TESTS.forEach((test, index) => {
    const { failed, good } = weightsOf(test, site.p0[test.track]!);
    site.weights[2 * index] = failed;
    site.weights[2 * index + 1] = good;
  });
}

/** The first class that lies wholly beyond `SLOW_TIMES` the end of the class in which the 95th of 100 answers is. */
function slowFrom(latency: Float64Array): number {
  const total = sum(latency, 0);
  if (total < 100) return LATENCY_CLASSES - 1;
  let seen = 0;
  let at = 0;
  while (at < LATENCY_CLASSES - 1 && seen + latency[at]! < 0.95 * total) seen += latency[at++]!;
  const usualMs = LATENCY_BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY;
  const limitMs = Math.max(SLOW_LEAST_MS, SLOW_TIMES * usualMs);
  const index = LATENCY_BOUNDS_MS.findIndex((bound) => bound >= limitMs);
  return index === -1 ? LATENCY_CLASSES : index + 1;
}

/** Of the values from that index on. */
export function sum(values: Float64Array, from: number): number {
  let total = 0;
  for (let index = from; index < values.length; index++) total += values[index]!;
  return total;
}
