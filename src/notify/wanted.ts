/**
 * Who is to be told what, now: happenings, less what was told already, less what this person does not want at this hour. Pure, so
 * that every controller wants the same and the store keeps the first.
 */
import type { Notice, ServiceSpec, Severity, SiteId, Told, WallMs } from '../model/index.ts';
import type { NewNotice } from '../store/store.ts';
import type { EventLog, Happening } from './happenings.ts';
import { quietUntil } from './hours.ts';
import { type Audience, type Recipient, shortHash } from './recipients.ts';
import { isAtLeast, isPast, type SiteState, stateOf, worst } from './state.ts';

/** Sites that are moved together come within seconds: the first notice waits until no more come … */
export const SETTLED_MS = 1_500;
/** … at most so long, so that it is on its way well within 10 s. */
export const MOST_SETTLING_MS = 6_000;
/** A planned move is told of once, when it is over, unless it takes long. */
export const PLANNED_SETTLED_MS = 15_000;
export const MOST_PLANNED_SETTLING_MS = 45_000;
/** Between two notices to one address about one event. */
export const PAUSE_MS = 60_000;

/** Composed at once, so that a controller that tells ten thousand people goes on watching; the rest at the next look. */
export const MOST_AT_ONCE = 500;

/** What one address is to be told of one event. */
export interface Draft {
  recipient: Recipient;
  event: EventLog;
  states: SiteState[];
  severity: Severity;
  /** Nothing of what concerns this address is left, also not at the sites that it is told nothing new of. */
  over: boolean;
  told: Told;
}

export interface Wanting {
  now: WallMs;
  service: Pick<ServiceSpec, 'since'>;
  audience: Audience;
  events: readonly EventLog[];
  toldOf(event: string): readonly Told[];
  /** Puts drafts for one address into words. */
  compose(drafts: Draft[]): Pick<Notice, 'subject' | 'text' | 'data'>;
}

export interface Wanted {
  /** At most MOST_AT_ONCE. */
  notices: NewNotice[];
  /** There are more: to be looked at again at once. */
  more: boolean;
  /** When each event is to be looked at again, if nothing happens in it until then; Infinity: not at all. */
  lookAgainAt: Map<string, WallMs>;
}

export function wantedNotices(wanting: Wanting): Wanted {
  const drafts = new Map<string, Draft[]>();
  const lookAgainAt = new Map<string, WallMs>();
  for (const event of wanting.events) {
    const told = newestTold(wanting.toldOf(event.event));
    let again = Number.POSITIVE_INFINITY;
    for (const concerned of concernedBy(event, wanting)) {
      const { recipient } = concerned;
      const draft = draftFor(concerned, event, told.get(recipient.key) ?? null, wanting);
      if (draft === null) continue;
      // Whether a draft was kept is seen at the next look.
      again = Math.min(again, typeof draft === 'number' ? draft : wanting.now);
      if (typeof draft === 'number') continue;
      const group = isForOneEvent(recipient) ? `${recipient.key} ${event.event}` : recipient.key;
      const others = drafts.get(group);
      if (others === undefined) drafts.set(group, [draft]);
      else others.push(draft);
    }
    lookAgainAt.set(event.event, again);
  }
  const groups = [...drafts.values()];
  return {
    notices: groups.slice(0, MOST_AT_ONCE).map((group) => toNotice(group, wanting)),
    more: groups.length > MOST_AT_ONCE,
    lookAgainAt,
  };
}

/** What takes structured data is told of each event by itself: it acts on it. */
function isForOneEvent({ address }: Recipient): boolean {
  return address.channel === 'pagerduty' || address.channel === 'webhook';
}

function newestTold(told: readonly Told[]): Map<string, Told> {
  const newest = new Map<string, Told>();
  for (const one of told) if ((newest.get(one.to)?.sequence ?? 0) < one.sequence) newest.set(one.to, one);
  return newest;
}

interface Concerned {
  recipient: Recipient;
  sites: Map<SiteId, Happening[]>;
}

/** Each address with the happenings of its own sites. */
function concernedBy(event: EventLog, { audience, service }: Wanting): Iterable<Concerned> {
  const all = new Map<string, Concerned>();
  for (const happening of event.happenings) {
    if (happening.at < service.since) continue;
    for (const site of happening.site === null ? event.sites : [happening.site]) {
      for (const recipient of audience.of(site)) {
        const one = all.get(recipient.key) ?? { recipient, sites: new Map() };
        all.set(recipient.key, one);
        const happenings = one.sites.get(site);
        if (happenings === undefined) one.sites.set(site, [happening]);
        else happenings.push(happening);
      }
    }
  }
  return all.values();
}

/** Null: nothing to tell. A time: something, but not before then. */
function draftFor(
  { recipient, sites }: Concerned,
  event: EventLog,
  before: Told | null,
  { now }: Wanting,
): Draft | WallMs | null {
  const upTo = before?.upTo ?? 0;
  const owed = endsWithoutFigures(sites, event, upTo);
  const states: SiteState[] = [];
  let [first, newest, order] = [Number.POSITIVE_INFINITY, 0, upTo];
  for (const [site, happenings] of sites) {
    const end = owed.get(site);
    const fresh = happenings.filter((happening) => happening.order > upTo || happening === end);
    const state = stateOf(site, fresh);
    if (state === null || !concerns(state, recipient, before)) continue;
    states.push(state);
    for (const happening of fresh) {
      first = Math.min(first, happening.at);
      newest = Math.max(newest, happening.at);
      order = Math.max(order, happening.order);
    }
    if (state.over) order = Math.max(order, event.figures.get(site) ?? 0);
  }
  if (states.length === 0) return null;
  const planned = event.planned && states.every(({ kind }) => kind === 'planned');
  const time = timeFor({ first, newest, before, planned });
  if (event.lasting && now < time) return time;
  const severity = worst(states.map((state) => state.severity));
  const quiet = severity === 'critical' ? null : quietUntil(recipient.quiet, recipient.timeZone, now);
  if (event.lasting && quiet !== null) return quiet;
  const told: Told = {
    event: event.event,
    to: recipient.key,
    sequence: (before?.sequence ?? 0) + 1,
    at: now,
    upTo: order,
    notice: '',
    severity: worst([severity, before?.severity ?? 'info']),
  };
  return { recipient, event, states, severity, over: isAllPast(sites, recipient), told };
}

/**
 * What an incident meant is counted for some seconds after it has ended. Who was told of the end before that is told of it again, with
 * the figures: when those of all sites are there, or there is something else to tell.
 */
function endsWithoutFigures(sites: Concerned['sites'], { figures }: EventLog, upTo: number): Map<SiteId, Happening> {
  const ends = new Map<SiteId, Happening>();
  let isMissing = false;
  let isNews = false;
  for (const [site, happenings] of sites) {
    isNews ||= happenings.at(-1)!.order > upTo;
    const end = happenings.findLast(({ kind }) => kind !== 'update');
    if (end?.kind !== 'protected-again' || end.order > upTo) continue;
    const counted = figures.get(site);
    // A site that had no trouble of its own keeps nobody waiting.
    if (counted === undefined)
      isMissing ||= happenings.some(({ kind }) => kind !== 'protected-again' && kind !== 'update');
    else if (counted > upTo) ends.set(site, end);
  }
  return isMissing && !isNews ? new Map() : ends;
}

function isAllPast(sites: Concerned['sites'], { address }: Recipient): boolean {
  for (const [site, happenings] of sites) {
    const state = stateOf(site, happenings);
    if (state !== null && !isPast(state) && isAtLeast(state.severity, address.atLeast)) return false;
  }
  return true;
}

/** Who was told of trouble is told of its end, however little that is. */
function concerns({ kind, severity, updates }: SiteState, { address }: Recipient, before: Told | null): boolean {
  if (kind === 'protected-again')
    return before !== null || (updates.length > 0 && isAtLeast('warning', address.atLeast));
  return isAtLeast(severity, address.atLeast);
}

interface Timing {
  first: WallMs;
  newest: WallMs;
  before: Told | null;
  planned: boolean;
}

/** When it is told: once no more comes, and not too soon after the one before. */
function timeFor({ first, newest, before, planned }: Timing): WallMs {
  const [settled, most] = planned ? [PLANNED_SETTLED_MS, MOST_PLANNED_SETTLING_MS] : [SETTLED_MS, MOST_SETTLING_MS];
  return Math.max(Math.min(newest + settled, first + most), before === null ? 0 : before.at + PAUSE_MS);
}

const NO_KIND = 'update';

function toNotice(drafts: Draft[], { now, compose }: Wanting): NewNotice {
  const { recipient } = drafts[0]!;
  const severity = worst(drafts.map((draft) => draft.severity));
  const id = shortHash(drafts.map(({ told }) => `${told.event} ${told.to} ${told.sequence}`).join('\n'));
  const heldUntil =
    drafts.every(({ event }) => !event.lasting) && severity !== 'critical'
      ? quietUntil(recipient.quiet, recipient.timeZone, now)
      : null;
  const leading = drafts.flatMap(({ states }) => states).find((state) => state.severity === severity);
  const notice: Notice = {
    id,
    kind: leading?.kind ?? NO_KIND,
    severity,
    person: recipient.person,
    address: recipient.address,
    incident: drafts.find(({ event }) => event.incident !== null)?.event.incident ?? null,
    sites: drafts.flatMap(({ states }) => states.map(({ site }) => site)).slice(0, MOST_SITES_NAMED),
    createdAt: now,
    dueAt: heldUntil ?? now,
    attempts: 0,
    lastTrouble: null,
    state: 'waiting',
    sentAt: null,
    ...compose(drafts),
  };
  return { notice, told: drafts.map(({ told }) => ({ ...told, notice: id })) };
}

/** A notice names no more; how many there are stands in its text and data. */
const MOST_SITES_NAMED = 100;
