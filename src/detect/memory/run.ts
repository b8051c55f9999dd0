/** One run of a test: what has been seen since the first failure of a trouble that may still turn out to be none. */
import type { EdgeId, MonoMs } from '../../model/index.ts';

export interface Run {
  startedAt: MonoMs;
  lastFailedAt: MonoMs;
  failed: number;
  good: number;
  /** Evidence that it is over, nats; see `overBy`. */
  over: number;
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
  lastFailedAt: MonoMs;
}

/** Edges beyond this many are not told apart. */
const MOST_EDGES = 32;

export function createRun(): Run {
  return {
    startedAt: 0,
    lastFailedAt: 0,
    failed: 0,
    good: 0,
    over: 0,
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
  run.over = 0;
  run.failingReports = 0;
  run.lastReport = -1;
  run.attempts = 0;
  run.edges.length = 0;
}

export function addToRun(run: Run, edge: EdgeId, report: number, failed: number, good: number, now: MonoMs): void {
  run.failed += failed;
  run.good += good;
  if (failed > 0) {
    run.lastFailedAt = now;
    if (run.lastReport !== report) run.failingReports++;
    run.lastReport = report;
  }
  shareOfEdge(run, edge, failed, good, now);
}

function shareOfEdge(run: Run, edge: EdgeId, failed: number, good: number, now: MonoMs): void {
  for (const share of run.edges) {
    if (share.edge !== edge) continue;
    share.failed += failed;
    share.good += good;
    if (failed > 0) share.lastFailedAt = now;
    return;
  }
  if (run.edges.length < MOST_EDGES) run.edges.push({ edge, failed, good, lastFailedAt: now });
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

/** What is decided on has to be the present: not when no failure came for five of the gaps that there were between failures. */
export function isCurrent(
  { startedAt, lastFailedAt, failed }: Pick<Run, 'startedAt' | 'lastFailedAt' | 'failed'>,
  now: MonoMs,
) {
  const gapMs = (lastFailedAt - startedAt) / Math.max(1, failed - 1);
  return now - lastFailedAt <= Math.max(SILENCE_IS_OVER_MS, GAPS_ARE_OVER * gapMs);
}

/** Edges whose failures are so far apart, in the run's last second, are still together. */
const TOGETHER_MS = 1_000;

/**
 * Does one edge still see what the run's newest failure is about? One that stopped seeing it, five of its own gaps ago, met with
 * something else: two troubles one after the other are not two places that agree.
 */
export function stillSees(
  failed: number,
  lastFailedAt: MonoMs,
  run: { startedAt: MonoMs; lastFailedAt: MonoMs },
): boolean {
  const gapMs = (lastFailedAt - run.startedAt) / Math.max(1, failed);
  return run.lastFailedAt - lastFailedAt <= Math.max(TOGETHER_MS, GAPS_ARE_OVER * gapMs);
}

/** From here on a decided trouble is over: once in a thousand reports that is wrong, and it has to be found again. */
export const OVER = Math.log(1_000);
const MOST_SHARE = 0.95;

/**
 * The same test, the other way: once a run has decided, the ratio of "as usual again" to "as in the run so far" is summed up, never
 * below zero; at `OVER` the run ends. Answers what `before` becomes with these requests.
 */
export function overBy(before: number, shareInRun: number, usual: number, failed: number, good: number): number {
  const share = Math.min(MOST_SHARE, Math.max(shareInRun, 2 * usual));
  return Math.max(0, before + failed * Math.log(usual / share) + good * Math.log((1 - usual) / (1 - share)));
}

/** A run that has not decided after so long is dropped: at a site with one request an hour, failures must not add up over days. */
export const RUN_MAX_MS = 120_000;
