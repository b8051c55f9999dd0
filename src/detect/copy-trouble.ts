/** Copies whose own score has decided, whose trouble has lasted and is so now; and what their standby does with the same requests. */
import type { Evidence, Finding, MonoMs, Placement, SiteId, ZoneId } from '../model/index.ts';
import { placementOf } from './copies.ts';
import { atLeastTimes } from './load.ts';
import { type CopyMemory, highestScore } from './memory/copy.ts';
import type { Memory } from './memory/memory.ts';
import { isCurrent, isLasting, isOverFor, LOAD_FROM_MS, type Run, rushOf, stillSees } from './memory/run.ts';
import { OWN, PATH, TRACKS, type Track } from './memory/tests.ts';
import { type Paired, pairedControl, pairOf } from './paired.ts';
import { type DetectInput, troubledZones } from './rule.ts';

export interface CopyTrouble {
  copy: CopyMemory;
  track: Track;
  run: Run;
  score: number;
  placement: Placement;
}

/**
 * Trouble that fewer requests fail by, or are slow by, is beneath a move: it costs more than it saves. Half of the least that has to be
 * found; of requests without an answer all of it, since a way that loses one packet in a hundred is the same to most of them elsewhere.
 */
const LEAST_SHARE: Partial<Record<Track, number>> = { [PATH]: 0.02 };
const LEAST_SHARE_OTHERWISE = 0.01;

/**
 * A way that loses some packets is left on a failure that was just told, never between two of them: it may have ended since, and a
 * site with few visitors does not notice for seconds. Nothing is lost by it, for a score rises with failures only. Two turns.
 */
const NEWEST_MS = 100;

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
      if (track === PATH && input.now - run.lastFailedAt > NEWEST_MS) continue;
      if (run.failed < (LEAST_SHARE[track] ?? LEAST_SHARE_OTHERWISE) * (run.failed + run.good)) continue;
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
  if (zones.size === 0) return [];
  return [...input.memory.zones.values()]
    .filter(({ zone }) => zones.has(zone))
    .flatMap(({ zone, troubled }) =>
      troubled.flatMap((copy) => {
        const run = copy.runs[OWN];
        const placement = placementOf(input, copy.name);
        if ((copy.running & (1 << OWN)) === 0 || run == null || placement?.live !== zone) return [];
        const trouble = { copy, track: OWN, run, score: highestScore(copy, OWN), placement };
        const paired = pairedOf(trouble, input.now);
        return paired?.says === 'fails-too' ? [{ ...trouble, paired }] : [];
      }),
    );
}

/** The first of these tracks whose score has decided. On an ordinary day a tenth of all copies are asked, at every turn. */
function decidedTrack(copy: CopyMemory, tracks: readonly Track[], decide: number): Track | null {
  for (const track of tracks) if (copy.running & (1 << track) && highestScore(copy, track) >= decide) return track;
  return null;
}

/** Before a run says for certain how much is asked, so many times the usual may be what its trouble comes with: that is waited for. */
const PERHAPS_A_RUSH = 1.3;

/** Has it come with more visitors, perhaps, as nobody can say yet? Trouble that follows its visitors is not left by moving. */
export function mayBeRush(trouble: CopyTrouble, input: DetectInput): boolean {
  if (input.now - trouble.run.startedAt >= LOAD_FROM_MS) return false;
  return (loadRatioOf(trouble, input) ?? 0) >= PERHAPS_A_RUSH;
}

/** Evidence, nats, that a trouble has just ended, from which on it is not acted upon; one that goes on loses it with its next failure. */
const WANING = 1.5;

/** Do the newest requests say that it is over? With few visitors seconds go by before enough of them do to end it. */
export function isWaning({ run }: CopyTrouble): boolean {
  return run.over >= WANING;
}

/** Do visitors of its live copy still fare worse than usual for certain, whether or not anything bears it out? */
export function isSuspect({ sites, levels }: Memory, site: SiteId, now: MonoMs): boolean {
  return (sites.get(site)?.copies ?? []).some((copy) => {
    const track = copy.live && copy.running !== 0 ? decidedTrack(copy, TRACKS, levels.decide) : null;
    const run = track === null ? null : copy.runs[track];
    return run != null && isLasting(run) && isCurrent(run, now);
  });
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

/**
 * Edges that see it: a third of the overall share, and three failures, at least, for `leastMs` or longer; and that do not see by their
 * newest requests that it is over for them, while others still wait for the end of theirs.
 */
export function placesOf({ run }: CopyTrouble, leastMs: number): { agreeing: number; against: number } {
  const share = run.failed / Math.max(1, run.failed + run.good);
  let agreeing = 0;
  let against = 0;
  for (const edge of run.edges) {
    const { failed, good, firstFailedAt, lastFailedAt } = edge;
    const same =
      failed >= (share * (failed + good)) / 3 && !isOverFor(run, edge) && stillSees(failed, lastFailedAt, run);
    if (same && lastFailedAt - firstFailedAt < leastMs) continue;
    if (same && failed >= 3) agreeing++;
    else if (!same && share * (failed + good) >= 3) against++;
  }
  return { agreeing, against };
}

/** Requests since the trouble began, times what is usual, a lower bound; or what that was when the rush that it came with was greatest. */
export function loadRatioOf({ copy, run }: CopyTrouble, { now }: DetectInput): number | null {
  const times = atLeastTimes(run.attempts, now - run.startedAt, copy.site.usualPerSecond);
  return times === null ? null : Math.max(times, rushOf(run, now));
}

/** What the standby does with the requests that fail here. */
export function pairedOf(
  { copy, track, run, placement }: Pick<CopyTrouble, 'copy' | 'track' | 'run' | 'placement'>,
  now: MonoMs,
): Paired | null {
  return placement.standby === null ? null : pairedControl([pairOf(copy, run, track, now)]);
}
