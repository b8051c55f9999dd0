/** What visitors noticed of an incident at one site, counted second by second as they come in; an incident may last for days. Pure but for what it keeps. */
import {
  addLatencies,
  type Impact,
  type LatencyCounts,
  latencyQuantile,
  type ServiceLevel,
} from '../../model/index.ts';
import type { SiteSecond } from './seconds.ts';

/** Nobody is held for longer (see `edgeConfig`). */
const MOST_HELD_S = 120;

export type Counted = Pick<
  Impact,
  | 'requests'
  | 'failed'
  | 'held'
  | 'heldLongestMs'
  | 'p50Ms'
  | 'p99Ms'
  | 'longestMs'
  | 'downSeconds'
  | 'recoveredAfterMs'
>;

export interface ImpactCount {
  /** Seconds that follow those taken before, in order; each once. */
  take(seconds: readonly SiteSecond[]): void;
  counted(): Counted;
}

export function createImpactCount({ badMinuteShare }: Pick<ServiceLevel, 'badMinuteShare'>): ImpactCount {
  const sums = { requests: 0, failed: 0, held: 0, heldLongestMs: 0, longestMs: 0 };
  let all: LatencyCounts = [];
  let disturbed: LatencyCounts = [];
  let downSeconds = 0;
  /** When visitors were first not served, milliseconds since 1970. */
  let began: number | null = null;
  let lastDown = Number.NEGATIVE_INFINITY;
  /** The first second after `lastDown` in which somebody was answered well. */
  let servedIn: number | null = null;
  /** Lately, in order: those in which somebody was answered well, and those that count as down. */
  let known: { second: number; served: boolean }[] = [];

  const down = (second: number) => {
    downSeconds += 1;
    if (second < lastDown) return;
    lastDown = second;
    servedIn = null;
  };

  /** Every second through which somebody was held, and in which nobody was answered. */
  const holdOver = ({ second, heldLongestMs: longest }: SiteSecond) => {
    const since = second * 1_000 + 500 - longest;
    began = Math.min(began ?? since, since);
    for (let at = Math.ceil(since / 1_000); at < second; at += 1) {
      if (known.some((one) => one.second === at)) continue;
      known.push({ second: at, served: false });
      down(at);
    }
  };

  const takeOne = (row: SiteSecond) => {
    sums.requests += row.requests;
    sums.failed += row.failed;
    sums.held += row.held;
    sums.heldLongestMs = Math.max(sums.heldLongestMs, row.heldLongestMs);
    sums.longestMs = Math.max(sums.longestMs, row.longestMs);
    all = addLatencies([all, row.latency]);
    if (row.failed > 0 || row.heldLongestMs > 0) disturbed = addLatencies([disturbed, row.latency]);
    if (row.heldLongestMs > 0) holdOver(row);
    const isDown = row.failed > 0 && row.failed >= badMinuteShare * row.requests - 1e-9;
    const served = row.requests > row.failed && !isDown;
    known.push({ second: row.second, served });
    if (isDown) {
      began = Math.min(began ?? row.second * 1_000, row.second * 1_000);
      down(row.second);
    } else if (served) servedIn ??= row.second;
    known = known.filter(({ second }) => second > row.second - MOST_HELD_S);
  };

  return {
    take: (seconds) => seconds.forEach(takeOne),
    counted: () => {
      const waits = disturbed.length === 0 ? all : disturbed;
      return {
        ...sums,
        // The middle of a class may lie above the longest of its times.
        p50Ms: Math.min(sums.longestMs, latencyQuantile(waits, 0.5)),
        p99Ms: Math.min(sums.longestMs, latencyQuantile(waits, 0.99)),
        downSeconds,
        recoveredAfterMs: recoveredAfter(),
      };
    },
  };

  function recoveredAfter(): number | null {
    if (began === null || downSeconds === 0) return sums.heldLongestMs;
    if (servedIn === null) return null;
    return Math.max(sums.heldLongestMs, servedIn * 1_000 - began);
  }
}
