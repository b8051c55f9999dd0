/** One run of a test: what has been seen since the first failure of a trouble that may still turn out to be none. */
import type { EdgeId, MonoMs } from '../../model/index.ts';

export interface Run {
  startedAt: MonoMs;
  lastFailedAt: MonoMs;
  failed: number;
  good: number;
  /** Good answers since the newest report in which something failed. */
  goodSince: number;
  /** Reports in which something failed, and the newest of them by `Arrival.report`. */
  failingReports: number;
  lastReport: number;
  attempts: number;
  edges: EdgeShare[];
}

/** What one edge saw of the run. */
export interface EdgeShare {
  edge: EdgeId;
  failed: number;
  good: number;
}

/** Edges beyond this many are not told apart. */
const MOST_EDGES = 32;

export function createRun(): Run {
  return {
    startedAt: 0,
    lastFailedAt: 0,
    failed: 0,
    good: 0,
    goodSince: 0,
    failingReports: 0,
    lastReport: -1,
    attempts: 0,
    edges: [],
  };
}

export function beginRun(run: Run, now: MonoMs): void {
  run.startedAt = now;
  run.lastFailedAt = now;
  run.failed = 0;
  run.good = 0;
  run.goodSince = 0;
  run.failingReports = 0;
  run.lastReport = -1;
  run.attempts = 0;
  run.edges.length = 0;
}

export function addToRun(run: Run, edge: EdgeId, report: number, failed: number, good: number, now: MonoMs): void {
  run.failed += failed;
  run.good += good;
  if (failed > 0) {
    run.goodSince = 0;
    run.lastFailedAt = now;
    if (run.lastReport !== report) run.failingReports++;
    run.lastReport = report;
  } else run.goodSince += good;
  shareOfEdge(run, edge, failed, good);
}

function shareOfEdge(run: Run, edge: EdgeId, failed: number, good: number): void {
  for (const share of run.edges) {
    if (share.edge !== edge) continue;
    share.failed += failed;
    share.good += good;
    return;
  }
  if (run.edges.length < MOST_EDGES) run.edges.push({ edge, failed, good });
}

/** No single burst decides: failures have to come in so many reports, over so long. */
export const REPORTS_NEEDED = 3;
const SPAN_MS = 180;

export function isLasting({
  failingReports,
  lastFailedAt,
  startedAt,
}: Pick<Run, 'failingReports' | 'lastFailedAt' | 'startedAt'>): boolean {
  return failingReports >= REPORTS_NEEDED && lastFailedAt - startedAt >= SPAN_MS;
}

/** Two reports' time. */
const SILENCE_IS_OVER_MS = 200;
/** Mean gaps between failures without a failure: e^-5, less than one in a hundred when nothing has changed. */
const GAPS_ARE_OVER = 5;
const STREAK_IS_OVER = 5;

/**
 * Is it still so? What is decided on has to be the present: not when no failure came for five of the gaps that there were
 * between failures, nor when as many good answers came in a row as would be one in e^5 with the run's share of failures.
 */
export function isCurrent(run: Pick<Run, 'startedAt' | 'lastFailedAt' | 'failed' | 'good' | 'goodSince'>, now: MonoMs) {
  const gapMs = (run.lastFailedAt - run.startedAt) / Math.max(1, run.failed - 1);
  if (now - run.lastFailedAt > Math.max(SILENCE_IS_OVER_MS, GAPS_ARE_OVER * gapMs)) return false;
  const share = Math.min(0.95, run.failed / Math.max(1, run.failed + run.good));
  return -Math.log1p(-share) * run.goodSince < STREAK_IS_OVER;
}

/** A run that has not decided after so long is dropped: at a site with one request an hour, failures must not add up over days. */
export const RUN_MAX_MS = 120_000;
