/** What the API needs of the controller that it is part of. */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { World } from '../decide/index.ts';
import type {
  Finding,
  Impact,
  Placement,
  ServiceSpec,
  SiteId,
  SiteRecord,
  SiteSpec,
  SiteStatus,
  ZoneId,
  ZoneStatus,
} from '../model/index.ts';
import type { EventLog } from '../notify/happenings.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { JournalNaming } from '../record/journal.ts';
import type { Levels } from '../record/level/asked.ts';
import type { BurnEpisode } from '../record/level/episodes.ts';
import type { Store } from '../store/store.ts';
import type { Authenticator } from './authenticate.ts';
import type { Feed } from './feed.ts';
import type { IncidentBook } from './incident-book.ts';
import type { SiteIndex } from './site-index.ts';
import type { Traffic } from './traffic.ts';

/** What this controller sees and decides, as lines for replay. */
export interface Observations {
  /** So many read along that nobody else may. */
  full(): boolean;
  /** From now on, until the reader has gone. */
  follow(response: ServerResponse): Promise<void>;
  /** What was kept of an incident; null: nothing, here. */
  kept(incident: string): Readable | null;
}

export const PRACTICE_VERBS = ['kill', 'freeze', 'cut', 'heal'] as const;
export type PracticeVerb = (typeof PRACTICE_VERBS)[number];

/** Zones that may be broken on purpose: those of a local platform. */
export interface Practice {
  /** It happens a moment later. @throws HoldfastError `practice-unavailable` */
  begin(verb: PracticeVerb, zone: ZoneId): Promise<void>;
}

export interface ApiOptions {
  /** Of this controller. */
  zone: ZoneId;
  clusterKey: string;
  clock: Clock;
  log: Log;
  store: Store;
  state: {
    readonly sites: ReadonlyMap<SiteId, SiteRecord>;
    readonly placements: ReadonlyMap<SiteId, Placement>;
    readonly service: ServiceSpec | null;
    /** The store has answered lately. */
    readonly fresh: boolean;
    onChange(listener: (sites: SiteId[]) => void): () => void;
  };
  /** As this controller sees them now. */
  zones(): ZoneStatus[];
  /** In the order asked; names that are not known are left out. */
  sitesOf(names: readonly SiteId[]): SiteStatus[];
  /** The world with one site; null: not known, or this controller has only just begun to listen. */
  look(site: SiteId): World | null;
  findings(): Finding[];
  naming: JournalNaming;
  observations: Observations;
  /** Null: these zones are real, and nobody breaks them from here. */
  practice: Practice | null;
  levels: Levels;
  /** What an incident has meant so far, for the sites that this controller counts. */
  impactsOf(incident: string): Impact[];
  /** The error budget of this site burns now, as far as the asked controller has looked; null: it does not. */
  burning(site: SiteId): BurnEpisode | null;
  /** Tells people of a change of plan. */
  tell(event: EventLog, about?: readonly SiteSpec[]): Promise<void>;
}

export interface ApiParts extends ApiOptions {
  index: SiteIndex;
  traffic: Traffic;
  feed: Feed;
  incidents: IncidentBook;
  authenticator: Authenticator;
  /** The OpenAPI document. */
  document(): Record<string, unknown>;
}
