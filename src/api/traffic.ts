/** Visitors' requests by zone, second by second, of the sites that somebody looks at: counted from the edges' reports, kept for two minutes. */
import {
  LATENCY_BOUNDS_MS,
  type Report,
  type SiteId,
  type TrafficWindow,
  type WallMs,
  type ZoneId,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

const KEPT_SECONDS = 120;
/** A site that nobody has asked about for so long is counted no more. */
const LOOKED_AT_MS = 60_000;
const MOST_SITES = 200;

export interface ZoneTraffic {
  zone: ZoneId;
  requests: number;
  /** Answered 500–599, not at all, or not in time. */
  failed: number;
  /** Upper ends of the classes that the edges count in; null: not measured, or beyond the last. */
  p50Ms: number | null;
  p99Ms: number | null;
}

export interface TrafficSecond {
  /** When it began, by this controller's clock. */
  at: WallMs;
  zones: ZoneTraffic[];
}

export interface Traffic {
  heard(report: Report): void;
  /** Whole seconds, oldest first, each second since somebody began to look, at most two minutes back. */
  of(site: SiteId): TrafficSecond[];
}

interface Count {
  requests: number;
  failed: number;
  latency: number[];
}

interface Looked {
  since: WallMs;
  at: WallMs;
  /** By second since 1970, then by zone. */
  seconds: Map<number, Map<ZoneId, Count>>;
}

export function createTraffic(clock: Pick<Clock, 'wall'>): Traffic {
  const looked = new Map<SiteId, Looked>();
  return {
    heard: (report) => {
      if (looked.size === 0 || report.kind !== 'edge') return;
      const now = clock.wall();
      for (const row of report.traffic) {
        const site = looked.get(row.site);
        if (site === undefined) continue;
        if (now - site.at > LOOKED_AT_MS) looked.delete(row.site);
        else count(site, Math.floor(now / 1_000), row);
      }
    },
    of: (site) => {
      const now = clock.wall();
      for (const [name, { at }] of looked) if (now - at > LOOKED_AT_MS) looked.delete(name);
      let known = looked.get(site);
      if (known === undefined) {
        if (looked.size >= MOST_SITES) looked.delete(looked.keys().next().value!);
        known = { since: now, at: now, seconds: new Map() };
      }
      // The one that was looked at last stands last, and is dropped last.
      looked.delete(site);
      looked.set(site, { ...known, at: now });
      return secondsOf(known, now);
    },
  };
}

function count({ seconds }: Looked, second: number, row: TrafficWindow): void {
  let zones = seconds.get(second);
  if (zones === undefined) {
    zones = new Map();
    seconds.set(second, zones);
    for (const old of seconds.keys()) if (old < second - KEPT_SECONDS) seconds.delete(old);
  }
  const known = zones.get(row.zone) ?? { requests: 0, failed: 0, latency: [] };
  known.requests += row.attempts;
  known.failed += row.serverErrors + row.connectErrors + row.timeouts;
  row.latency.forEach((many, at) => {
    known.latency[at] = (known.latency[at] ?? 0) + many;
  });
  zones.set(row.zone, known);
}

/** The second that is not over yet is left out, and so is the one in which somebody began to look. */
function secondsOf({ since, seconds }: Looked, now: WallMs): TrafficSecond[] {
  const last = Math.floor(now / 1_000) - 1;
  const first = Math.max(Math.floor(since / 1_000) + 1, last - KEPT_SECONDS + 1);
  const all: TrafficSecond[] = [];
  for (let second = first; second <= last; second += 1) {
    const zones = [...(seconds.get(second) ?? [])].map(([zone, { requests, failed, latency }]) => ({
      zone,
      requests,
      failed,
      p50Ms: quantile(latency, 0.5),
      p99Ms: quantile(latency, 0.99),
    }));
    all.push({ at: second * 1_000, zones: zones.toSorted((one, other) => (one.zone < other.zone ? -1 : 1)) });
  }
  return all;
}

function quantile(latency: number[], share: number): number | null {
  const wanted = share * latency.reduce((sum, many) => sum + many, 0);
  if (wanted === 0) return null;
  let seen = 0;
  const at = latency.findIndex((many) => {
    seen += many;
    return seen >= wanted;
  });
  return LATENCY_BOUNDS_MS[at] ?? null;
}
