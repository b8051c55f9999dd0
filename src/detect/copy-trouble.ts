/** Copies whose own score has decided, whose trouble has lasted and is so now; and what their standby does with the same requests. */
import type { Evidence, Finding, Placement } from '../model/index.ts';
import { placementOf } from './copies.ts';
import { atLeastTimes } from './load.ts';
import { type CopyMemory, highestScore } from './memory/copy.ts';
import { isCurrent, isLasting, type Run } from './memory/run.ts';
import type { Track } from './memory/tests.ts';
import { type DetectInput, troubledZones } from './rule.ts';

export interface CopyTrouble {
  copy: CopyMemory;
  track: Track;
  run: Run;
  score: number;
  placement: Placement;
}

/** Live copies in trouble of one of these kinds, the first that applies; in zones that are not in trouble themselves, and not while all are. */
export function copyTroubles(input: DetectInput, before: Finding[], tracks: readonly Track[]): CopyTrouble[] {
  if (before.some(({ code }) => code === 'trouble-everywhere')) return [];
  const explained = troubledZones(before);
  const { decide } = input.memory.levels;
  const found: CopyTrouble[] = [];
  for (const zone of input.memory.zones.values()) {
    if (explained.has(zone.zone)) continue;
    for (const copy of zone.troubled) {
      const track = decidedTrack(copy, tracks, decide);
      const run = track === null ? null : copy.runs[track];
      if (track === null || run == null || !isLasting(run) || !isCurrent(run, input.now)) continue;
      const placement = placementOf(input, copy.name);
      if (placement?.live !== zone.zone) continue;
      found.push({ copy, track, run, score: highestScore(copy, track), placement });
    }
  }
  return found;
}

/** The first of these tracks whose score has decided. On an ordinary day a tenth of all copies are asked, at every turn. */
function decidedTrack(copy: CopyMemory, tracks: readonly Track[], decide: number): Track | null {
  for (const track of tracks) if (copy.running & (1 << track) && highestScore(copy, track) >= decide) return track;
  return null;
}

export function edgesSaw({ run, score }: CopyTrouble, input: DetectInput, how: string): Evidence[] {
  const level = `score ${score.toFixed(1)}, decides at ${input.memory.levels.decide.toFixed(1)}`;
  return run.edges
    .filter(({ failed }) => failed > 0)
    .map(({ edge, failed, good }) => ({
      observer: `edge:${edge}`,
      saw: `${failed} of ${failed + good} requests ${how} (${level})`,
    }));
}

/** Edges that see it: a third of the overall share, and three failures, at least. */
export function placesOf({ run }: CopyTrouble): { agreeing: number; against: number } {
  const share = run.failed / Math.max(1, run.failed + run.good);
  let agreeing = 0;
  let against = 0;
  for (const { failed, good } of run.edges) {
    const same = failed >= (share * (failed + good)) / 3;
    if (same && failed >= 3) agreeing++;
    else if (!same && share * (failed + good) >= 3) against++;
  }
  return { agreeing, against };
}

/** Requests since the trouble began, times what is usual; a lower bound. */
export function loadRatioOf({ copy, run }: CopyTrouble, input: DetectInput): number | null {
  return atLeastTimes(run.attempts, input.now - run.startedAt, copy.site.usualPerSecond);
}

/** Share of the retried requests that fail at a standby which is well, and at one that is not. */
const WELL = 0.05;
const UNWELL = 0.5;
/** One in a hundred, beside the copy's own score. */
const PAIRED = Math.log(100);

export interface Paired {
  says: 'well' | 'fails-too' | 'cannot-tell';
  evidence: Evidence;
}

/**
 * The paired control: edges repeat a GET or HEAD that failed here once at the in-sync standby. Wald's sequential ratio (Sequential
 * tests of statistical hypotheses, 1945) of "it does well there" to "at least half of them fail there too".
 */
export function pairedControl({ run, placement }: CopyTrouble, { memory }: DetectInput): Paired | null {
  const { standby, site } = placement;
  const there = standby === null ? undefined : memory.zones.get(standby)?.copies.get(site);
  if (there === undefined || there.pairedEnded === 0) return null;
  const { pairedEnded: ended, pairedFailed: failed } = there;
  const ratio = (ended - failed) * Math.log((1 - WELL) / (1 - UNWELL)) + failed * Math.log(WELL / UNWELL);
  const says = ratio >= PAIRED ? 'well' : ratio <= -PAIRED ? 'fails-too' : 'cannot-tell';
  const observer = run.edges.map(({ edge }) => `edge:${edge}`).join(', ');
  return {
    says,
    evidence: { observer, saw: `of ${ended} requests tried at the standby in zone ${standby}, ${failed} failed` },
  };
}
