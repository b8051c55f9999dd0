/** From what is known to what each page says. Pure. */
import {
  isForAll,
  isForSite,
  type Maintenance,
  type ServiceSpec,
  type SiteId,
  type SiteRecord,
  type WallMs,
} from '../model/index.ts';
import { type Sight, toPublic } from './incidents.ts';
import type { IncidentMarks } from './marks.ts';
import type {
  DayBar,
  HistoryPage,
  ListPage,
  OverallPage,
  PlannedWork,
  PublicIncident,
  SiteCondition,
  SitePage,
  SitePart,
  ZonePart,
} from './model.ts';
import { frameOf, type SitePlace, settingsOf } from './settings.ts';

const DAY_MS = 86_400_000;
export const SHOWN_DAYS = 90;
/** Sites that the overall page lists with their bars; of more it lists those that something is the matter with. */
export const MOST_LISTED = 60;
const MOST_OPEN = 20;
const MOST_PAST = 5;
const MOST_IN_HISTORY = 100;
const MOST_OF_SITE = 20;
/** So far ahead maintenance is announced. */
const AHEAD_MS = 60 * DAY_MS;
export const SITES_PER_LIST = 500;

/** A site as the pages show it. */
export interface Row extends SitePlace {
  site: SiteId;
  record: SiteRecord;
  condition: SiteCondition;
}

export interface PageWorld {
  service: ServiceSpec | null;
  now: WallMs;
  rowOf(site: SiteId): Row | undefined;
  /** Public ones, by title. */
  listed(): readonly Row[];
  zones(): ZonePart[];
  /** Newest first. */
  incidents(): readonly IncidentMarks[];
  /** As the overall page tells them. */
  publicIncidents(): readonly PublicIncident[];
  /** Null: not measured. */
  days(site: SiteId): readonly DayBar[] | null;
}

export function overallOf(world: PageWorld): OverallPage {
  const { service } = world;
  const settings = settingsOf(service);
  const rows = world.listed();
  const counts: Record<SiteCondition, number> = { up: 0, restoring: 0, moving: 0, down: 0, maintenance: 0, new: 0 };
  for (const { condition } of rows) counts[condition] += 1;
  const zonesOnly = settings.components === 'zones';
  const shown = zonesOnly || rows.length > MOST_LISTED ? rows.filter(isWrong).slice(0, MOST_LISTED) : rows;
  return {
    ...frameOf(service),
    intro: settings.intro,
    counts,
    sites: shown.map((row) => toPart(row, world)),
    sitesTotal: rows.length,
    zones: zonesOnly ? world.zones() : null,
    incidents: newestOf(world.publicIncidents()),
    work: workOf(world, (site) => world.rowOf(site), false),
  };
}

export function historyOf(world: PageWorld): HistoryPage {
  return { ...frameOf(world.service), incidents: world.publicIncidents().slice(0, MOST_IN_HISTORY) };
}

export function listOf(world: PageWorld, page: number): ListPage {
  const rows = world.listed();
  const sites = rows.slice((page - 1) * SITES_PER_LIST, page * SITES_PER_LIST);
  return {
    ...frameOf(world.service),
    page,
    pages: Math.max(1, Math.ceil(rows.length / SITES_PER_LIST)),
    sites: sites.map(({ path, title, condition }) => ({ path: path!, title, condition })),
  };
}

export function siteOf(row: Row, world: PageWorld): SitePage {
  const { site, record, visibility } = row;
  const incidents = world.incidents().flatMap((marks) => incidentFor(marks, row, world) ?? []);
  return {
    ...frameOf(world.service),
    ...toPart(row, world),
    site,
    host: record.spec.hosts[0] ?? site,
    isPrivate: visibility === 'private',
    incidents: incidents.slice(0, MOST_OF_SITE),
    work: workOf(world, (name) => (name === site ? row : undefined), true),
  };
}

/** As the page of one site tells it, or (`row` null) the overall one; null: it does not. */
export function incidentFor(marks: IncidentMarks, row: Row | null, world: PageWorld): PublicIncident | null {
  if (row === null) return world.publicIncidents().find(({ id }) => id === marks.id) ?? null;
  if (!marks.sites.has(row.site)) return null;
  const sight: Sight = { titleOf: (name) => (name === row.site ? row.title : null), zones: false, alone: true };
  // Only its own part is looked at: an incident may have ten thousand others.
  return toPublic(narrowed(marks, row.site), sight);
}

/** Of everybody's; see `toPublic`. */
export function publicIncidents(world: PageWorld): PublicIncident[] {
  const titleOf = (site: SiteId) => {
    const row = world.rowOf(site);
    return row?.visibility === 'public' ? row.title : null;
  };
  const zones = settingsOf(world.service).components === 'zones';
  return world.incidents().flatMap((marks) => toPublic(marks, { titleOf, zones, alone: false }) ?? []);
}

function narrowed(marks: IncidentMarks, site: SiteId): IncidentMarks {
  const { id, subject, openedAt, closedAt, updates, order } = marks;
  return { id, subject, openedAt, closedAt, updates, order, sites: new Map([[site, marks.sites.get(site)!]]) };
}

function isWrong({ condition }: Row): boolean {
  return condition !== 'up' && condition !== 'new';
}

function toPart(row: Row, world: PageWorld): SitePart {
  return {
    path: row.path!,
    title: row.title,
    condition: row.condition,
    days: lastDays(world.days(row.site), world.now),
  };
}

/** As many as are shown, to today; empty when nothing is known about any. */
export function lastDays(days: readonly DayBar[] | null, now: WallMs): DayBar[] {
  if (days === null || !days.some(({ availability }) => availability !== null)) return [];
  const known = new Map(days.map((each) => [each.day, each]));
  return Array.from({ length: SHOWN_DAYS }, (_, at) => {
    const day = dayOf(now - (SHOWN_DAYS - 1 - at) * DAY_MS);
    const { availability = null, badMinutes = 0 } = known.get(day) ?? {};
    return { day, availability: availability === null ? null : Math.floor(availability * 1e5) / 1e5, badMinutes };
  });
}

/** `2026-11-29`, UTC. */
export function dayOf(at: WallMs): string {
  return new Date(at).toISOString().slice(0, 10);
}

function newestOf(incidents: readonly PublicIncident[]): PublicIncident[] {
  const open = incidents.filter(({ closedAt }) => closedAt === null).slice(0, MOST_OPEN);
  const past = incidents.filter(({ closedAt }) => closedAt !== null).slice(0, MOST_PAST);
  return [...open, ...past];
}

/** What is announced for sites that this page shows; what is over is left out. */
function workOf(world: PageWorld, rowOf: (site: SiteId) => Row | undefined, alone: boolean): PlannedWork[] {
  const { now, service } = world;
  const shown = (row: Row | undefined) => row !== undefined && (alone || row.visibility === 'public');
  return (service?.maintenance ?? [])
    .filter(({ from, to }) => to > now && from < now + AHEAD_MS)
    .toSorted((one, other) => one.from - other.from)
    .flatMap((one) => {
      const { id, title, from, to } = one;
      const everything = isForAll(one);
      const rows = everything ? [] : one.sites.map(rowOf).filter(shown);
      if (!everything && rows.length === 0) return [];
      return [{ id, title, from, to, now: from <= now, sites: alone ? [] : rows.map((row) => row!.title) }];
    });
}

/** Whether any announced maintenance of the site is going on. */
export function underMaintenance(maintenance: readonly Maintenance[], site: SiteId, now: WallMs): boolean {
  return maintenance.some((each) => each.from <= now && now < each.to && isForSite(each, site));
}
