/**
 * Which minutes of a site were bad, by the definition in docs/reference/sla.md. Judged hour by hour, so that the figure of a month is
 * the sum of its days', whatever else is looked at with it. Pure.
 */
import type { ServiceLevel } from '../../model/index.ts';
import type { SiteMinutes } from './minutes.ts';

type Limits = Pick<ServiceLevel, 'badMinuteShare' | 'leastRequests'>;

const MINUTES_AN_HOUR = 60;

/** The bad ones among these, in order; minutes that `counts` refuses are as if they had not been. */
export function badMinutes(
  minutes: SiteMinutes,
  limits: Limits,
  counts: (minute: number) => boolean = () => true,
): number[] {
  const hours = new Map<number, number[]>();
  for (const [minute, { requests }] of minutes) {
    if (requests === 0 || !counts(minute)) continue;
    const hour = Math.floor(minute / MINUTES_AN_HOUR);
    hours.set(hour, [...(hours.get(hour) ?? []), minute]);
  }
  return [...hours.values()]
    .flatMap((hour) =>
      badInHour(
        minutes,
        hour.toSorted((one, other) => one - other),
        limits,
        counts,
      ),
    )
    .toSorted((one, other) => one - other);
}

/** A minute with enough requests is judged by itself; those with fewer together with the ones after them, until there are enough. */
function badInHour(
  minutes: SiteMinutes,
  hour: number[],
  limits: Limits,
  counts: (minute: number) => boolean,
): number[] {
  const few = (at: number) => minutes.get(hour[at]!)!.requests < limits.leastRequests;
  const bad: number[] = [];
  for (let at = 0; at < hour.length; ) {
    if (!few(at)) {
      if (isBad(minutes, [hour[at]!], limits)) bad.push(hour[at]!);
      at += 1;
      continue;
    }
    const { from, to } = enough(minutes, hour, at, limits);
    if (isBad(minutes, hour.slice(from, to), limits)) {
      const low = hour.slice(at, to).filter((_, offset) => few(at + offset));
      bad.push(...failingMinutes(minutes, low, counts));
    }
    // One with enough of its own, that only helped to judge them, is still to be judged by itself.
    at = few(to - 1) ? to : to - 1;
  }
  return bad;
}

/** From `at` forwards until there are enough requests; when the hour ends before, backwards as well. */
function enough(minutes: SiteMinutes, hour: number[], at: number, { leastRequests }: Limits) {
  let [from, to, sum] = [at, at, 0];
  while (to < hour.length && sum < leastRequests) sum += minutes.get(hour[to++]!)!.requests;
  while (from > 0 && sum < leastRequests) sum += minutes.get(hour[--from]!)!.requests;
  return { from, to };
}

function isBad(minutes: SiteMinutes, together: number[], { badMinuteShare }: Limits): boolean {
  let [requests, failed] = [0, 0];
  for (const minute of together) {
    requests += minutes.get(minute)!.requests;
    failed += minutes.get(minute)!.failed;
  }
  return failed > 0 && failed >= badMinuteShare * requests - 1e-9;
}

/** Of minutes that are bad together: those in which a request failed, and those without any request between two of these. */
function failingMinutes(minutes: SiteMinutes, low: number[], counts: (minute: number) => boolean): number[] {
  const failing = low.filter((minute) => minutes.get(minute)!.failed > 0);
  const [first, last] = [failing[0], failing.at(-1)];
  if (first === undefined || last === undefined) return [];
  const all: number[] = [];
  for (let minute = first; minute <= last; minute += 1) {
    const { requests = 0, failed = 0 } = minutes.get(minute) ?? {};
    if (counts(minute) && (failed > 0 || requests === 0)) all.push(minute);
  }
  return all;
}
