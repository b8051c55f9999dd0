/** What the detector learns from the visitors' traffic, report by report: plain data, filled here and read by the rules. */
import type { MonoMs, ObserverId, Report, SiteId, ZoneId } from '../model/index.ts';
import { observerOf } from '../model/index.ts';

/** Visitors' requests of one copy that arrived in one report. */
export interface TrafficSample {
  observer: ObserverId;
  receivedAt: MonoMs;
  answered: number;
  /** 5xx answers, connect errors and time-outs. */
  failed: number;
}

export interface Memory {
  /** By `copyKey`; oldest first, `TRAFFIC_KEEP_MS` long. */
  traffic: Map<string, TrafficSample[]>;
}

const TRAFFIC_KEEP_MS = 10_000;

export function createMemory(): Memory {
  return { traffic: new Map() };
}

export function copyKey(site: SiteId, zone: ZoneId): string {
  return `${site}@${zone}`;
}

/** Takes in one report that the window took as news. */
export function remember(memory: Memory, report: Report, now: MonoMs): void {
  if (report.kind !== 'edge') return;
  for (const seen of report.traffic) {
    const failed = seen.serverErrors + seen.connectErrors + seen.timeouts;
    if (seen.answered + failed === 0) continue;
    const key = copyKey(seen.site, seen.zone);
    const samples = memory.traffic.get(key) ?? [];
    samples.push({ observer: observerOf(report), receivedAt: now, answered: seen.answered, failed });
    while (samples.length > 0 && now - samples[0]!.receivedAt > TRAFFIC_KEEP_MS) samples.shift();
    memory.traffic.set(key, samples);
  }
}

/** After a pause of this controller: the present is unknown, what is usual is still known. */
export function forgetPresent(memory: Memory): void {
  memory.traffic.clear();
}
