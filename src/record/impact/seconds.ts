/** The seconds of all edges, put together by site. Pure. */
import { addLatencies, type SecondRow, type SiteId } from '../../model/index.ts';

/** One second of one site at all edges. */
export type SiteSecond = Omit<SecondRow, 'edge' | 'site'>;

/** In the order of the seconds. */
export function secondsBySite(rows: Iterable<SecondRow>): Map<SiteId, SiteSecond[]> {
  const sites = new Map<SiteId, Map<number, SiteSecond>>();
  for (const { edge: _, site, ...row } of rows) {
    const seconds = sites.get(site) ?? new Map<number, SiteSecond>();
    sites.set(site, seconds);
    const before = seconds.get(row.second);
    seconds.set(row.second, before === undefined ? row : added(before, row));
  }
  return new Map(
    [...sites].map(([site, seconds]) => [site, [...seconds.values()].sort((one, other) => one.second - other.second)]),
  );
}

function added(one: SiteSecond, other: SiteSecond): SiteSecond {
  return {
    second: one.second,
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    held: one.held + other.held,
    heldLongestMs: Math.max(one.heldLongestMs, other.heldLongestMs),
    longestMs: Math.max(one.longestMs, other.longestMs),
    latency: addLatencies([one.latency, other.latency]),
  };
}
