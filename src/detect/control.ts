/** What another zone's visitors say meanwhile: that they have the same trouble, that they do not, or nothing yet. */
import type { MonoMs, ZoneId } from '../model/index.ts';
import { shareInZone } from './memory/copy.ts';
import { MOST_ALTERNATIVES, OWN, PATH, SLOW, TESTS, type Track } from './memory/tests.ts';
import { FAILED, since, TOTAL, usualShareIn, type ZoneMemory } from './memory/zone.ts';
import type { DetectInput } from './rule.ts';
import type { ZoneTrouble } from './zone-trouble.ts';

export interface Control {
  zone: ZoneId;
  /** `not-yet`: it has requests, and will soon be able to tell; `cannot-tell`: it has none, or too few. */
  says: 'well' | 'troubled' | 'not-yet' | 'cannot-tell';
  saw: string;
}

/** So many failures would have been seen there, had it the same trouble: then at most a quarter of them is one chance in 130. */
const FAILURES_MISSED = 7;
const FEW = 1 / 4;
/** Where there are not enough requests for that, so many: none of them is one chance in 50. */
const FEW_MISSED = 4;
/** So many failures more than usual are no chance. */
const MANY = 3;
/** With less than this to come, waiting is in vain. */
const WORTH_WAITING = 2;
/** From here on its own sum is no chance: one in a thousand, over all alternatives. */
const NOTICEABLE = Math.log(1_000 * MOST_ALTERNATIVES);
/** After the decision it is waited for twice as long again as the decision took, and this much. */
const GRACE_MS = 300;
const GRACE_TIMES = 2;
/** Runs that began within so long of each other began together. */
const SAME_TIME_MS = 1_000;
/** With fewer sites than this, one in trouble is the zone's word; with more, it takes two. */
const FEW_SITES = 3;

export function controlOf(zone: ZoneMemory, trouble: ZoneTrouble, input: DetectInput): Control {
  const seen = seenSince(zone, trouble, input.now);
  const expected = seen.total * trouble.rise;
  const saw = `${Math.round(seen.failed)} of ${Math.round(seen.total)} requests failed meanwhile`;
  const answer = (says: Control['says'], more: string): Control => ({ zone: zone.zone, says, saw: `${saw} (${more})` });
  const few = seen.rise <= expected * FEW;
  if (hasItToo(zone, trouble.track)) return answer('troubled', 'its sites are in trouble too');
  if (seen.rise >= MANY && !few) return answer('troubled', 'more than usual there too');
  if (few && expected >= FAILURES_MISSED)
    return answer('well', `${Math.round(expected)} would have, with the same trouble`);
  if (mayStillTell(zone, trouble, seen, expected, input)) return answer('not-yet', 'too few to tell, so far');
  if (seen.rise >= 1 && !few) return answer('troubled', 'the few that there are');
  return answer('cannot-tell', 'too few to tell');
}

/** Waiting is worth while only when the pace of its requests lets it tell before the waiting ends. */
function mayStillTell(
  zone: ZoneMemory,
  trouble: ZoneTrouble,
  seen: Seen,
  expected: number,
  input: DetectInput,
): boolean {
  const { startedAt, decidedAt } = trouble;
  const until = decidedAt + GRACE_MS + GRACE_TIMES * (decidedAt - startedAt);
  if (input.now >= until) return false;
  const perSecond = Math.max(usualPerSecond(zone), (1_000 * seen.total) / Math.max(1, input.now - startedAt));
  const likelyShare = trouble.failed / Math.max(1, trouble.total);
  const byThen = (likelyShare * perSecond * (until - startedAt)) / 1_000;
  if (byThen >= FAILURES_MISSED) return true;
  return byThen >= WORTH_WAITING && (expected < FEW_MISSED || byThen >= FEW_MISSED);
}

/** Requests that usually come to the sites that live there. */
export function usualPerSecond(zone: ZoneMemory): number {
  let usual = 0;
  for (const { live, site } of zone.copies.values()) if (live) usual += site.usualPerSecond ?? 0;
  return usual;
}

interface Seen {
  total: number;
  failed: number;
  /** Failures beyond what is usual for its sites. */
  rise: number;
}

/**
 * What that zone counted since the other's trouble began, less what its sites do that had begun to fail before: who fails at the
 * same moment may have the same trouble, who failed already has another.
 */
function seenSince(zone: ZoneMemory, { zone: troubled, test, track, startedAt }: ZoneTrouble, now: MonoMs): Seen {
  const mark = troubled.marks[test]!.zones.get(zone);
  const tracks = track === SLOW ? [SLOW] : [OWN, PATH];
  let total = since(zone.totals, mark, TOTAL + tracks.at(-1)!);
  let failed = 0;
  let usual = 0;
  for (const each of tracks) {
    failed += since(zone.totals, mark, FAILED + each);
    usual += usualShareIn(zone, each);
  }
  for (const { runs, running, chronic } of zone.troubled) {
    if (chronic) continue;
    for (const each of tracks) {
      const run = runs[each];
      if (run == null || (running & (1 << each)) === 0 || run.startedAt > startedAt - SAME_TIME_MS) continue;
      const part = (now - startedAt) / (now - run.startedAt);
      total -= part * (run.failed + run.good);
      failed -= part * run.failed;
    }
  }
  return { total: Math.max(0, total), failed: Math.max(0, failed), rise: Math.max(0, failed - total * usual) };
}

/** Its own sum is up, and not by one site alone. Errors there count beside slowness here, for what fails first is slow. */
function hasItToo(zone: ZoneMemory, track: Track): boolean {
  return TESTS.some((test, index) => {
    if ((track !== SLOW && test.track === SLOW) || zone.sum[index]! < NOTICEABLE) return false;
    return livesIn(zone) < FEW_SITES || zone.sum[index]! - largestShare(zone, index) >= NOTICEABLE;
  });
}

function livesIn(zone: ZoneMemory): number {
  let count = 0;
  for (const { live } of zone.copies.values()) if (live) count++;
  return count;
}

function largestShare(zone: ZoneMemory, test: number): number {
  let largest = 0;
  for (const copy of zone.copies.values()) largest = Math.max(largest, shareInZone(copy, test) ?? 0);
  return largest;
}
