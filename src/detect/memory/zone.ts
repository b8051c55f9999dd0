/**
 * One zone's sums over its sites: a run begins for all of them with the first failure, each adds its clipped share (`shareOf`),
 * and the sum decides at the same level as a single site's score. So a thousand sites with one failed request each weigh as much as a
 * busy one with hundreds, and a busy one alone weighs a third of what is needed.
 *
 *   sum 0 ──a failure──▶ in a run, everybody's ratios from zero ──(sum back to zero, or too old)──▶ sum 0
 */
import type { EdgeId, MonoMs, SiteId, ZoneId } from '../../model/index.ts';
import { shareOf } from '../budget.ts';
import { type CopyMemory, FIELDS, RATIO, RUN, SHARE, shareInZone } from './copy.ts';
import type { Arrival } from './memory.ts';
import { type EdgeShares, noShares, OVER, overBy, RUN_MAX_MS } from './run.ts';
import { TESTS, type Track } from './tests.ts';

/** Requests counted up since the beginning, and by track (index + track) those that could have failed and those that did. */
export type Totals = Float64Array;
export const ATTEMPTS = 0;
export const TOTAL = 1;
export const FAILED = 4;
/** Only an edge's: by track, when it last saw a failure. */
export const LAST_FAILED = 7;
const TOTALS = 10;

export interface ZoneMemory {
  zone: ZoneId;
  copies: Map<SiteId, CopyMemory>;
  /** Copies here that are in a run. */
  troubled: CopyMemory[];
  /** Sum over the sites, number and beginning of the present run, and when it decided (null: not yet); by test. */
  sum: Float64Array;
  run: Float64Array;
  startedAt: Float64Array;
  decidedAt: (MonoMs | null)[];
  /** What every zone, and every edge here, had counted when the run began; by test. */
  marks: Marks[];
  /** Bit by track: a sum of it is above zero. */
  running: number;
  totals: Totals;
  /** The same at the beginning of the report that is being taken in. */
  before: Totals;
  edges: Map<EdgeId, Totals>;
  /** By track: reports with failures so far, and when the newest came. */
  failingReports: Float64Array;
  lastFailedAt: Float64Array;
  /** By track: what each edge saw since anything has been running. */
  shares: EdgeShares[];
  /** By track: evidence that a decided trouble is over, nats. */
  over: Float64Array;
  /** By track: `usualShareIn`, as of not long ago; kept up only while a trouble is decided. */
  usual: Float64Array;
}

export interface Marks {
  zones: Map<ZoneMemory, Totals>;
  edges: Map<EdgeId, Totals>;
  failingReports: number;
}

export function createZone(zone: ZoneId): ZoneMemory {
  return {
    zone,
    copies: new Map(),
    troubled: [],
    sum: new Float64Array(TESTS.length),
    run: new Float64Array(TESTS.length),
    startedAt: new Float64Array(TESTS.length),
    decidedAt: TESTS.map(() => null),
    marks: TESTS.map(() => ({ zones: new Map(), edges: new Map(), failingReports: 0 })),
    running: 0,
    totals: noTotals(),
    before: noTotals(),
    edges: new Map(),
    failingReports: new Float64Array(3),
    lastFailedAt: new Float64Array(3).fill(Number.NEGATIVE_INFINITY),
    shares: Array.from({ length: 3 }, () => noShares(EDGE_OVER)),
    over: new Float64Array(3),
    usual: new Float64Array(3),
  };
}

export function noTotals(): Totals {
  return new Float64Array(TOTALS);
}

/** Adds one report's log-likelihood ratio of one copy to its zone's sum for that test; one report takes no site to its clip. */
export function weighInZone(copy: CopyMemory, test: number, ratio: number, arrival: Arrival): void {
  const { zone } = copy;
  const { levels } = arrival;
  if (zone.sum[test] === 0) startZoneRun(zone, test, arrival);
  const { tests } = copy;
  const at = FIELDS * test;
  const mine = tests[at + RUN] === zone.run[test];
  if (mine && isSettled(tests[at + RATIO]!, ratio, levels.clip)) return;
  const before = mine ? tests[at + SHARE]! : 0;
  // A ratio far beyond the clip could not fall below it again in time; lowering it errs on the safe side.
  const after = Math.min(
    levels.clip + RATIO_HEADROOM,
    (mine ? tests[at + RATIO]! : 0) + Math.min(ratio, levels.clip / 2),
  );
  const share = shareOf(after, levels);
  const sum = zone.sum[test]! + share - before;
  if (sum <= ROUNDING) {
    endZoneRun(zone, test);
    return;
  }
  tests[at + RUN] = zone.run[test]!;
  tests[at + RATIO] = after;
  tests[at + SHARE] = share;
  zone.sum[test] = sum;
  if (sum >= levels.decide - ROUNDING && zone.decidedAt[test] === null) {
    zone.decidedAt[test] = arrival.now;
    const { track } = TESTS[test]!;
    zone.over[track] = 0;
    zone.usual[track] = usualShareIn(zone, track);
  }
}

const RATIO_HEADROOM = 5;
/** Below this a site's share is as low as it gets, to a ten-thousandth. */
const RATIO_LEAST = -12;

/**
 * Nothing that the sum could feel: what most rows are, once a zone is in trouble. That a ratio falls no further adds less than a tenth
 * of a nat to the sum over all of a run.
 */
function isSettled(before: number, ratio: number, clip: number): boolean {
  return ratio > 0 ? before >= clip + RATIO_HEADROOM : before <= RATIO_LEAST;
}

/** Sums of thousands of shares are exact to far better than this. */
const ROUNDING = 1e-6;

function startZoneRun(zone: ZoneMemory, test: number, { memory, now }: Arrival): void {
  const { track } = TESTS[test]!;
  if ((zone.running & (1 << track)) === 0) zone.shares[track]!.edges.length = 0;
  zone.running |= 1 << track;
  zone.startedAt[test] = now;
  zone.decidedAt[test] = null;
  const marks = zone.marks[test]!;
  marks.failingReports = zone.failingReports[track]!;
  for (const other of memory.zones.values()) mark(marks.zones, other, other.totals);
  for (const [edge, totals] of zone.edges) mark(marks.edges, edge, totals);
}

function mark<K>(marks: Map<K, Totals>, key: K, totals: Totals): void {
  const known = marks.get(key);
  if (known === undefined) marks.set(key, totals.slice());
  else known.set(totals);
}

export function endZoneRun(zone: ZoneMemory, test: number): void {
  zone.sum[test] = 0;
  zone.run[test]!++;
  zone.decidedAt[test] = null;
  const { track } = TESTS[test]!;
  if (!TESTS.some((other, index) => other.track === track && zone.sum[index]! > 0)) zone.running &= ~(1 << track);
}

/** Takes a copy's shares out of its zone's sums. */
export function leaveZone(copy: CopyMemory): void {
  const { zone } = copy;
  for (let test = 0; test < TESTS.length; test++) {
    const share = shareInZone(copy, test);
    if (zone.sum[test] === 0 || share === null) continue;
    copy.tests[FIELDS * test + RUN] = -1;
    zone.sum[test]! -= share;
    if (zone.sum[test]! <= ROUNDING) endZoneRun(zone, test);
  }
}

/** A zone has a thousand times a copy's requests, and as many times the chance that a stretch of them is only lucky. */
const EDGE_OVER = 12;

/** Without failures for so long, a run is over whatever its sum. */
const OVER_AFTER_MS = 10_000;

/** Evidence has to be about now: what has not decided in two minutes, or stopped, is dropped. */
export function ageZoneRuns(zone: ZoneMemory, now: MonoMs): void {
  if (zone.running === 0) return;
  TESTS.forEach(({ track }, test) => {
    if (zone.sum[test] === 0) return;
    if (zone.decidedAt[test] !== null) zone.usual[track] = usualShareIn(zone, track);
    const old = zone.decidedAt[test] === null && now - zone.startedAt[test]! > RUN_MAX_MS;
    if (old || now - zone.lastFailedAt[track]! > OVER_AFTER_MS) endZoneRun(zone, test);
  });
}

/** Counted in `source` since the mark was set; what appeared later counts from zero. */
export function since(source: Totals, marked: Totals | undefined, index: number): number {
  return source[index]! - (marked?.[index] ?? 0);
}

/** Takes in one report's requests of a zone whose trouble is decided: ends the runs of that track once they are over. */
export function endIfOver(zone: ZoneMemory, track: Track, failed: number, good: number): void {
  const test = TESTS.findIndex((each, index) => each.track === track && zone.decidedAt[index] !== null);
  const mark = zone.marks[test]!.zones.get(zone);
  const share = since(zone.totals, mark, FAILED + track) / Math.max(1, since(zone.totals, mark, TOTAL + track));
  zone.over[track] = overBy(zone.over[track]!, share, Math.max(LEAST_USUAL, zone.usual[track]!), failed, good);
  if (zone.over[track]! < OVER) return;
  zone.over[track] = 0;
  TESTS.forEach((each, index) => {
    if (each.track === track && zone.sum[index]! > 0) endZoneRun(zone, index);
  });
}

export const LEAST_USUAL = 0.001;

/** The likeliest usual share of failures over the zone's requests, each site weighing as much as it usually has. */
export function usualShareIn(zone: ZoneMemory, track: Track): number {
  let requests = 0;
  let failures = 0;
  for (const { live, site } of zone.copies.values()) {
    const weight = live ? (site.usualPerSecond ?? 0) : 0;
    requests += weight;
    failures += (weight * site.learnt.failed[track]!) / Math.max(1, site.learnt.total[track]!);
  }
  return requests === 0 ? 0 : failures / requests;
}

export function isDecided(zone: ZoneMemory, track: Track): boolean {
  return TESTS.some((test, index) => test.track === track && zone.decidedAt[index] !== null);
}
