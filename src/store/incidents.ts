/** An incident is derived from the entries that were appended to it: nobody writes that it is open or closed, so nobody can forget to. */
import type { Incident, IncidentEntry, SiteId, WallMs } from '../model/index.ts';
import { type EntryGroup, parseIncidentId } from './keys.ts';

/**
 * The incident that these groups of entries make up. Entries are in the order of their times; entries of one group keep their
 * order at equal times. It is closed when every site with entries has a closing one (`close-incident` or `protected`); an entry of
 * that kind that names no site closes them all. `closedAt` is the time of the newest closing entry.
 */
export function toIncident(id: string, groups: EntryGroup[]): Incident {
  const entries = groups
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .flatMap((group) => group.entries)
    .toSorted((one, other) => one.at - other.at);
  const parsed = parseIncidentId(id);
  return {
    id,
    subject: parsed?.subject ?? id,
    openedAt: entries[0]?.at ?? parsed?.openedAt ?? 0,
    closedAt: closedAt(entries),
    sites: sitesOf(entries),
    entries,
  };
}

function closedAt(entries: IncidentEntry[]): WallMs | null {
  const closing = entries.filter((entry) => entry.code === 'close-incident' || entry.code === 'protected');
  const closed = new Set(closing.map((entry) => entry.site));
  const all = closed.has(null) || (closing.length > 0 && sitesOf(entries).every((site) => closed.has(site)));
  return all ? Math.max(...closing.map((entry) => entry.at)) : null;
}

function sitesOf(entries: IncidentEntry[]): SiteId[] {
  return [...new Set(entries.map((entry) => entry.site).filter((site) => site !== null))].toSorted();
}
