/** What is tested for: three kinds of failure, each against several alternatives, so that a small share is found as well as a large one. */

/** The copy answers 5xx: its own testimony. */
export const OWN = 0 as const;
/** It cannot be reached, or does not answer in time: only the word of the observer whose way there it is. */
export const PATH = 1 as const;
/** It answers, far slower than it used to. */
export const SLOW = 2 as const;
export type Track = typeof OWN | typeof PATH | typeof SLOW;
export const TRACKS: readonly Track[] = [OWN, PATH, SLOW];

export interface Test {
  track: Track;
  /** Share of requests that fail when there is trouble, unless that is less than `LEAST_RISE` times the usual share. */
  p1: number;
}

const SHARES_IN_TROUBLE = [0.02, 0.05, 0.2, 0.6];

/** In the order of their tracks; scores are kept in arrays of this order. */
export const TESTS: readonly Test[] = [
  ...SHARES_IN_TROUBLE.map((p1): Test => ({ track: OWN, p1 })),
  ...SHARES_IN_TROUBLE.map((p1): Test => ({ track: PATH, p1 })),
  { track: SLOW, p1: 0.3 },
];
export const MOST_ALTERNATIVES = SHARES_IN_TROUBLE.length;
/** A track's tests are those from `FIRST_TEST[track]` up to, without, `FIRST_TEST[track + 1]`. */
export const FIRST_TEST: readonly number[] = [0, MOST_ALTERNATIVES, 2 * MOST_ALTERNATIVES, 2 * MOST_ALTERNATIVES + 1];

/** Less than three times the usual is no trouble. */
const LEAST_RISE = 3;
const MOST_P1 = 0.95;

/** Nats that one failed, and one good, request add to a test's log-likelihood ratio, where the share `p0` is usual. */
export function weightsOf({ p1: share }: Test, p0: number): { failed: number; good: number } {
  const p1 = Math.min(MOST_P1, Math.max(share, LEAST_RISE * p0));
  return { failed: Math.log(p1 / p0), good: Math.log((1 - p1) / (1 - p0)) };
}
