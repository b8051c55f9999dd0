/**
 * What visitors met with at one copy, as running sums: a score for each test (Page's CUSUM), and while one is above zero, what
 * has been seen since. Nothing is kept of a copy that is well but its zeros.
 *
 *   well ──failure──▶ in a run ──(score back to zero, or nothing decided in two minutes)──▶ well
 *                        └──(decided, and still so after two minutes)──▶ chronic ──(score back to zero)──▶ well
 */
import type { MonoMs, SiteId } from '../../model/index.ts';
import type { Arrival } from './memory.ts';
import {
  addToRun,
  beginRun,
  createRun,
  isCurrent,
  noteLoad,
  OVER,
  overBy,
  REPORTS_NEEDED,
  RUN_MAX_MS,
  type Run,
} from './run.ts';
import type { SiteMemory } from './site.ts';
import { FIRST_TEST, TESTS, TRACKS, type Track } from './tests.ts';
import { isDecided, leaveZone, weighInZone, type ZoneMemory } from './zone.ts';

export interface CopyMemory {
  name: SiteId;
  site: SiteMemory;
  zone: ZoneMemory;
  /** Visitors are sent here; to other copies go only requests that have failed at the live one, which say nothing of the usual. */
  live: boolean;
  /** `FIELDS` numbers for each test, beside each other: whatever one row needs lies on one or two lines of the processor's cache. */
  tests: Float64Array;
  /** Bit by track: a score of it is above zero. */
  running: number;
  /** By track; made at the first trouble, and used again. */
  runs: (Run | null)[];
  /** Its trouble is its own and old: it says nothing about its zone until it was well again. */
  chronic: boolean;
  /** Requests tried here since another copy of the site got into its present trouble: the paired control. */
  pairedEnded: number;
  pairedFailed: number;
  /** Of those the newest, in two blocks of `NEWEST_PAIRED` at most: ended and failed of the block that fills, and of the one before. */
  pairedNewest: Float64Array;
  /** `pairedEnded` and `pairedFailed` as they were at the newest mark, and at the one before that; see `addPaired`. */
  pairedBefore: Float64Array;
  pairedMarkAt: MonoMs;
  /** When the counting began. */
  pairedSince: MonoMs;
  /** Evidence in the newest ones that it has lately got the trouble too, nats; see `doubtOf`. */
  pairedDoubt: Float64Array;
  /** For each of its tests, `pairedEnded` and `pairedFailed` as they were when it was last all but sure. */
  pairedDoubted: Float64Array;
  /** Where it stands in its zone's list of the troubled; -1: not in it. */
  troubledAt: number;
  /** The copy that came after it in an edge's report, last time. */
  next: CopyMemory | null;
}

/** The copy's own score, nats; and its part in its zone's sum: in which run, its log-likelihood ratio there, and what that adds. */
export const SCORE = 0;
export const RUN = 1;
export const RATIO = 2;
export const SHARE = 3;
export const FIELDS = 4;

/** What the copy adds to its zone's sum for this test; null: nothing, it has had no request since the run began. */
export function shareInZone({ tests, zone }: CopyMemory, test: number): number | null {
  return tests[FIELDS * test + RUN] === zone.run[test] ? tests[FIELDS * test + SHARE]! : null;
}

/** From here on a copy feels its zone's trouble; nats. */
const FELT = 1;

export function feelsIt(copy: CopyMemory, test: number): boolean {
  const share = shareInZone(copy, test);
  return share !== null && share > FELT;
}

/**
 * What its own requests since its zone's run began say by themselves, nats: above zero that it has its zone's trouble, below that it is
 * answered as on any day. Null: it has had none.
 */
export function ownRatio({ tests, zone }: CopyMemory, test: number): number | null {
  return tests[FIELDS * test + RUN] === zone.run[test] ? tests[FIELDS * test + RATIO]! : null;
}

/** Beyond the level at which it decides a score does not grow: it must be able to fall again. */
const SCORE_HEADROOM = 10;
/** From here on a site is not learnt from. */
const SUSPICIOUS = 8;

export function createCopy(site: SiteMemory, zone: ZoneMemory): CopyMemory {
  return {
    name: site.site,
    site,
    zone,
    // A site of which nothing is known yet is taken to be live wherever its visitors go.
    live: site.live === null || site.live === zone.zone,
    tests: Float64Array.from(TESTS.flatMap(() => [0, -1, 0, 0])),
    running: 0,
    runs: [null, null, null],
    chronic: false,
    pairedEnded: 0,
    pairedFailed: 0,
    pairedNewest: new Float64Array(4),
    pairedBefore: new Float64Array(4),
    pairedMarkAt: 0,
    pairedSince: 0,
    pairedDoubt: new Float64Array(DOUBTED_SHARES.length),
    pairedDoubted: new Float64Array(2 * DOUBTED_SHARES.length),
    troubledAt: -1,
    next: null,
  };
}

/**
 * Weighs one report's requests of this copy on one track. No report alone decides, however much failed in it: failures come in
 * clumps (one visitor, one broken page, again and again), and a clump is one event. To be left out when nothing failed and
 * neither copy nor zone is in a run.
 */
export function weigh(
  copy: CopyMemory,
  track: Track,
  failed: number,
  good: number,
  attempts: number,
  arrival: Arrival,
): void {
  const { site, zone, tests } = copy;
  const { weights } = site;
  const { decide } = arrival.levels;
  const mostOfOne = decide / REPORTS_NEEDED;
  const last = FIRST_TEST[track + 1]!;
  const wasRunning = (copy.running & (1 << track)) !== 0;
  let highest = 0;
  for (let test = FIRST_TEST[track]!; test < last; test++) {
    const ratio = failed * weights[2 * test]! + good * weights[2 * test + 1]!;
    if (wasRunning || ratio > 0) {
      const next = Math.min(decide + SCORE_HEADROOM, Math.max(0, tests[FIELDS * test]! + Math.min(ratio, mostOfOne)));
      tests[FIELDS * test] = next;
      if (next > highest) highest = next;
    }
    if (!copy.chronic && (zone.sum[test]! > 0 || ratio > 0)) weighInZone(copy, test, ratio, arrival);
  }
  if (highest > SUSPICIOUS) site.suspiciousAt = arrival.now;
  if (highest > 0) {
    if (!wasRunning) startRun(copy, track, arrival);
    const run = copy.runs[track]!;
    if (highest >= decide) {
      run.over = overBy(run.over, run.failed / Math.max(1, run.failed + run.good), site.p0[track]!, failed, good);
      if (run.over >= OVER) {
        endRun(copy, track);
        return;
      }
    }
    run.attempts += attempts;
    addToRun(run, arrival.edge, arrival.report, failed, good, site.p0[track]!, arrival.happenedAt);
    noteLoad(run, site.usualPerSecond, arrival.now);
  } else if (wasRunning) endRun(copy, track);
}

export function highestScore(copy: CopyMemory, track: Track): number {
  const { tests } = copy;
  const last = FIRST_TEST[track + 1]!;
  let highest = 0;
  for (let test = FIRST_TEST[track]!; test < last; test++)
    if (tests[FIELDS * test + SCORE]! > highest) highest = tests[FIELDS * test + SCORE]!;
  return highest;
}

export function isSuspicious(copy: CopyMemory): boolean {
  return copy.running !== 0 && TRACKS.some((track) => highestScore(copy, track) > SUSPICIOUS);
}

/** So many repeated requests are the newest ones, up to twice as many. */
const NEWEST_PAIRED = 64;

/** Marks are so far apart, and this part of the time that has been counted. */
const PAIRED_MARK_MS = 1_000;
const PAIRED_MARK_PART = 1 / 6;

/**
 * Page's test for a change, for several shares of repeated requests that fail where a copy does not do well; of one that does it is a
 * fifth of that, one in twenty at most. The test that counts is the one for the share that fails at the live copy.
 */
const DOUBTED_SHARES = [0.5, 0.25, 0.125, 0.0625] as const;
const DOUBT = DOUBTED_SHARES.map((share) => {
  const well = Math.min(0.05, share / 5);
  return { failed: Math.log(share / well), good: Math.log((1 - share) / (1 - well)) };
});
/** A few good ones have to end it. */
const DOUBT_CAP = 5;
/** So surely something has changed that what was before says nothing any more. */
const DOUBT_SURE = 3;

/** Requests that had failed at the live copy, repeated here. */
export function addPaired(copy: CopyMemory, ended: number, failed: number, now: MonoMs): void {
  const { pairedNewest, pairedBefore } = copy;
  if (copy.pairedEnded === 0) {
    copy.pairedSince = now;
    copy.pairedMarkAt = now;
  }
  const apartMs = Math.max(PAIRED_MARK_MS, PAIRED_MARK_PART * (now - copy.pairedSince));
  if (now - copy.pairedMarkAt >= apartMs) {
    copy.pairedMarkAt = now;
    pairedBefore.copyWithin(2, 0, 2);
    pairedBefore[0] = copy.pairedEnded;
    pairedBefore[1] = copy.pairedFailed;
  }
  copy.pairedEnded += ended;
  copy.pairedFailed += failed;
  DOUBT.forEach((adds, test) => {
    const doubt = copy.pairedDoubt[test]! + failed * adds.failed + (ended - failed) * adds.good;
    copy.pairedDoubt[test] = Math.min(DOUBT_CAP, Math.max(0, doubt));
    if (doubt < DOUBT_SURE) return;
    copy.pairedDoubted[2 * test] = copy.pairedEnded;
    copy.pairedDoubted[2 * test + 1] = copy.pairedFailed;
  });
  if (pairedNewest[0]! >= NEWEST_PAIRED) {
    pairedNewest.copyWithin(2, 0, 2);
    pairedNewest.fill(0, 0, 2);
  }
  pairedNewest[0]! += ended;
  pairedNewest[1]! += failed;
}

/**
 * Whether it has lately got a trouble by which this share of requests fails: evidence for it in the newest, nats, and what was repeated
 * before it was last all but sure.
 */
export function doubtOf(copy: CopyMemory, share: number): { doubt: number; ended: number; failed: number } {
  const found = DOUBTED_SHARES.findIndex((least) => least <= share);
  const test = found === -1 ? DOUBTED_SHARES.length - 1 : found;
  return {
    doubt: copy.pairedDoubt[test]!,
    ended: copy.pairedDoubted[2 * test]!,
    failed: copy.pairedDoubted[2 * test + 1]!,
  };
}

function startRun(copy: CopyMemory, track: Track, { now }: Arrival): void {
  copy.runs[track] ??= createRun();
  beginRun(copy.runs[track], now);
  if (copy.running === 0) {
    copy.troubledAt = copy.zone.troubled.push(copy) - 1;
    for (const other of copy.site.copies) {
      if (other === copy) continue;
      other.pairedEnded = 0;
      other.pairedFailed = 0;
      other.pairedNewest.fill(0);
      other.pairedBefore.fill(0);
      other.pairedDoubt.fill(0);
      other.pairedDoubted.fill(0);
    }
  }
  copy.running |= 1 << track;
}

/** The copy became live, or is not any more: what it suffered in its other part is not counted in this one. */
export function changePart(copy: CopyMemory, live: boolean): void {
  if (copy.live === live) return;
  copy.live = live;
  for (const track of TRACKS) if (copy.running & (1 << track)) endRun(copy, track);
  leaveZone(copy);
}

export function endRun(copy: CopyMemory, track: Track): void {
  for (let test = FIRST_TEST[track]!; test < FIRST_TEST[track + 1]!; test++) copy.tests[FIELDS * test + SCORE] = 0;
  copy.running &= ~(1 << track);
  if (copy.running !== 0) return;
  copy.chronic = false;
  const { troubled } = copy.zone;
  const moved = troubled.pop()!;
  if (moved !== copy) {
    troubled[copy.troubledAt] = moved;
    moved.troubledAt = copy.troubledAt;
  }
  copy.troubledAt = -1;
}

/** So long after the last failure that fits its pace, a decided run is over, whatever its score. */
const OVER_AFTER_MS = 10_000;

/** Evidence has to be about now: ends what came to nothing or is over, and tells what is old, and not the zone's, from what is new. */
export function ageRuns(copy: CopyMemory, { now, levels }: Pick<Arrival, 'now' | 'levels'>): void {
  for (const track of TRACKS) {
    const run = copy.runs[track];
    if ((copy.running & (1 << track)) === 0 || run == null) continue;
    const decided = highestScore(copy, track) >= levels.decide;
    const old = now - run.startedAt > RUN_MAX_MS;
    const over = now - run.lastFailedAt > OVER_AFTER_MS && !isCurrent(run, now);
    if (over || (old && !decided)) endRun(copy, track);
    else if (old && !copy.chronic && !isDecided(copy.zone, track)) {
      copy.chronic = true;
      leaveZone(copy);
    }
  }
}
