/** The one place where decisions become facts, in domain words. Two implementations: etcd.ts, memory.ts; one contract suite. */
import type {
  AuditEntry,
  Claim,
  DrillResult,
  EdgeRecord,
  Epoch,
  Incident,
  IncidentEntry,
  Notice,
  Opening,
  Placement,
  ServiceSpec,
  SiteId,
  SiteRecord,
  SiteSecrets,
  SiteSpec,
  Subscriber,
  TokenRecord,
  Told,
  WallMs,
  ZoneId,
  ZoneRecord,
} from '../model/index.ts';

export interface Snapshot {
  zones: ZoneRecord[];
  edges: EdgeRecord[];
  sites: SiteRecord[];
  placements: Placement[];
  claims: Claim[];
  /** Null, or left out: nobody has described the service. */
  service?: ServiceSpec | null;
}

/** A new placement, and what goes into the incident's chain in the same transaction: neither can exist without the other. */
export interface PlacementChange {
  /** The epoch that this change was decided on; `next.epoch` is one more. */
  expected: Epoch;
  next: Placement;
  /** Appended to this incident under a key derived from site and epoch. */
  incident: { id: string; entries: IncidentEntry[] } | null;
  /**
   * This change opens its incident, and claims the subject with it. Beaten, like all changes of the same call that open that incident,
   * when somebody has opened another one meanwhile.
   */
  opens?: Opening | undefined;
  /** The same for the record of a planned move, which may go on beside an incident. */
  journal?: { id: string; entries: IncidentEntry[] } | undefined;
  /** Of the drill that ends with this change; kept with the site's newest `MOST_DRILL_RESULTS`. */
  drill?: DrillResult | undefined;
}

export type CommitOutcome =
  | { outcome: 'committed' }
  /** Somebody else was first; nothing was written. */
  | { outcome: 'beaten' };

export interface WatchListener {
  /** Everything, as of one moment: at the start and again after every gap. `fresh` from here on. */
  snapshot(all: Snapshot): void;
  /** Only ever called with a higher epoch than before for that site, whichever member told it first. */
  placement(placement: Placement): void;
  site(site: SiteRecord): void;
  zone(zone: ZoneRecord): void;
  edge(edge: EdgeRecord): void;
  service?(service: ServiceSpec): void;
  /** Never before the placements that were committed with it. */
  claim?(claim: Claim): void;
  /**
   * No majority has answered for a while (`false`), or one does again (`true`, after a snapshot). `true` is repeated at each
   * confirmation, several times a second, so that a listener that was paused knows how old the newest one is.
   */
  fresh(fresh: boolean): void;
}

/** A value, and which writing of it this is: changed only by who knows the newest. */
export interface Kept<T> {
  value: T;
  revision: string;
}

/** Entries that were appended to an incident together. `order` grows with each appending, to any incident. */
export interface Appended {
  order: number;
  entries: IncidentEntry[];
}

/** A notice, and what it makes told. Neither exists without the other. */
export interface NewNotice {
  notice: Notice;
  told: Told[];
}

/** Messages on their way. None is lost by whoever dies when; see `notify/`. */
export interface Outbox {
  /** Each is kept only if neither it nor anything that it tells is there yet. Answers, in their order, which were kept. */
  addNotices(notices: NewNotice[]): Promise<boolean[]>;
  notice(id: string): Promise<Kept<Notice> | null>;
  /** Of one state, the earliest first (see `noticeIndexKey` for by which time), up to `until`, at most `most`. */
  notices(
    state: Notice['state'],
    asked: { until?: WallMs; most: number; newestFirst?: boolean },
  ): Promise<Kept<Notice>[]>;
  /** As it stands then. Null: somebody else has changed it meanwhile; nothing was written. */
  changeNotice(known: Kept<Notice>, next: Notice): Promise<Kept<Notice> | null>;
  /** Removes a notice that was sent. False: somebody else was faster. @throws Error for one that was not sent */
  forgetNotice(known: Kept<Notice>): Promise<boolean>;
  /** What was told of an event, in the order of addresses and sequences. */
  told(event: string): Promise<Told[]>;
}

/** Who may use the API. */
export interface TokenBook {
  /** False: there is one with this id, and nothing was written. */
  addToken(token: TokenRecord): Promise<boolean>;
  token(id: string): Promise<TokenRecord | null>;
  /** In the order of their ids, from after `after`, at most `most`. */
  tokens(asked: { after?: string; most: number }): Promise<TokenRecord[]>;
  /** Notes when it was last used; nothing happens when it is gone. */
  touchToken(id: string, at: WallMs): Promise<void>;
  /** False: there was none. */
  removeToken(id: string): Promise<boolean>;
}

/** What was asked for over the API. */
export interface AuditBook {
  /** Written a second time, under the same id, once the outcome is known. */
  keepAudit(entry: AuditEntry): Promise<void>;
  /** Newest first, of those before the id `before`, at most `most`. */
  audit(asked: { before?: string; most: number }): Promise<AuditEntry[]>;
  /** Removes what was asked before the moment `until`. */
  forgetAudit(until: WallMs): Promise<void>;
}

/** Who asked to be told of what stands on the status page. */
export interface SubscriberBook {
  subscriber(id: string): Promise<Kept<Subscriber> | null>;
  /** In the order of their ids: those whose id begins with `of`, from after `after`, at most `most`. */
  subscribers(asked: { of?: string; after?: string; most: number }): Promise<Subscriber[]>;
  /** `known` null: there is none so far. False: somebody else has changed it meanwhile; nothing was written. */
  keepSubscriber(known: Kept<Subscriber> | null, next: Subscriber): Promise<boolean>;
  /** Nothing happens when there is none. */
  forgetSubscriber(id: string): Promise<void>;
}

/** Every call has a deadline and throws StoreUnavailable when the store has not answered by then. */
export interface Store extends Outbox, TokenBook, AuditBook, SubscriberBook {
  /** Linearizable read of everything. */
  read(): Promise<Snapshot>;
  /** Linearizable read of one placement. */
  placement(site: SiteId): Promise<Placement | null>;
  /**
   * Each change is its own compare-and-set on the epoch; those that open an incident share a second one, on the claim of its subject. The
   * outcomes are in the order of the changes.
   */
  commit(changes: PlacementChange[]): Promise<CommitOutcome[]>;
  /** Adds the site with a slot, secrets and its first placement (all in one transaction), or replaces the description of one that exists. */
  applySite(spec: SiteSpec, now: WallMs): Promise<SiteRecord>;
  service(): Promise<ServiceSpec | null>;
  /** Replaces the description of the service. */
  applyService(spec: ServiceSpec): Promise<void>;
  secrets(site: SiteId): Promise<SiteSecrets | null>;
  /** Merges the given fields into the zone's record (agent and controller register separately). */
  registerZone(zone: ZoneId, fields: Partial<Omit<ZoneRecord, 'zone'>>): Promise<void>;
  /**
   * A person takes every site out of a zone, or gives it back (null). The rest of the record stays; a zone that is evacuated already keeps
   * who did it and when. Answers the record as it is then; null: there is no such zone, and none is made.
   */
  setEvacuated(zone: ZoneId, evacuated: ZoneRecord['evacuated']): Promise<ZoneRecord | null>;
  registerEdge(edge: EdgeRecord): Promise<void>;
  /** How the site's drills ended, newest last, at most `MOST_DRILL_RESULTS`. */
  drillResults(site: SiteId): Promise<DrillResult[]>;
  /** Appends once: a second call with the same `key` in the same incident changes nothing and answers false. */
  appendToIncident(id: string, key: string, entries: IncidentEntry[]): Promise<boolean>;
  /** Newest first, at most `most`. */
  incidents(most: number): Promise<Incident[]>;
  incident(id: string): Promise<Incident | null>;
  /** Newest first, at most `most`; reads no entries. */
  incidentIds(most: number): Promise<string[]>;
  /** What was appended to an incident with an `order` above `after`, in that order. */
  incidentSince(id: string, after: number): Promise<Appended[]>;
  /** Calls the listener until the returned function is called. Listener calls are never concurrent. */
  watch(listener: WatchListener): () => void;
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  constructor(what: string, cause?: unknown) {
    super(`the store did not answer: ${what}`, { cause });
    this.name = 'StoreUnavailable';
  }
}
