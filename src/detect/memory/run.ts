/** One run of a test: what has been seen since the first failure of a trouble that may still turn out to be none. */
import type { EdgeId, MonoMs } from '../../model/index.ts';
import { timesUsual } from '../load.ts';

export interface Run extends EdgeShares {
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
  /** The most times its usual requests that there certainly were, and when that was. */
  mostTimes: number;
  mostTimesAt: MonoMs;
}

/** What edges saw, each by itself. */
export interface EdgeShares {
  edges: EdgeShare[];
  /** The edge that was added to last, in `edges`. */
  edgeAt: number;
  /** From so much evidence on, nats, it is over for an edge. */
  overFrom: number;
}

/** What one edge saw of the run. */
export interface EdgeShare {
  edge: EdgeId;
  failed: number;
  good: number;
  firstFailedAt: MonoMs;
  lastFailedAt: MonoMs;
  /** `good` as of its last failure. */
  goodBefore: number;
  /** Evidence that it is over for this edge, nats; see `overBy`. */
  over: number;
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
    mostTimes: 0,
    mostTimesAt: 0,
    ...noShares(EDGE_OVER),
  };
}

export function noShares(overFrom: number): EdgeShares {
  return { edges: [], edgeAt: 0, overFrom };
}

export function beginRun(run: Run, now: MonoMs): void {
  run.startedAt = now;
  run.lastFailedAt = Number.NEGATIVE_INFINITY;
  run.failed = 0;
  run.good = 0;
  run.over = 0;
  run.failingReports = 0;
  run.lastReport = -1;
  run.attempts = 0;
  run.mostTimes = 0;
  run.edges.length = 0;
}

/** `usual`: share of requests that fail on any day. */
export function addToRun(
  run: Run,
  edge: EdgeId,
  report: number,
  failed: number,
  good: number,
  usual: number,
  now: MonoMs,
): void {
  run.failed += failed;
  run.good += good;
  if (failed > 0) {
    run.lastFailedAt = Math.max(run.lastFailedAt, now);
    if (run.lastReport !== report) run.failingReports++;
    run.lastReport = report;
  }
  addToShares(run, edge, failed, good, usual, now);
}

/** So long a run says nothing yet of how much is asked. */
export const LOAD_FROM_MS = 1_000;
/** Standard deviations of a Poisson count: of all looks at a run hardly one is wrong. */
const CERTAIN = 4;

/** Keeps in mind the most times its usual requests that there have certainly been since the run began. */
export function noteLoad(run: Run, usualPerSecond: number | null, now: MonoMs): void {
  if (usualPerSecond === null || usualPerSecond === 0 || now - run.startedAt < LOAD_FROM_MS) return;
  const times = timesUsual(run.attempts - CERTAIN * Math.sqrt(run.attempts), now - run.startedAt, usualPerSecond);
  if (times <= run.mostTimes) return;
  run.mostTimes = times;
  run.mostTimesAt = now;
}

/** What came with a rush of visitors has so long, from when the rush was greatest, to go with it: queues have to drain. */
const RUSH_MS = 60_000;

/** How many times its usual requests there were at the height of a rush that the trouble may still go with; 0: no rush is known. */
export function rushOf({ mostTimes, mostTimesAt }: Pick<Run, 'mostTimes' | 'mostTimesAt'>, now: MonoMs): number {
  return now - mostTimesAt > RUSH_MS ? 0 : mostTimes;
}

/** One report's requests of one edge; `now`: when they were. */
export function addToShares(
  shares: EdgeShares,
  edge: EdgeId,
  failed: number,
  good: number,
  usual: number,
  now: MonoMs,
): void {
  const share = findShare(shares, edge);
  if (share !== null) {
    // What came after its last failure must not thin out what it is held against; one more good one, for few failures tell little.
    const inTrouble = share.failed / (share.failed + share.goodBefore + 1);
    share.over = Math.min(shares.overFrom + OVER_HEADROOM, overBy(share.over, inTrouble, usual, failed, good));
    if (share.failed === 0) share.firstFailedAt = now;
    share.failed += failed;
    share.good += good;
    if (failed > 0) {
      share.lastFailedAt = Math.max(share.lastFailedAt, now);
      share.goodBefore = share.good;
    }
    return;
  }
  if (shares.edges.length < MOST_EDGES)
    shares.edges.push({ edge, failed, good, firstFailedAt: now, lastFailedAt: now, goodBefore: good, over: 0 });
}

/** Edges report in turn: the one after the last is tried first. */
function findShare(shares: EdgeShares, edge: EdgeId): EdgeShare | null {
  const { edges } = shares;
  for (let step = 1; step <= edges.length; step++) {
    const at = (shares.edgeAt + step) % edges.length;
    if (edges[at]!.edge !== edge) continue;
    shares.edgeAt = at;
    return edges[at]!;
  }
  return null;
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

/** Less than one in a hundred that an edge that has so much evidence, nats, that it is over for itself is only lucky. */
const EDGE_OVER = 5;
/** So that few failures bring it back. */
const OVER_HEADROOM = 3;

/** Do the edge's newest requests say that it is over there? Others may still be in it: two troubles that end one after the other are not one. */
export function isOverFor({ overFrom }: EdgeShares, { over }: EdgeShare): boolean {
  return over >= overFrom;
}

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
  let over = before;
  if (failed > 0) over += failed * Math.log(usual / share);
  if (good > 0) over += good * Math.log((1 - usual) / (1 - share));
  return Math.max(0, over);
}

/** A run that has not decided after so long is dropped: at a site with one request an hour, failures must not add up over days. */
export const RUN_MAX_MS = 120_000;
