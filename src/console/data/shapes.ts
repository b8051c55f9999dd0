/** What the API's answers look like, as far as the console reads them. */
import type { Evidence, Incident, IncidentEntry } from '../../model/finding.ts';
import type { Drill, DrillResult } from '../../model/order.ts';
import type { Impact, TimeLine, UpdateState } from '../../model/service.ts';
import type { SiteStatus, ZoneStatus } from '../../model/status.ts';

export type { Incident, IncidentEntry } from '../../model/finding.ts';
export type { Drill, DrillResult } from '../../model/order.ts';
export type { Impact, UpdateState } from '../../model/service.ts';
export type { CopyStatus, ObserverSight, SiteStatus, ZoneStatus } from '../../model/status.ts';

export interface Me {
  name: string;
  role: 'viewer' | 'owner' | 'operator' | 'admin';
  sites: string[];
  via: 'cluster-key' | 'token' | 'session';
  expiresAt: number | null;
  csrf: string | null;
  controller: string;
  /** This is a local platform, whose zones may be broken on purpose. */
  practice: boolean;
}

export interface ZonesAnswer {
  controller: string;
  storeFresh: boolean;
  zones: ZoneStatus[];
}

export const SITE_STATES = ['all', 'protected', 'exposed', 'in-trouble', 'moving'] as const;
export type SiteState = (typeof SITE_STATES)[number];

export interface SitesAnswer {
  sites: SiteStatus[];
  next: string | null;
  counts: Record<SiteState, number>;
}

interface Said {
  /** Who has taken it. */
  holder: string | null;
  /** By what people wrote last; null: nobody has said. */
  state: UpdateState | null;
}

export interface IncidentAnswer extends Incident, Said {
  /** So many entries of the middle. */
  leftOut: number;
  timeLine: TimeLine;
  /** Of all sites together; null: nothing is counted. */
  impact:
    | (Pick<
        Impact,
        'final' | 'requests' | 'failed' | 'held' | 'heldLongestMs' | 'longestMs' | 'downSeconds' | 'transactionsLost'
      > & { sites: number })
    | null;
  /** Those worst hit first. */
  impacts: Impact[];
}

export interface IncidentOutline extends Omit<Incident, 'entries'>, Said {
  /** Its newest sentence. */
  headline: string;
  entries: number;
}

export interface IncidentsAnswer {
  incidents: IncidentOutline[];
  next: string | null;
}

/** The messages of `/events`. */
export interface Hello {
  controller: string;
  /** The controller's clock. */
  at: number;
  missed: boolean;
}

export type FeedMessage =
  | { event: 'hello'; data: Hello }
  | { event: 'zones'; data: { zones: ZoneStatus[]; storeFresh: boolean } }
  | { event: 'site'; data: SiteStatus }
  | { event: 'traffic'; data: { site: string; seconds: TrafficSecond[] } }
  | { event: 'sites'; data: { changed: number } }
  | { event: 'incident'; data: { incident: IncidentOutline; entries: IncidentEntry[] } };

/** What asking would do, and what it risks. */
export interface PreviewAnswer {
  would: boolean;
  sentence: string;
  refusal: string | null;
  evidence: Evidence[];
  steps: string[];
  risks: string[];
}

/** Of a zone's evacuation or return: those concerned, and why some would not move. */
export interface ZoneAnswer {
  sentence: string;
  sites: string[];
  refused: { site: string; sentence: string; code: string }[];
}

export interface DrillsAnswer {
  drill: Drill | null;
  /** Newest last. */
  results: DrillResult[];
}

interface LevelFigures {
  requests: number;
  failed: number;
  minutes: number;
  badMinutes: number;
  excludedMinutes: number;
  unmeasuredMinutes: number;
  /** 0–1; null: no minute counts. */
  availability: number | null;
}

export interface DayLevel extends LevelFigures {
  /** `2026-11-29`, UTC. */
  day: string;
}

/** The service level of a month, as far as it has gone. */
export interface LevelAnswer {
  site: string;
  month: string;
  target: number;
  figures: LevelFigures;
  budget: { minutes: number; used: number; left: number; burn: number | null };
  /** Percent of the monthly price. */
  credit: number;
  /** The alert that holds now; `burn`: so many times as fast as the target allows, null: it allows nothing. */
  burning: { rule: 'fast' | 'steady' | 'slow'; burn: number | null } | null;
  days: DayLevel[];
}

/** One second of a site's visitors. */
export interface TrafficSecond {
  at: number;
  zones: { zone: string; requests: number; failed: number; p50Ms: number | null; p99Ms: number | null }[];
}

export interface TrafficAnswer {
  /** Oldest first. */
  seconds: TrafficSecond[];
}

export interface Token {
  id: string;
  kind: 'token' | 'session';
  name: string;
  role: Me['role'];
  sites: string[];
  createdAt: number;
  createdBy: string;
  expiresAt: number;
  lastUsedAt: number | null;
}

export interface TokensAnswer {
  tokens: Token[];
  next: string | null;
}

export interface NewToken {
  sentence: string;
  /** Shown this once. */
  secret: string;
}

export interface AuditAnswer {
  entries: {
    id: string;
    at: number;
    who: string;
    role: string;
    via: string;
    what: string;
    target: string;
    why: string;
    /** `done`, or an error's code; null: not known. */
    outcome: string | null;
    sentence: string;
  }[];
  next: string | null;
}

export interface NoticesAnswer {
  notices: {
    id: string;
    person: string;
    address: { channel: string; to: string };
    createdAt: number;
    attempts: number;
    lastTrouble: string | null;
    state: 'waiting' | 'dead' | 'sent';
    sentAt: number | null;
    subject: string;
  }[];
}

export interface Subscriber {
  id: string;
  channel: 'email' | 'webhook';
  /** Masked for anyone but administrators. */
  to: string;
  /** Null: everything on the overall page. */
  site: string | null;
  link: number | null;
  askedAt: number | null;
  confirmedAt: number | null;
}

export interface SubscribersAnswer {
  subscribers: Subscriber[];
  next: string | null;
}
