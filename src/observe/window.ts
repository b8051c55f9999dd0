/** Keeps the newest reports of every observer in a short window, and forgets them when this controller was not listening. */

import type { EdgeReport, Heard, MonoMs, Report, TrafficSample, Window } from '../model/index.ts';
import { copyKey, observerOf } from '../model/index.ts';

/** How much of the visitors' traffic is remembered. */
export const TRAFFIC_KEEP_MS = 10_000;
/** A sender that was silent for this long is dropped altogether. */
const SENDER_KEEP_MS = 120_000;

export function emptyWindow(now: MonoMs): Window {
  return { startedAt: now, agents: new Map(), edges: new Map(), traffic: new Map() };
}

/** Takes a report in. A report older than the newest of the same incarnation (a late duplicate) changes nothing. */
export function absorb(window: Window, report: Report, now: MonoMs): void {
  if (report.kind === 'agent') {
    keep(window.agents, report.zone, report, now);
  } else if (keep(window.edges, report.edge, report, now)) {
    keepTraffic(window, report, now);
  }
}

function keep<R extends Report>(heard: Map<string, Heard<R>>, key: string, report: R, now: MonoMs): boolean {
  const before = heard.get(key);
  const same = before?.report.incarnation === report.incarnation;
  if (same && before.report.sequence >= report.sequence) return false;
  heard.set(key, { report, receivedAt: now, firstReceivedAt: same ? before.firstReceivedAt : now });
  return true;
}

function keepTraffic(window: Window, report: EdgeReport, now: MonoMs): void {
  for (const seen of report.traffic) {
    const failed = seen.serverErrors + seen.connectErrors + seen.timeouts;
    if (seen.answered + failed === 0) continue;
    const key = copyKey(seen.site, seen.zone);
    const samples = window.traffic.get(key) ?? [];
    samples.push({ observer: observerOf(report), receivedAt: now, answered: seen.answered, failed });
    window.traffic.set(key, samples);
  }
}

/** Drops what is too old to matter; called once a tick. */
export function prune(window: Window, now: MonoMs): void {
  for (const [key, samples] of window.traffic) {
    const young = samples.findIndex((sample: TrafficSample) => now - sample.receivedAt <= TRAFFIC_KEEP_MS);
    if (young === -1) window.traffic.delete(key);
    else if (young > 0) samples.splice(0, young);
  }
  for (const heard of [window.agents, window.edges]) {
    for (const [key, { receivedAt }] of heard) if (now - receivedAt > SENDER_KEEP_MS) heard.delete(key);
  }
}
