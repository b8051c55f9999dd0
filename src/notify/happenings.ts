/** What of an incident's chain concerns its sites' people: a few kinds of happenings, each in the order in which it was written. */
import type { IncidentEntry, NoticeKind, SiteId, WallMs } from '../model/index.ts';
import { isPlanned } from '../record/journal.ts';
import type { Appended } from '../store/store.ts';

export interface Happening {
  /** Grows within an event: what was told up to an order is told. */
  order: number;
  at: WallMs;
  kind: Exclude<NoticeKind, 'on-call' | 'subscription' | 'news'>;
  /** Null: every site of the event. */
  site: SiteId | null;
  /** What its text is filled with, besides what is known of the site. */
  values: Record<string, string>;
}

/** An incident, or another row of happenings that people are told of together. */
export interface EventLog {
  event: string;
  incident: string | null;
  /** `zone-dark:a`; empty when there is none. */
  subject: string;
  happenings: Happening[];
  /** In which order it was written down what it meant for a site. */
  figures: Map<SiteId, number>;
  /** Every site that has an entry in it. */
  sites: Set<SiteId>;
  /** It is still known when somebody's quiet hours end; what is not, is put into the outbox at once for later. */
  lasting: boolean;
  /** A move that somebody asked for: nothing is wrong. */
  planned: boolean;
}

/** An incident as far as it has been read. */
export interface IncidentLog extends EventLog {
  incident: string;
  /** Everything up to here has been read. */
  readUpTo: number;
  closedSites: Set<SiteId | null>;
  acknowledged: { by: string; at: WallMs; times: number } | null;
}

export function newIncidentLog(incident: string, subject: string): IncidentLog {
  return {
    event: incident,
    incident,
    subject,
    happenings: [],
    figures: new Map(),
    sites: new Set(),
    lasting: true,
    planned: isPlanned(subject),
    readUpTo: 0,
    closedSites: new Set(),
    acknowledged: null,
  };
}

/** Takes in what was appended since. True when any of it concerns people. */
export function readOn(log: IncidentLog, appended: readonly Appended[]): boolean {
  const before = log.happenings.length + log.figures.size;
  for (const { order, entries } of appended) {
    log.readUpTo = Math.max(log.readUpTo, order);
    for (const entry of entries) {
      if (entry.site !== null) log.sites.add(entry.site);
      if (entry.kind === 'note' && entry.code === 'acknowledged') {
        log.acknowledged = { by: nameIn(entry), at: entry.at, times: (log.acknowledged?.times ?? 0) + 1 };
      }
      if (isClosing(entry)) log.closedSites.add(entry.site);
      const kind = readFigures(log, order, entry) ?? (log.planned ? plannedKindOf(entry) : kindOf(entry));
      if (kind !== null) log.happenings.push({ order, at: entry.at, kind, site: entry.site, values: valuesOf(entry) });
    }
  }
  return log.happenings.length + log.figures.size > before;
}

/** The first figures are told with the end; those that come later say what was lost, which nobody could know before. */
function readFigures(log: IncidentLog, order: number, { site, impact }: IncidentEntry): 'loss-known' | null {
  const { figures, happenings } = log;
  if (site === null || impact === undefined || !impact.final) return null;
  if (figures.has(site)) {
    const wasGivenUp = happenings.some((one) => one.kind === 'loss' && one.site === site);
    return wasGivenUp && impact.transactionsLost !== null ? 'loss-known' : null;
  }
  figures.set(site, order);
  return null;
}

/** As the incident itself counts it: every site has a closing entry, or one closed them all. */
export function isOver({ sites, closedSites }: IncidentLog): boolean {
  if (closedSites.has(null)) return true;
  return closedSites.size > 0 && [...sites].every((site) => closedSites.has(site));
}

/** Refusals that leave a site as badly off as it is. */
const LEFT_IN_TROUBLE = new Set([
  'standby-not-in-sync',
  'not-protected-by-plan',
  'standby-unwell',
  'standby-behind',
  'promotion-underway',
  'would-not-help',
  'trouble-everywhere',
  'load-follows',
  'no-room',
  'moved-recently',
  'waits-for-approval',
  'database-not-created',
]);

const DECISIONS: Record<string, Happening['kind']> = {
  failover: 'moved',
  'take-back': 'moved',
  'accept-loss': 'loss',
  'give-up-standby': 'exposed',
  'open-incident': 'in-trouble',
};

/** What an entry of an incident is to its sites' people; null: nothing. */
export function kindOf(entry: IncidentEntry): Happening['kind'] | null {
  if (isClosing(entry)) return 'protected-again';
  switch (entry.kind) {
    case 'decision':
      return DECISIONS[entry.code] ?? null;
    case 'refusal':
      if (entry.code === 'no-spare-zone') return 'exposed';
      return LEFT_IN_TROUBLE.has(entry.code) ? 'in-trouble' : null;
    case 'note':
      return entry.code === 'update' ? 'update' : null;
    default:
      return null;
  }
}

/** What the people of a site notice of a planned move: that it has begun, and how it ended. */
const PLANNED = new Set(['order', 'switchover', 'call-off']);

function plannedKindOf({ kind, code }: IncidentEntry): 'planned' | 'loss' | null {
  if (code === 'accept-loss') return 'loss';
  return kind === 'decision' && PLANNED.has(code) ? 'planned' : null;
}

/** It ends the incident for its site. */
export function isClosing({ code, kind }: IncidentEntry): boolean {
  return code === 'close-incident' || (code === 'protected' && kind !== 'note');
}

function valuesOf(entry: IncidentEntry): Record<string, string> {
  if (entry.impact !== undefined) {
    const { transactionsLost, lostIn } = entry.impact;
    return { lost: String(transactionsLost ?? 0), zone: lostIn.map(({ zone }) => zone).join(', ') };
  }
  if (entry.kind === 'refusal') return { refusal: entry.sentence, refusalCode: entry.code };
  if (entry.kind === 'note')
    return { text: entry.sentence, by: nameIn(entry), ...(entry.update && { state: entry.update.state }) };
  return { code: entry.code };
}

function nameIn({ by }: IncidentEntry): string {
  return by.replace(/^person:/, '');
}
