/** Copies whose own score has decided, whose trouble has lasted and is so now; and what their standby does with the same requests. */
import type { Evidence, Finding, Placement, ZoneId } from '../model/index.ts';
import { placementOf } from './copies.ts';
import { atLeastTimes } from './load.ts';
import { type CopyMemory, highestScore } from './memory/copy.ts';
import { isCurrent, isLasting, type Run, stillSees } from './memory/run.ts';
import { OWN, PATH, type Track } from './memory/tests.ts';
import { type Paired, pairedControl, pairOf } from './paired.ts';
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
      if (copy.site.usualPerSecond === null) continue;
      const track = decidedTrack(copy, tracks, decide);
      const run = track === null ? null : copy.runs[track];
      if (track === null || run == null || !isLasting(run) || !isCurrent(run, input.now)) continue;
      // What cannot be reached is down, not erring: a restart takes a second or two, and so does a way that is cut.
      if (track === PATH && run.lastFailedAt - run.startedAt < input.patience.downMs) continue;
      const placement = placementOf(input, copy.name);
      if (placement?.live !== zone.zone) continue;
      found.push({ copy, track, run, score: highestScore(copy, track), placement });
    }
  }
  return found;
}

/**
 * Of zones that are left as a whole, the live copies in trouble whose standby, as far as it has been asked, fails the same requests:
 * for these the move would be in vain.
 */
export function hopelessIn(zones: ReadonlySet<ZoneId>, input: DetectInput): (CopyTrouble & { paired: Paired })[] {
  return [...input.memory.zones.values()]
    .filter(({ zone }) => zones.has(zone))
    .flatMap(({ zone, troubled }) =>
      troubled.flatMap((copy) => {
        const run = copy.runs[OWN];
        const placement = placementOf(input, copy.name);
        if ((copy.running & (1 << OWN)) === 0 || run == null || placement?.live !== zone) return [];
        const trouble = { copy, track: OWN, run, score: highestScore(copy, OWN), placement };
        const paired = pairedOf(trouble);
        return paired?.says === 'fails-too' ? [{ ...trouble, paired }] : [];
      }),
    );
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
  for (const { failed, good, lastFailedAt } of run.edges) {
    const same = failed >= (share * (failed + good)) / 3 && stillSees(failed, lastFailedAt, run);
    if (same && failed >= 3) agreeing++;
    else if (!same && share * (failed + good) >= 3) against++;
  }
  return { agreeing, against };
}

/** Requests since the trouble began, times what is usual; a lower bound. */
export function loadRatioOf({ copy, run }: CopyTrouble, input: DetectInput): number | null {
  return atLeastTimes(run.attempts, input.now - run.startedAt, copy.site.usualPerSecond);
}

/** What the standby does with the requests that fail here. */
export function pairedOf({
  copy,
  track,
  run,
  placement,
}: Pick<CopyTrouble, 'copy' | 'track' | 'run' | 'placement'>): Paired | null {
  return placement.standby === null ? null : pairedControl([pairOf(copy, run, track)]);
}
