/** A site's seconds as columns for a chart, and as words for those who do not see one. Pure. */
import type { TrafficSecond } from '../data/shapes.ts';
import { count, duration } from './numbers.ts';

/** So much is shown. */
export const SHOWN_S = 120;

/** Newest last; a second that was told twice counts once. */
export function addSeconds(known: TrafficSecond[], fresh: TrafficSecond[]): TrafficSecond[] {
  const last = known.at(-1)?.at ?? 0;
  return [...known, ...fresh.filter(({ at }) => at > last)].slice(-SHOWN_S);
}

/**
 * Times in seconds, then requests of each of `zones`, then those of all zones that failed. Stretches without any are null, so that no line
 * is drawn where nothing happens; a line that comes from or goes to nothing still begins and ends at 0.
 */
export function toColumns(seconds: TrafficSecond[], zones: string[]): (number | null)[][] {
  const requests = zones.map((name) =>
    seconds.map((second) => second.zones.find(({ zone }) => zone === name)?.requests ?? 0),
  );
  return [seconds.map(({ at }) => at / 1_000), ...requests.map(stretches), stretches(seconds.map(failedIn))];
}

function stretches(counts: number[]): (number | null)[] {
  return counts.map((many, at) => (many === 0 && !counts[at - 1] && !counts[at + 1] ? null : many));
}

function failedIn({ zones }: TrafficSecond): number {
  return zones.reduce((sum, { failed }) => sum + failed, 0);
}

export interface TrafficNow {
  zones: { zone: string; perSecond: string }[];
  /** In all that is shown. */
  failed: number;
  p99: string | null;
}

/** Of the newest second. */
export function trafficNow(seconds: TrafficSecond[], zones: string[]): TrafficNow {
  const last = seconds.at(-1)?.zones ?? [];
  const slowest = Math.max(...last.map(({ p99Ms }) => p99Ms ?? 0), 0);
  return {
    zones: zones.map((name) => ({
      zone: name,
      perSecond: count(last.find(({ zone }) => zone === name)?.requests ?? 0),
    })),
    failed: seconds.reduce((sum, second) => sum + failedIn(second), 0),
    p99: slowest > 0 ? duration(slowest) : null,
  };
}
