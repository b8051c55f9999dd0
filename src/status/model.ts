/** What stands on the status page, before it is put into words of any format. */
import type { SiteId, UpdateState, WallMs, ZoneId } from '../model/index.ts';

/**
 * Of a site: `up`; `restoring`: serving, while its protection is made anew; `moving`: being moved because of trouble; `down`: in trouble that
 * no move has answered; `maintenance`: announced, and now; `new`: being set up.
 */
export type SiteCondition = 'up' | 'restoring' | 'moving' | 'down' | 'maintenance' | 'new';

/** Of a zone; `silent`: the controller that was asked has no word from it, and no verdict. */
export type ZoneCondition = 'up' | 'silent' | 'erring' | 'dark' | 'resting';

export interface DayBar {
  /** `2026-11-29` */
  day: string;
  /** 0–1; null: not measured. */
  availability: number | null;
  badMinutes: number;
}

export interface SitePart {
  /** Its page below the root, without slashes around it. */
  path: string;
  title: string;
  condition: SiteCondition;
  /** 90, oldest first; empty: nothing is known about any day. */
  days: DayBar[];
}

export interface ZonePart {
  zone: ZoneId;
  condition: ZoneCondition;
}

/** One thing that was said about an incident, by a person or by the facts. */
export interface Post {
  /** Unique within its incident, and stays. */
  key: string;
  at: WallMs;
  /** `noticed`, `serving` and `over` are facts; the others are people's words. */
  state: UpdateState | 'noticed' | 'serving' | 'over';
  text: string;
}

export interface PublicIncident {
  id: string;
  title: string;
  openedAt: WallMs;
  closedAt: WallMs | null;
  /** By people's words and by whether it is over. */
  state: UpdateState | null;
  /** Titles of the sites that visitors could notice it on, of those that this page may name. */
  sites: string[];
  /** How many more there are than are named. */
  more: number;
  /** Oldest first. */
  posts: Post[];
}

export interface PlannedWork {
  id: string;
  title: string;
  from: WallMs;
  to: WallMs;
  now: boolean;
  /** Titles; empty: everything. */
  sites: string[];
}

/** What every page has. */
export interface PageFrame {
  service: string;
  /** Address of the status page, without a slash at its end; null: not described. */
  url: string | null;
  support: string | null;
  timeZone: string;
  subscribe: readonly ('email' | 'webhook')[];
}

export interface OverallPage extends PageFrame {
  intro: string | null;
  counts: Record<SiteCondition, number>;
  /** Listed one by one: all, or of many those that something is the matter with. */
  sites: SitePart[];
  /** Public sites in all. */
  sitesTotal: number;
  /** Null: sites are listed, not zones. */
  zones: ZonePart[] | null;
  incidents: PublicIncident[];
  work: PlannedWork[];
}

export interface SitePage extends PageFrame, SitePart {
  site: SiteId;
  host: string;
  isPrivate: boolean;
  incidents: PublicIncident[];
  work: PlannedWork[];
}

export interface HistoryPage extends PageFrame {
  incidents: PublicIncident[];
}

export interface ListPage extends PageFrame {
  page: number;
  pages: number;
  sites: Pick<SitePart, 'path' | 'title' | 'condition'>[];
}

/** A folder of the page: its address below the root, and its files by their names. */
export interface Folder {
  path: string;
  files: Record<string, string>;
}
