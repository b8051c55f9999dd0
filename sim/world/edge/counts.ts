/** What an edge counts of each copy, as src/edge/lua/requests.lua does, and the ticks in which it is read. */
import type { CopyCounts } from '../../../src/edge/counters.ts';
import { LATENCY_BOUNDS_MS } from '../../../src/model/index.ts';
import type { Copy } from './health.ts';

export type AttemptEnd = 'answered' | 'errors' | 'refused' | 'timeouts';

export interface Counts {
  copy: Copy;
  attempts: number;
  answered: number;
  errors: number;
  refused: number;
  timeouts: number;
  latency: number[];
  /** When each attempt that now waits began, oldest first. */
  waiting: Set<{ since: number }>;
  touched: boolean;
}

export function newCounts(copy: Copy): Counts {
  const latency = LATENCY_BOUNDS_MS.map(() => 0).concat(0);
  return {
    copy,
    attempts: 0,
    answered: 0,
    errors: 0,
    refused: 0,
    timeouts: 0,
    latency,
    waiting: new Set(),
    touched: true,
  };
}

export function countEnd(counts: Counts, end: AttemptEnd, tookMs: number): void {
  counts[end] += 1;
  counts.touched = true;
  if (end !== 'answered' && end !== 'errors') return;
  const found = LATENCY_BOUNDS_MS.findIndex((bound) => tookMs <= bound);
  counts.latency[found < 0 ? LATENCY_BOUNDS_MS.length : found]! += 1;
}

/** Since when the oldest waits; null: nobody does. */
export function oldestOf(counts: Counts): number | null {
  for (const { since } of counts.waiting) return since;
  return null;
}

/** One tick's worth: totals since the start, classes since the tick before. Null when there is nothing to tell. */
export function readCounts(counts: Counts, now: number, answeredAt: number | null): CopyCounts | null {
  if (!counts.touched && counts.waiting.size === 0) return null;
  const oldest = oldestOf(counts);
  const { latency } = counts;
  counts.latency = latency.map(() => 0);
  counts.touched = false;
  return {
    site: counts.copy.site,
    zone: counts.copy.zone,
    attempts: counts.attempts,
    answered: counts.answered,
    serverErrors: counts.errors,
    connectErrors: counts.refused,
    timeouts: counts.timeouts,
    waiting: counts.waiting.size,
    oldestWaitingMs: oldest === null ? 0 : Math.round(now - oldest),
    answeredAgoMs: answeredAt === null ? null : Math.round(now - answeredAt),
    latency,
  };
}
