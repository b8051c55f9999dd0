/**
 * The pages of one controller, each under a version that follows from what it says: whoever renders it, the same content has the
 * same version. Only what changed is looked at anew, a little at a time; a page is rendered when an edge asks for it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Placement, ServiceSpec, SiteId, SiteRecord } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { IncidentBook } from './book.ts';
import {
  dayOf,
  historyOf,
  listOf,
  MOST_LISTED,
  overallOf,
  type PageWorld,
  publicIncidents,
  type Row,
  SITES_PER_LIST,
  siteOf,
  underMaintenance,
} from './compose.ts';
import { conditionOf } from './condition.ts';
import { historyJson, overallJson, rssOf, siteJson } from './feeds.ts';
import type { IncidentMarks } from './marks.ts';
import type { DayBar, Folder, PublicIncident, ZonePart } from './model.ts';
import { historyPage, listPage } from './pages/history.ts';
import { NOT_FOUND, notePage, TOO_MANY, UNAVAILABLE } from './pages/notes.ts';
import { overallPage } from './pages/overall.ts';
import { sitePage } from './pages/site.ts';
import { frameOf, placeOf, settingsOf } from './settings.ts';
import { BASE_STYLE } from './style.ts';

/** Pages whose versions are made anew in one look. */
const MOST_PER_LOOK = 250;
export interface Manifest {
  version: string;
  /** Path and version of every folder. */
  folders: [path: string, version: string][];
}

export interface VersionedFolder extends Folder {
  version: string;
}

export interface PublisherOptions {
  clock: Pick<Clock, 'wall'>;
  clusterKey: string;
  state: {
    readonly service: ServiceSpec | null;
    readonly sites: ReadonlyMap<SiteId, SiteRecord>;
    readonly placements: ReadonlyMap<SiteId, Placement>;
  };
  book: Pick<IncidentBook, 'all' | 'of'>;
  zones(): ZonePart[];
  /** Null: nothing is measured. */
  days(site: SiteId): readonly DayBar[] | null;
}

export interface Publisher {
  /** These sites' records or placements may have changed. */
  touched(sites: Iterable<SiteId>): void;
  /** These incidents have. */
  told(incidents: readonly IncidentMarks[]): void;
  /** To be called about twice a second. `known`: everything that the pages are made of has been read once. */
  look(known: boolean): void;
  /** Null: not everything has been looked at yet. */
  manifest(): Manifest | null;
  /** As they are now; those that are not there are left out. */
  render(paths: readonly string[]): VersionedFolder[];
  rowOf(site: SiteId): Row | undefined;
  /** The page with this path: a site's, or (`null`) the overall one; undefined: there is none. */
  about(path: string): Row | null | undefined;
  world(): PageWorld;
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { clock, clusterKey, state, book } = options;
  const rows = new Map<SiteId, Row>();
  const siteByPath = new Map<string, SiteId>();
  const versions = new Map<string, string>();
  const dirty = new Set<SiteId>();
  /** Public sites by title; null: to be sorted anew. */
  let sorted: SiteId[] | null = null;
  let overallDirty = true;
  let readyOnce = false;
  let manifest: Manifest | null = null;
  let seen = { service: undefined as ServiceSpec | null | undefined, day: '', work: '', zones: '' };

  /** As of now; what every page needs is worked out once. */
  const world = (): PageWorld => {
    let listed: Row[] | null = null;
    let incidents: PublicIncident[] | null = null;
    const made: PageWorld = {
      service: state.service,
      now: clock.wall(),
      rowOf: (site) => rows.get(site),
      listed: () => {
        listed ??= order().map((site) => rows.get(site)!);
        return listed;
      },
      zones: options.zones,
      incidents: book.all,
      publicIncidents: () => {
        incidents ??= publicIncidents(made);
        return incidents;
      },
      days: options.days,
    };
    return made;
  };

  function order(): SiteId[] {
    sorted ??= [...rows.values()]
      .filter(({ visibility }) => visibility === 'public')
      .toSorted((one, other) => compare(one.title, other.title) || compare(one.site, other.site))
      .map(({ site }) => site);
    return sorted;
  }

  function touch(site: SiteId): void {
    dirty.add(site);
    overallDirty = true;
    const before = rows.get(site);
    const record = state.sites.get(site);
    const row = record === undefined ? undefined : toRow(record);
    if (before?.path != null && before.path !== row?.path) {
      siteByPath.delete(before.path);
      versions.delete(before.path);
    }
    if (row === undefined) rows.delete(site);
    else rows.set(site, row);
    if (row?.path != null) siteByPath.set(row.path, site);
    if (before?.title !== row?.title || before?.visibility !== row?.visibility) sorted = null;
  }

  function toRow(record: SiteRecord): Row {
    const { site } = record.spec;
    const placement = state.placements.get(site);
    const incident = placement?.incident == null ? undefined : book.of(placement.incident);
    const resting = underMaintenance(state.service?.maintenance ?? [], site, clock.wall());
    return {
      ...placeOf(record.spec, settingsOf(state.service), clusterKey),
      site,
      record,
      condition: conditionOf({ placement, incident, underMaintenance: resting }),
    };
  }

  /** What changes without anybody telling: the day, maintenance that begins and ends, zones. */
  function noticeTime(): void {
    const now = clock.wall();
    const work = (state.service?.maintenance ?? [])
      .map(({ id, from, to }) => `${id}${now >= from ? '+' : ''}${now >= to ? '+' : ''}`)
      .join();
    const next = { service: state.service, day: dayOf(now), work, zones: JSON.stringify(options.zones()) };
    const everything = next.service !== seen.service || next.day !== seen.day || next.work !== seen.work;
    if (next.zones !== seen.zones) overallDirty = true;
    seen = next;
    if (everything) for (const site of new Set([...rows.keys(), ...state.sites.keys()])) touch(site);
  }

  function setVersion(path: string, model: unknown): void {
    const version = versionOf(model);
    if (versions.get(path) === version) return;
    versions.set(path, version);
    manifest = null;
  }

  function lookAtSites(now: PageWorld): void {
    let left = MOST_PER_LOOK;
    for (const site of dirty) {
      dirty.delete(site);
      const row = rows.get(site);
      if (row?.path != null) setVersion(row.path, siteOf(row, now));
      left -= 1;
      if (left === 0) return;
    }
  }

  function lookAtOverall(now: PageWorld): void {
    if (!overallDirty) return;
    overallDirty = false;
    setVersion('', [overallOf(now), frameOf(now.service)]);
    setVersion('history', historyOf(now));
    const pages = now.listed().length > MOST_LISTED ? Math.ceil(now.listed().length / SITES_PER_LIST) : 0;
    for (const path of versions.keys()) if (numberOf(path) > pages) versions.delete(path);
    for (let page = 1; page <= pages; page += 1) setVersion(listPath(page), listOf(now, page));
    manifest = null;
  }

  function renderOne(path: string, now: PageWorld): VersionedFolder | null {
    if (path === '') return overallFolder(now);
    if (path === 'history') {
      const model = historyOf(now);
      return {
        path,
        version: versionOf(model),
        files: { 'index.html': historyPage(model), 'status.json': historyJson(model) },
      };
    }
    const page = numberOf(path);
    if (page > 0) {
      const model = listOf(now, page);
      return { path, version: versionOf(model), files: { 'index.html': listPage(model) } };
    }
    const row = rows.get(siteByPath.get(path) ?? '');
    if (row === undefined) return null;
    const model = siteOf(row, now);
    const files = { 'index.html': sitePage(model), 'status.json': siteJson(model), 'feed.xml': rssOf(model, path) };
    return { path, version: versionOf(model), files };
  }

  return {
    touched: (sites) => {
      for (const site of sites) touch(site);
    },
    told: (incidents) => {
      for (const { sites } of incidents) for (const site of sites.keys()) if (rows.has(site)) touch(site);
      if (incidents.length > 0) overallDirty = true;
    },
    look: (known) => {
      noticeTime();
      const now = world();
      lookAtSites(now);
      lookAtOverall(now);
      readyOnce ||= known && dirty.size === 0;
    },
    manifest: () => {
      if (!readyOnce) return null;
      if (manifest === null) {
        const folders = [...versions].toSorted(([one], [other]) => compare(one, other));
        manifest = { version: versionOf(folders), folders };
      }
      return manifest;
    },
    render: (paths) => {
      const now = world();
      return paths.flatMap((path) => renderOne(path, now) ?? []);
    },
    rowOf: (site) => rows.get(site),
    about: (path) => (path === '' ? null : rows.get(siteByPath.get(path) ?? '')),
    world,
  };
}

const PAGES = join(import.meta.dirname, 'pages');
const STYLE = BASE_STYLE + readFileSync(join(PAGES, 'style.css'), 'utf8');
const ICON = readFileSync(join(PAGES, 'icon.svg'), 'utf8');
/** Other code may make another page of the same content. */
const CODE = [import.meta.dirname, PAGES]
  .flatMap((folder) => readdirSync(folder, { withFileTypes: true }).map((entry) => ({ folder, entry })))
  .filter(({ entry }) => entry.isFile() && !entry.name.endsWith('.test.ts'))
  .reduce((hash, { folder, entry }) => hash.update(readFileSync(join(folder, entry.name))), createHash('sha256'))
  .digest('hex');

function versionOf(model: unknown): string {
  return createHash('sha256').update(CODE).update(JSON.stringify(model)).digest('hex').slice(0, 16);
}

function overallFolder(now: PageWorld): VersionedFolder {
  const model = overallOf(now);
  const frame = frameOf(now.service);
  return {
    path: '',
    version: versionOf([model, frame]),
    files: {
      'index.html': overallPage(model),
      'status.json': overallJson(model),
      'feed.xml': rssOf(model, ''),
      'style.css': STYLE,
      'icon.svg': ICON,
      '404.html': notePage(frame, NOT_FOUND),
      '429.html': notePage(frame, TOO_MANY),
      '503.html': notePage(frame, UNAVAILABLE),
    },
  };
}

/** Of a list of all sites; 0: it is none. */
function numberOf(path: string): number {
  return path === 'all' ? 1 : Number(/^all\/([1-9]\d{0,3})$/.exec(path)?.[1] ?? 0);
}

function listPath(page: number): string {
  return page === 1 ? 'all' : `all/${page}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
