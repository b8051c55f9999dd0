/** The store's twin in memory: one cluster object, many handles, each of which can be slowed down or cut off. For tests and simulation. */
import {
  type DrillResult,
  type EdgeRecord,
  firstPlacement,
  type IncidentEntry,
  type Placement,
  type ServiceSpec,
  type SiteRecord,
  type SiteSecrets,
  type SiteSpec,
  type ZoneRecord,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { assertChanges, evacuate, withDrill } from './changes.ts';
import { toIncident } from './incidents.ts';
import { changeEntriesKey } from './keys.ts';
import { type MemoryAccess, memoryAccess } from './memory-access.ts';
import { type MemoryNotices, memoryOutbox } from './memory-outbox.ts';
import { type MemorySubscribers, memorySubscribers } from './memory-subscribers.ts';
import { watchMemory } from './memory-watch.ts';
import { newSecrets } from './new-secrets.ts';
import type { StateItem } from './snapshot.ts';
import {
  type Appended,
  type CommitOutcome,
  type PlacementChange,
  type Snapshot,
  type Store,
  StoreUnavailable,
} from './store.ts';

/** What all handles share. Everything in it is a copy: nobody can change it from outside by holding on to what was given or read. */
export class MemoryCluster {
  /** False: no handle is answered, as when a majority of the members is gone. */
  available = true;
  readonly zones = new Map<string, ZoneRecord>();
  readonly edges = new Map<string, EdgeRecord>();
  readonly sites = new Map<string, SiteRecord>();
  readonly placements = new Map<string, Placement>();
  /** Subject → the newest incident about it. */
  readonly claims = new Map<string, string>();
  readonly secrets = new Map<string, SiteSecrets>();
  readonly incidents = new Map<string, Map<string, IncidentEntry[]>>();
  /** Grows with each appending; each group's number under `ID KEY`. */
  appendings = 0;
  readonly appended = new Map<string, number>();
  readonly outbox: MemoryNotices = { notices: new Map(), told: new Map(), changes: 0 };
  readonly access: MemoryAccess = { tokens: new Map(), audit: new Map() };
  readonly subscribers: MemorySubscribers = { kept: new Map(), changes: 0 };
  readonly drills = new Map<string, DrillResult[]>();
  service: ServiceSpec | null = null;
  readonly watchers = new Set<(change: StateItem) => void>();

  snapshot(): Snapshot {
    const sorted = <V>(map: Map<string, V>) =>
      [...map].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
    return structuredClone({
      zones: sorted(this.zones),
      edges: sorted(this.edges),
      sites: sorted(this.sites),
      placements: sorted(this.placements),
      claims: [...this.claims].toSorted().map(([subject, incident]) => ({ subject, incident })),
      service: this.service,
    });
  }

  tell(change: StateItem): void {
    for (const watcher of this.watchers) watcher(structuredClone(change));
  }
}

export interface MemoryStoreOptions {
  clock: Clock;
  /** As for the etcd store. */
  deadlineMs?: number;
}

export interface MemoryStore extends Store {
  /** False: this handle is cut off; its calls end in StoreUnavailable at the deadline, its watches hear nothing. */
  setAvailable(available: boolean): void;
  /** Half of it passes before a call takes effect, half before its answer arrives; watches hear everything this late. */
  setDelayMs(delayMs: number): void;
}

/** How a handle reaches the cluster at the moment. */
export interface Reach {
  available(): boolean;
  delayMs(): number;
}

export function openMemoryStore(
  cluster: MemoryCluster,
  { clock, deadlineMs = 1_000 }: MemoryStoreOptions,
): MemoryStore {
  const watches = new Set<() => void>();
  let available = true;
  let delayMs = 0;
  let closed = false;
  const reach: Reach = { available: () => available && cluster.available && !closed, delayMs: () => delayMs };

  /** Takes effect or does not, answers or does not, as a call over a network would. */
  const call = async <T>(what: string, work: () => T): Promise<T> => {
    if (closed) throw new StoreUnavailable(`${what} (this handle was closed)`);
    const started = clock.mono();
    const giveUp = async (): Promise<never> => {
      await clock.sleep(deadlineMs - (clock.mono() - started));
      throw new StoreUnavailable(what);
    };
    if (!reach.available() || delayMs / 2 > deadlineMs) return giveUp();
    if (delayMs > 0) await clock.sleep(delayMs / 2);
    if (!reach.available()) return giveUp();
    const value = structuredClone(work());
    if (delayMs > deadlineMs) return giveUp();
    if (delayMs > 0) await clock.sleep(delayMs / 2);
    return reach.available() ? value : giveUp();
  };

  return {
    ...memoryOutbox(cluster.outbox, call),
    ...memoryAccess(cluster.access, call),
    ...memorySubscribers(cluster.subscribers, call),
    read: () => call('reading everything', () => cluster.snapshot()),
    placement: (site) => call(`reading ${site}`, () => cluster.placements.get(site) ?? null),
    commit: async (changes) => {
      assertChanges(changes);
      return call('committing', () => commitChanges(cluster, changes));
    },
    applySite: (spec, now) => call(`describing ${spec.site}`, () => applySite(cluster, spec, now)),
    service: () => call('reading the description of the service', () => cluster.service),
    applyService: (spec) =>
      call('describing the service', () => {
        cluster.service = structuredClone(spec);
        cluster.tell({ kind: 'service', item: spec });
      }),
    secrets: (site) => call(`reading the secrets of ${site}`, () => cluster.secrets.get(site) ?? null),
    registerZone: (zone, fields) =>
      call(`registering ${zone}`, () => {
        const blank: ZoneRecord = { zone, agent: null, controller: null, host: null, portBase: null, evacuated: null };
        const item = { ...(cluster.zones.get(zone) ?? blank), ...structuredClone(fields), zone };
        cluster.zones.set(zone, item);
        cluster.tell({ kind: 'zones', item });
      }),
    setEvacuated: (zone, evacuated) =>
      call(`evacuating ${zone}`, () => {
        const known = cluster.zones.get(zone);
        if (known === undefined) return null;
        const item = evacuate(known, evacuated);
        cluster.zones.set(zone, structuredClone(item));
        cluster.tell({ kind: 'zones', item });
        return item;
      }),
    registerEdge: (edge) =>
      call(`registering ${edge.edge}`, () => {
        cluster.edges.set(edge.edge, structuredClone(edge));
        cluster.tell({ kind: 'edges', item: edge });
      }),
    drillResults: (site) => call(`reading the drills of ${site}`, () => cluster.drills.get(site) ?? []),
    appendToIncident: (id, key, entries) => call(`appending to ${id}`, () => append(cluster, id, key, entries)),
    incidents: (most) =>
      call('reading incidents', () => {
        const newest = [...cluster.incidents.keys()].toSorted().reverse().slice(0, most);
        return newest.map((id) => incidentOf(cluster, id)).filter((incident) => incident !== null);
      }),
    incident: (id) => call(`reading ${id}`, () => incidentOf(cluster, id)),
    incidentIds: (most) =>
      call('reading which incidents there are', () =>
        [...cluster.incidents.keys()].toSorted().reverse().slice(0, most),
      ),
    incidentSince: (id, after) => call(`reading what is new of ${id}`, () => appendedSince(cluster, id, after)),
    watch: (listener) => {
      const stop = watchMemory({ cluster, clock, reach, listener });
      watches.add(stop);
      return () => {
        watches.delete(stop);
        stop();
      };
    },
    close: async () => {
      closed = true;
      for (const stop of watches) stop();
      watches.clear();
    },
    setAvailable: (now) => {
      available = now;
    },
    setDelayMs: (now) => {
      delayMs = now;
    },
  };
}

function commitChanges(cluster: MemoryCluster, changes: PlacementChange[]): CommitOutcome[] {
  const claimed = claim(cluster, changes);
  const outcomes = changes.map((change): CommitOutcome => {
    const lost = change.opens !== undefined && !claimed.has(change.opens.subject);
    return lost ? { outcome: 'beaten' } : commitChange(cluster, change);
  });
  for (const [subject, incident] of claimed) cluster.tell({ kind: 'claims', item: { subject, incident } });
  return outcomes;
}

/** Takes the subjects about which nobody else has opened an incident meanwhile; answers these, with the incidents. */
function claim({ claims }: MemoryCluster, changes: PlacementChange[]): Map<string, string> {
  const claimed = new Map<string, string>();
  for (const { opens, next } of changes)
    if (opens !== undefined && (claims.get(opens.subject) ?? null) === opens.after)
      claimed.set(opens.subject, next.incident!);
  for (const [subject, incident] of claimed) claims.set(subject, incident);
  return claimed;
}

function commitChange(
  cluster: MemoryCluster,
  { expected, next, incident, journal, drill }: PlacementChange,
): CommitOutcome {
  if (cluster.placements.get(next.site)?.epoch !== expected) return { outcome: 'beaten' };
  cluster.placements.set(next.site, structuredClone(next));
  if (drill !== undefined)
    cluster.drills.set(next.site, withDrill(cluster.drills.get(next.site) ?? [], structuredClone(drill)));
  for (const chain of [incident, journal])
    if (chain) append(cluster, chain.id, changeEntriesKey(next.site, next.epoch), chain.entries);
  cluster.tell({ kind: 'placements', item: next });
  return { outcome: 'committed' };
}

function applySite(cluster: MemoryCluster, spec: SiteSpec, now: number): SiteRecord {
  const known = cluster.sites.get(spec.site);
  const record: SiteRecord = { spec: structuredClone(spec), slot: known?.slot ?? freeSlot(cluster) };
  cluster.sites.set(spec.site, record);
  if (known === undefined) {
    cluster.secrets.set(spec.site, newSecrets());
    cluster.placements.set(spec.site, firstPlacement(spec.site, spec.zones[0]!, now));
    cluster.tell({ kind: 'placements', item: cluster.placements.get(spec.site)! });
  }
  cluster.tell({ kind: 'sites', item: record });
  return record;
}

function freeSlot(cluster: MemoryCluster): number {
  const taken = new Set([...cluster.sites.values()].map((record) => record.slot));
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
}

function append(cluster: MemoryCluster, id: string, key: string, entries: IncidentEntry[]): boolean {
  const groups = cluster.incidents.get(id) ?? new Map<string, IncidentEntry[]>();
  cluster.incidents.set(id, groups);
  if (groups.has(key)) return false;
  groups.set(key, structuredClone(entries));
  cluster.appendings += 1;
  cluster.appended.set(`${id} ${key}`, cluster.appendings);
  return true;
}

function appendedSince(cluster: MemoryCluster, id: string, after: number): Appended[] {
  return [...(cluster.incidents.get(id) ?? [])]
    .map(([key, entries]) => ({ order: cluster.appended.get(`${id} ${key}`) ?? 0, entries }))
    .filter(({ order }) => order > after)
    .toSorted((one, other) => one.order - other.order);
}

function incidentOf(cluster: MemoryCluster, id: string) {
  const groups = cluster.incidents.get(id);
  return groups === undefined
    ? null
    : toIncident(
        id,
        [...groups].map(([key, entries]) => ({ key, entries })),
      );
}
