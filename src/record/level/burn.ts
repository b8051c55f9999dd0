/**
 * Alerts when the error budget burns: a long window says that it matters, a short one that it still goes on. Factors and windows
 * are those of the SRE workbook, chapter 5 ("multiwindow, multi-burn-rate alerts"). Pure.
 */
import type { ServiceLevel } from '../../model/index.ts';
import type { Counts } from './minutes.ts';

export interface BurnRule {
  name: 'fast' | 'steady' | 'slow';
  /** So many times as fast as the target allows, at least. */
  factor: number;
  longMinutes: number;
  shortMinutes: number;
}

export const BURN_RULES: readonly BurnRule[] = [
  { name: 'fast', factor: 14.4, longMinutes: 60, shortMinutes: 5 },
  { name: 'steady', factor: 6, longMinutes: 360, shortMinutes: 30 },
  { name: 'slow', factor: 1, longMinutes: 4_320, shortMinutes: 360 },
];

/** Fewer failures than these in the long window are chance: with little traffic one would be enough. */
export const LEAST_FAILED = 3;

export interface BurnAlert {
  rule: BurnRule;
  /** In the long window. */
  burn: number;
  long: Counts;
  short: Counts;
}

/**
 * `sum`: the site's requests in the newest so many minutes, announced maintenance left out. Answers the worst rule that holds, or
 * null. A window with fewer requests than `leastRequests` says nothing.
 */
export function burnAlert(
  sum: (minutes: number) => Counts,
  { target, leastRequests }: Pick<ServiceLevel, 'target' | 'leastRequests'>,
): BurnAlert | null {
  for (const rule of BURN_RULES) {
    const [long, short] = [sum(rule.longMinutes), sum(rule.shortMinutes)];
    if (long.requests < leastRequests || long.failed < LEAST_FAILED) continue;
    const burn = burnOf(long, target);
    if (burn >= rule.factor && burnOf(short, target) >= rule.factor) return { rule, burn, long, short };
  }
  return null;
}

/** How many times as fast as the target allows requests fail. */
export function burnOf({ requests, failed }: Counts, target: number): number {
  if (failed === 0) return 0;
  return target >= 1 ? Number.POSITIVE_INFINITY : failed / requests / (1 - target);
}
