/** An incident's outline, taken in bit by bit: what it needs of the entries, and not the entries. */
import type { IncidentEntry, IncidentUpdate, SiteId, WallMs } from '../model/index.ts';
import { presentState, toUpdate } from '../record/updates.ts';
import { parseIncidentId } from '../store/keys.ts';
import type { IncidentOutline } from './schemas/incident.ts';

export interface Digest {
  /** `order` of the newest that was taken in. */
  order(): number;
  take(order: number, entries: readonly IncidentEntry[]): void;
  /** As `toOutline` makes it of the whole incident. */
  outline(): IncidentOutline;
}

/** What an incident's outline needs, taken in bit by bit. */
export function createDigest(id: string): Digest {
  const parsed = parseIncidentId(id);
  const sites = new Set<SiteId>();
  const closed = new Set<SiteId | null>();
  let [order, count, firstAt, closingAt]: [number, number, WallMs | null, WallMs] = [0, 0, null, 0];
  let newest: Pick<IncidentEntry, 'at' | 'sentence'> = { at: Number.NEGATIVE_INFINITY, sentence: '' };
  let taken: Pick<IncidentEntry, 'at' | 'by'> | null = null;
  let written: IncidentUpdate | null = null;
  const takeOne = (entry: IncidentEntry) => {
    const { at, site, kind, code, sentence, by } = entry;
    count += 1;
    firstAt = firstAt === null ? at : Math.min(firstAt, at);
    if (site !== null) sites.add(site);
    if (code === 'close-incident' || code === 'protected') {
      closed.add(site);
      closingAt = Math.max(closingAt, at);
    }
    if (at >= newest.at && entry.impact === undefined) newest = { at, sentence };
    if (kind === 'note' && code === 'acknowledged' && at >= (taken?.at ?? 0)) taken = { at, by };
    const update = toUpdate(entry);
    if (update !== null && at >= (written?.at ?? 0)) written = update;
  };
  return {
    order: () => order,
    take: (newOrder, entries) => {
      order = Math.max(order, newOrder);
      for (const entry of entries) takeOne(entry);
    },
    outline: () => {
      const all = [...sites].toSorted();
      const over = closed.has(null) || (closed.size > 0 && all.every((site) => closed.has(site)));
      const closedAt = over ? closingAt : null;
      const holder = taken?.by.replace(/^person:/, '') ?? null;
      return {
        id,
        subject: parsed?.subject ?? id,
        openedAt: firstAt ?? parsed?.openedAt ?? 0,
        closedAt,
        sites: all,
        holder,
        state: presentState({ closedAt, holder, newest: written }),
        headline: newest.sentence,
        entries: count,
      };
    },
  };
}
