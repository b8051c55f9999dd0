/** One incident's impact, site by site, as its entries are read and the edges' seconds are fetched. */
import type {
  EdgeId,
  Impact,
  IncidentEntry,
  Placement,
  SalvageReport,
  SecondRow,
  ServiceLevel,
  SiteId,
  TimeLine,
  WallMs,
  Window,
  ZoneId,
} from '../model/index.ts';
import { isClosing } from '../notify/happenings.ts';
import type { Clock } from '../platform/clock.ts';
import { createImpactCount, type ImpactCount } from '../record/impact/count.ts';
import { lossOf } from '../record/impact/loss.ts';
import { secondsBySite } from '../record/impact/seconds.ts';
import { NO_MARKS, withEntry } from '../record/time-line.ts';
import type { AskEdge } from '../windows/ask-edge.ts';

/** Clocks of hosts differ a little, and a request counts when it ends. */
const LEAD_S = 2;
const TAIL_S = 2;
/** An edge has told a second by so much after it. */
const SETTLED_MS = 4_000;
/** As an edge answers them at once: at most 20,000 rows. */
const MOST_SITES = 50;
const MOST_SPAN_S = 300;
/** An edge that reports and does not answer is waited for so long; one that has fallen silent is not waited for. */
const GIVE_UP_MS = 20_000;
const SILENT_MS = 5_000;

export interface IncidentCountOptions {
  openedAt: WallMs;
  clock: Pick<Clock, 'wall' | 'mono'>;
  state: {
    readonly placements: ReadonlyMap<SiteId, Placement>;
    readonly edges: ReadonlyMap<EdgeId, { edge: EdgeId; control: string }>;
  };
  ask: Pick<AskEdge, 'seconds'>;
  window(): Window;
  level(): ServiceLevel;
}

export interface IncidentCount {
  read(entry: IncidentEntry): void;
  /** Fetches for at most so many groups of sites; answers for how many it did. */
  countMore(groups: number): Promise<number>;
  of(site: SiteId): Impact | null;
  all(): Impact[];
  /** What is final and stands in no entry, with when it became so; in whatever order. */
  unwritten(most: number): Unwritten[];
  /** Everything is final, and written. */
  isOver(): boolean;
}

export interface Unwritten {
  impact: Impact;
  finalAt: WallMs;
  /** Of the entry. */
  at: WallMs;
  key: string;
}

interface SiteCount {
  site: SiteId;
  line: TimeLine;
  acceptedAt: WallMs | null;
  closedAt: WallMs | null;
  /** Seconds since 1970: counted from the first to before the second; null: not begun. */
  counted: { from: number; to: number } | null;
  count: ImpactCount;
  cold: Set<'cache' | 'search'>;
  salvage: Map<string, { zone: ZoneId; kept: SalvageReport }>;
  finalAt: WallMs | null;
  written: Impact | null;
}

export function createIncidentCount(options: IncidentCountOptions): IncidentCount {
  const { openedAt, clock, state, ask } = options;
  const sites = new Map<SiteId, SiteCount>();
  const unheard = new Set<EdgeId>();
  const failingSince = new Map<EdgeId, number>();
  let closedAllAt: WallMs | null = null;

  const siteOf = (site: SiteId): SiteCount => {
    const one = sites.get(site) ?? newSite(site, options.level());
    sites.set(site, one);
    return one;
  };
  const closedAt = (one: SiteCount) => one.closedAt ?? closedAllAt;
  const endOf = (one: SiteCount) => Math.floor((closedAt(one) ?? Number.POSITIVE_INFINITY) / 1_000) + TAIL_S;
  const isFinal = (one: SiteCount) => one.counted !== null && one.counted.to >= endOf(one);

  const toImpact = (one: SiteCount): Impact | null => {
    if (one.counted === null) return null;
    const { began, moved, serving } = one.line;
    return {
      site: one.site,
      from: one.counted.from * 1_000,
      to: one.counted.to * 1_000,
      final: isFinal(one),
      unheard: [...unheard].toSorted(),
      ...one.count.counted(),
      rtoMs: moved === null || serving === null || began === null ? null : serving - began,
      ...lossOf(one.acceptedAt, [...one.salvage.values()]),
      cold: [...one.cold].toSorted(),
    };
  };

  async function countGroup(until: number): Promise<boolean> {
    const waiting = [...sites.values()]
      .filter((one) => firstOf(one) < Math.min(until, endOf(one)))
      .sort((one, other) => firstOf(one) - firstOf(other))
      .slice(0, MOST_SITES);
    if (waiting.length === 0) return false;
    const from = firstOf(waiting[0]!);
    const to = Math.min(until, from + MOST_SPAN_S);
    const rows = await secondsOf(
      waiting.map(({ site }) => site),
      from,
      to,
    );
    if (rows === null) return false;
    const counted = secondsBySite(rows);
    for (const one of waiting) {
      const [first, end] = [firstOf(one), Math.min(to, endOf(one))];
      if (end <= first) continue;
      const own = counted.get(one.site) ?? [];
      one.count.take(own.filter(({ second }) => second >= first && second < end));
      one.counted = { from: one.counted?.from ?? first, to: end };
      if (isFinal(one)) one.finalAt ??= clock.wall();
    }
    return true;
  }

  const firstOf = ({ counted, line }: SiteCount) =>
    counted?.to ?? Math.floor(Math.min(openedAt, line.began ?? openedAt) / 1_000) - LEAD_S;

  /** Null: an edge does not answer, and may do so soon. */
  async function secondsOf(names: SiteId[], from: number, to: number): Promise<SecondRow[] | null> {
    const edges = [...state.edges.values()];
    const answers = await Promise.allSettled(edges.map(({ control }) => ask.seconds(control, names, from, to)));
    const rows: SecondRow[] = [];
    let wait = false;
    for (const [index, answer] of answers.entries()) {
      const { edge } = edges[index]!;
      if (answer.status === 'fulfilled') {
        failingSince.delete(edge);
        rows.push(...answer.value);
      } else if (isWaitedFor(edge)) wait = true;
      else unheard.add(edge);
    }
    return wait ? null : rows;
  }

  function isWaitedFor(edge: EdgeId): boolean {
    const now = clock.mono();
    const heard = options.window().edges.get(edge);
    if (heard === undefined || now - heard.receivedAt > SILENT_MS) return false;
    const since = failingSince.get(edge) ?? now;
    failingSince.set(edge, since);
    return now - since < GIVE_UP_MS;
  }

  /** What the copies tell of sites that were moved: cold caches, and what was set aside. */
  function lookAtCopies(): void {
    const moved = new Set<SiteId>();
    for (const one of sites.values())
      if ((one.line.moved !== null && !isFinal(one)) || isLossOpen(one)) moved.add(one.site);
    if (moved.size === 0) return;
    for (const [zone, { report }] of options.window().agents) {
      for (const copy of report.copies) {
        if (!moved.has(copy.site)) continue;
        const one = sites.get(copy.site)!;
        for (const kept of copy.salvage) one.salvage.set(`${zone} ${kept.id}`, { zone, kept });
        if (state.placements.get(copy.site)?.live !== zone) continue;
        if (copy.cache?.state === 'cold') one.cold.add('cache');
        if (copy.search?.state === 'cold') one.cold.add('search');
      }
    }
  }

  const isLossOpen = ({ acceptedAt, written }: SiteCount) =>
    acceptedAt !== null && (written === null || written.transactionsLost === null);

  const unwrittenOf = (one: SiteCount): Unwritten | null => {
    if (!isFinal(one) || (one.written !== null && !isLossOpen(one))) return null;
    const impact = toImpact(one)!;
    const { finalAt } = one;
    if (one.written === null)
      return { impact, finalAt: finalAt ?? 0, at: closedAt(one) ?? 0, key: `impact-${one.site}` };
    if (impact.transactionsLost === null) return null;
    const { transactionsLost, lostIn } = impact;
    const told = { ...one.written, transactionsLost, lostIn };
    return { impact: told, finalAt: finalAt ?? 0, at: clock.wall(), key: `impact-loss-${one.site}` };
  };

  return {
    read(entry) {
      if (entry.site === null) {
        if (isClosing(entry)) closedAllAt = entry.at;
        return;
      }
      const one = siteOf(entry.site);
      if (entry.impact !== undefined) {
        one.written = entry.impact;
        return;
      }
      one.line = withEntry(one.line, entry);
      if (entry.kind === 'decision' && entry.code === 'accept-loss') one.acceptedAt = entry.at;
      if (isClosing(entry)) one.closedAt = Math.max(one.closedAt ?? 0, entry.at);
    },
    async countMore(groups) {
      lookAtCopies();
      const until = Math.floor((clock.wall() - SETTLED_MS) / 1_000);
      for (let done = 0; done < groups; done += 1) if (!(await countGroup(until))) return done;
      return groups;
    },
    of: (site) => {
      const one = sites.get(site);
      return one === undefined ? null : (one.written ?? toImpact(one));
    },
    all: () => [...sites.values()].flatMap((one) => one.written ?? toImpact(one) ?? []),
    unwritten: (most) => {
      const found: Unwritten[] = [];
      for (const one of sites.values()) {
        if (found.length >= most) break;
        const unwritten = unwrittenOf(one);
        if (unwritten !== null) found.push(unwritten);
      }
      return found;
    },
    isOver: () => {
      const all = [...sites.values()];
      return (all.length > 0 || closedAllAt !== null) && all.every((one) => one.written !== null);
    },
  };
}

function newSite(site: SiteId, level: ServiceLevel): SiteCount {
  return {
    site,
    line: NO_MARKS,
    acceptedAt: null,
    closedAt: null,
    counted: null,
    count: createImpactCount(level),
    cold: new Set(),
    salvage: new Map(),
    finalAt: null,
    written: null,
  };
}
