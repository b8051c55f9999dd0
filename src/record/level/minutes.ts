/** The rows of all edges, put together by site and minute. Pure. */
import { EVERY_SITE, type MinuteRow, type SiteId } from '../../model/index.ts';

/** What is asked of a minute: nothing else of a row counts for the service level. */
export type CountedRow = Pick<MinuteRow, 'edge' | 'site' | 'minute' | 'requests' | 'failed'>;

export interface Counts {
  requests: number;
  failed: number;
}

/** By minute since 1970, in order. */
export type SiteMinutes = Map<number, Counts>;

export interface Minutes {
  sites: Map<SiteId, SiteMinutes>;
  /** Minutes in which at least one edge was counting. */
  measured: Set<number>;
}

/** The same row twice (same edge, site and minute) counts once; in which order rows come makes no difference. */
export function minutesOf(rows: Iterable<CountedRow>): Minutes {
  const unique = new Map<string, CountedRow>();
  for (const row of rows) unique.set(`${row.minute} ${row.edge} ${row.site}`, row);
  const sites = new Map<SiteId, SiteMinutes>();
  const measured = new Set<number>();
  for (const row of [...unique.values()].sort((one, other) => one.minute - other.minute)) {
    measured.add(row.minute);
    if (row.site === EVERY_SITE) continue;
    const minutes = sites.get(row.site) ?? new Map();
    sites.set(row.site, minutes);
    const counts = minutes.get(row.minute) ?? { requests: 0, failed: 0 };
    minutes.set(row.minute, { requests: counts.requests + row.requests, failed: counts.failed + row.failed });
  }
  return { sites, measured };
}
