/** What of an incident's chain visitors could notice, site by site, taken in bit by bit. */
import type { IncidentEntry, IncidentUpdate, SiteId, WallMs } from '../model/index.ts';
import { isClosing, kindOf } from '../notify/happenings.ts';
import { toUpdate } from '../record/updates.ts';

export interface SiteMarks {
  /** It was moved; the newest time. */
  movedAt: WallMs | null;
  /** It served again where it was moved to. */
  servingAt: WallMs | null;
  /** It was in trouble that no move answered. */
  troubleAt: WallMs | null;
  closedAt: WallMs | null;
}

export interface IncidentMarks {
  id: string;
  /** `zone-dark:a` */
  subject: string;
  openedAt: WallMs;
  /** Null: it goes on. */
  readonly closedAt: WallMs | null;
  /** Every site that has an entry in it. */
  readonly sites: ReadonlyMap<SiteId, SiteMarks>;
  /** What people wrote for everybody to read, oldest first. */
  readonly updates: readonly IncidentUpdate[];
  /** `order` of the newest entries that were taken in. */
  readonly order: number;
}

export interface GrowingMarks extends IncidentMarks {
  take(order: number, entries: readonly IncidentEntry[]): void;
  /** Keeps when it was and what was written, and nothing of single sites. */
  forgetSites(): void;
}

const MOVES = new Set(['moved', 'loss']);
const SERVES = new Set(['record-open', 'take-back']);

/** `openedAt`: as its id says; an earlier entry makes it earlier. */
export function createMarks(id: string, subject: string, openedAt: WallMs): GrowingMarks {
  const sites = new Map<SiteId, SiteMarks>();
  const updates: IncidentUpdate[] = [];
  let [order, wholeClosedAt, closedCount, newestClosing]: [number, WallMs | null, number, WallMs] = [0, null, 0, 0];

  const takeOne = (entry: IncidentEntry) => {
    const update = toUpdate(entry);
    if (update?.public) updates.push(update);
    if (entry.site === null) {
      if (isClosing(entry)) wholeClosedAt = Math.max(wholeClosedAt ?? 0, entry.at);
      return;
    }
    const marks = sites.get(entry.site) ?? { movedAt: null, servingAt: null, troubleAt: null, closedAt: null };
    sites.set(entry.site, marks);
    const kind = kindOf(entry);
    if (kind !== null && MOVES.has(kind)) marks.movedAt = entry.at;
    if (kind === 'in-trouble') marks.troubleAt = entry.at;
    if (entry.kind === 'decision' && SERVES.has(entry.code)) marks.servingAt = entry.at;
    if (!isClosing(entry)) return;
    if (marks.closedAt === null) closedCount += 1;
    marks.closedAt = entry.at;
    newestClosing = Math.max(newestClosing, entry.at);
  };
  return {
    id,
    subject,
    openedAt,
    sites,
    updates,
    get order() {
      return order;
    },
    get closedAt() {
      if (wholeClosedAt !== null) return Math.max(wholeClosedAt, newestClosing);
      return closedCount > 0 && closedCount === sites.size ? newestClosing : null;
    },
    take: (newest, entries) => {
      order = Math.max(order, newest);
      for (const entry of entries) takeOne(entry);
      updates.sort((one, other) => one.at - other.at);
    },
    forgetSites: () => {
      wholeClosedAt = Math.max(wholeClosedAt ?? 0, newestClosing);
      sites.clear();
    },
  };
}

/** Visitors could notice it. */
export function wasNoticed({ movedAt, troubleAt }: SiteMarks): boolean {
  return movedAt !== null || troubleAt !== null;
}

/** In trouble still, as far as is known: neither moved since, nor over. */
export function isInTrouble({ troubleAt, movedAt, closedAt }: SiteMarks): boolean {
  return troubleAt !== null && (movedAt ?? 0) <= troubleAt && (closedAt ?? 0) <= troubleAt;
}

/** Being moved, and not serving yet. */
export function isUnderWay({ movedAt, servingAt, closedAt }: SiteMarks): boolean {
  return movedAt !== null && (servingAt ?? 0) < movedAt && (closedAt ?? 0) < movedAt;
}
