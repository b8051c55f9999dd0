/** Looking up what is known of one copy: its agent's newest fresh report, and what the edges see of it. */
import type { CopyReport, Evidence, SiteId, TrafficWindow, ZoneId } from '../model/index.ts';
import { copyKey } from './memory.ts';
import { type DetectInput, FRESH_MS } from './rule.ts';

export function copyReport(input: DetectInput, site: SiteId, zone: ZoneId): CopyReport | null {
  const heard = input.window.agents.get(zone);
  if (heard === undefined || input.now - heard.receivedAt > FRESH_MS) return null;
  return heard.report.copies.find((copy) => copy.site === site) ?? null;
}

/** Each fresh edge's newest counters of that copy. */
export function trafficOf(
  input: DetectInput,
  site: SiteId,
  zone: ZoneId,
): { observer: string; traffic: TrafficWindow }[] {
  return [...input.window.edges.values()]
    .filter((heard) => input.now - heard.receivedAt <= FRESH_MS)
    .flatMap(({ report }) =>
      report.traffic
        .filter((traffic) => traffic.site === site && traffic.zone === zone)
        .map((traffic) => ({ observer: `edge:${report.edge}`, traffic })),
    );
}

export function samplesOf(input: DetectInput, site: SiteId, zone: ZoneId) {
  return input.memory.traffic.get(copyKey(site, zone)) ?? [];
}

/** Of the newest `most` readiness checks, those that failed, as evidence by the copy's own agent; null when too few did. */
export function failingChecks(copy: CopyReport, zone: ZoneId, most: number, atLeast: number): Evidence | null {
  const newest = copy.application.checks.slice(-most);
  const failed = newest.filter((status) => status === 0 || status >= 500);
  if (failed.length < atLeast) return null;
  const unanswered = failed.filter((status) => status === 0).length;
  return {
    observer: `agent:${zone}`,
    saw: `${failed.length} of ${newest.length} readiness checks failed (${unanswered} without an answer)`,
  };
}
