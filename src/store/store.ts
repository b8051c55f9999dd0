/** The one place where decisions become facts, in domain words. Two implementations: etcd.ts, memory.ts; one contract suite. */
import type {
  EdgeRecord,
  Epoch,
  Incident,
  IncidentEntry,
  Placement,
  SiteId,
  SiteRecord,
  SiteSecrets,
  SiteSpec,
  WallMs,
  ZoneId,
  ZoneRecord,
} from '../model/index.ts';

export interface Snapshot {
  zones: ZoneRecord[];
  edges: EdgeRecord[];
  sites: SiteRecord[];
  placements: Placement[];
}

/** A new placement, and what goes into the incident's chain in the same transaction: neither can exist without the other. */
export interface PlacementChange {
  /** The epoch that this change was decided on; `next.epoch` is one more. */
  expected: Epoch;
  next: Placement;
  /** Appended to this incident under a key derived from site and epoch. */
  incident: { id: string; entries: IncidentEntry[] } | null;
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
  /**
   * No majority has answered for a while (`false`), or one does again (`true`, after a snapshot). `true` is repeated at each
   * confirmation, several times a second, so that a listener that was paused knows how old the newest one is.
   */
  fresh(fresh: boolean): void;
}

/** Every call has a deadline and throws StoreUnavailable when the store has not answered by then. */
export interface Store {
  /** Linearizable read of everything. */
  read(): Promise<Snapshot>;
  /** Linearizable read of one placement. */
  placement(site: SiteId): Promise<Placement | null>;
  /** Each change is its own compare-and-set on the epoch; the outcomes are in the order of the changes. */
  commit(changes: PlacementChange[]): Promise<CommitOutcome[]>;
  /** Adds the site with a slot, secrets and its first placement (all in one transaction), or replaces the description of one that exists. */
  applySite(spec: SiteSpec, now: WallMs): Promise<SiteRecord>;
  secrets(site: SiteId): Promise<SiteSecrets | null>;
  /** Merges the given fields into the zone's record (agent and controller register separately). */
  registerZone(zone: ZoneId, fields: Partial<Omit<ZoneRecord, 'zone'>>): Promise<void>;
  registerEdge(edge: EdgeRecord): Promise<void>;
  /** Appends once: a second call with the same `key` in the same incident changes nothing and answers false. */
  appendToIncident(id: string, key: string, entries: IncidentEntry[]): Promise<boolean>;
  /** Newest first, at most `most`. */
  incidents(most: number): Promise<Incident[]>;
  incident(id: string): Promise<Incident | null>;
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
