/** Since when, and until when, an error budget burned by each rule: a function of the minutes alone, so that every controller says the same. Pure. */
import type { ServiceLevel } from '../../model/index.ts';
import { BURN_RULES, type BurnRule, burnOf, LEAST_FAILED } from './burn.ts';
import type { Counts } from './minutes.ts';

export interface BurnEpisode {
  rule: BurnRule;
  /** The first minute at whose end the rule held. Null: it began before what was looked at. */
  since: number | null;
  /** The last one so far. */
  last: number;
  /** It has not held for as long as its short window. */
  over: boolean;
  /** In the long window, at `last`. */
  burn: number;
  long: Counts;
}

type Limits = Pick<ServiceLevel, 'target' | 'leastRequests'>;

/** Minutes that have to be known before `until`, for `episodesOf`. */
export const MINUTES_NEEDED = Math.max(...BURN_RULES.map(({ longMinutes }) => 3 * longMinutes));

/**
 * The newest episode of each rule, the worst rule first; one that a worse rule speaks for already is left out. Gaps shorter than the rule's short
 * window do not end an episode. `counts`: the site's requests by minute since 1970, announced maintenance left out; `until`: the first that is not over.
 */
export function episodesOf(counts: ReadonlyMap<number, Counts>, until: number, limits: Limits): BurnEpisode[] {
  const sums = sumsOf(counts, until);
  const found: BurnEpisode[] = [];
  for (const rule of BURN_RULES) {
    const episode = newest(rule, sums, until, limits);
    if (episode === null) continue;
    const spokenFor = found.some(({ last }) => episode.since === null || last >= episode.since);
    if (!spokenFor) found.push(episode);
  }
  return found;
}

/** Whether the short windows let any rule hold: cheap to ask of many sites. */
export function mayBurn(sum: (minutes: number) => Counts, { target }: Limits): boolean {
  return BURN_RULES.some(({ shortMinutes, factor }) => burnOf(sum(shortMinutes), target) >= factor);
}

type Sums = (end: number, minutes: number) => Counts;

/** Of the minutes before `end`. */
function sumsOf(counts: ReadonlyMap<number, Counts>, until: number): Sums {
  const first = until - MINUTES_NEEDED;
  const [requests, failed] = [new Float64Array(MINUTES_NEEDED + 1), new Float64Array(MINUTES_NEEDED + 1)];
  for (let at = 0; at < MINUTES_NEEDED; at += 1) {
    const minute = counts.get(first + at);
    requests[at + 1] = requests[at]! + (minute?.requests ?? 0);
    failed[at + 1] = failed[at]! + (minute?.failed ?? 0);
  }
  return (end, minutes) => {
    const [to, from] = [Math.max(0, end - first), Math.max(0, end - minutes - first)];
    return { requests: requests[to]! - requests[from]!, failed: failed[to]! - failed[from]! };
  };
}

function newest(rule: BurnRule, sums: Sums, until: number, limits: Limits): BurnEpisode | null {
  const oldest = until - 2 * rule.longMinutes;
  let [since, last]: [number | null, number | null] = [null, null];
  for (let minute = until - 1; minute > oldest; minute -= 1) {
    if (since !== null && since - minute > rule.shortMinutes) break;
    if (!holds(rule, sums, minute + 1, limits)) continue;
    last ??= minute;
    since = minute;
  }
  if (since === null || last === null) return null;
  const long = sums(last + 1, rule.longMinutes);
  return {
    rule,
    since: since - oldest <= rule.shortMinutes ? null : since,
    last,
    over: until - 1 - last >= rule.shortMinutes,
    burn: burnOf(long, limits.target),
    long,
  };
}

function holds(rule: BurnRule, sums: Sums, end: number, { target, leastRequests }: Limits): boolean {
  const long = sums(end, rule.longMinutes);
  if (long.requests < leastRequests || long.failed < LEAST_FAILED) return false;
  return burnOf(long, target) >= rule.factor && burnOf(sums(end, rule.shortMinutes), target) >= rule.factor;
}
