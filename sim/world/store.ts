/**
 * The store as a cluster of three members, one a zone, with a leader: who can reach a member that has a majority is answered.
 * What is stored and how handles fail is the real in-memory store's; only reachability is worked out here.
 */
import type { Placement, SiteRecord, ZoneId, ZoneRecord } from '../../src/model/index.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from '../../src/store/memory.ts';
import type { StateItem } from '../../src/store/snapshot.ts';
import type { Random } from '../random.ts';
import type { Engine, Timer } from './engine.ts';
import type { Place } from './faults.ts';
import type { Network } from './network.ts';
import type { Process } from './process.ts';
import type { Seats } from './seats.ts';

/** Told of each placement that the store took, with the very object that was handed to it. */
export type CommitListener = (next: Placement, before: Placement | null) => void;

/** The cluster's memory; what watchers are told is shared between them, since nobody in this process changes it. */
export class WorldCluster extends MemoryCluster {
  readonly #onCommit: CommitListener;
  readonly #onZone: (zone: ZoneRecord) => void;
  readonly #onSite: (site: SiteRecord) => void;
  readonly #known = new Map<string, Placement>();
  constructor({ onCommit, onZone, onSite }: Pick<StoreParts, 'onCommit' | 'onZone' | 'onSite'>) {
    super();
    this.#onCommit = onCommit;
    this.#onZone = onZone;
    this.#onSite = onSite;
  }
  override tell(change: StateItem): void {
    if (change.kind === 'placements') {
      this.#onCommit(change.item, this.#known.get(change.item.site) ?? null);
      this.#known.set(change.item.site, change.item);
    }
    if (change.kind === 'zones') this.#onZone(change.item);
    if (change.kind === 'sites') this.#onSite(change.item);
    for (const watcher of this.watchers) watcher(change);
  }
}

export interface StoreService {
  cluster: WorldCluster;
  /** A handle for one program; closed when the program ends. */
  open(process: Process): MemoryStore;
  /** So much longer everything takes that is asked from there; returns what undoes it. */
  slow(place: Place | null, addedMs: number): () => void;
  leader(): ZoneId | null;
}

interface Handle {
  process: Process;
  store: MemoryStore;
  via: ZoneId | null;
  switching: Timer | null;
}

const ELECTION_MS = { least: 300, most: 600 };
/** A client finds out that its member does not answer, and asks the next. */
const SILENT_MEMBER_MS = { least: 300, most: 600 };
const REFUSED_MEMBER_MS = { least: 5, most: 50 };

export interface StoreParts {
  engine: Engine;
  random: Random;
  net: Network;
  seats: Seats;
  zones: readonly ZoneId[];
  onCommit: CommitListener;
  /** Told of each zone's record that the store took. */
  onZone(zone: ZoneRecord): void;
  /** Told of each site's description that the store took. */
  onSite(site: SiteRecord): void;
}

export function createStoreService({ engine, random, net, seats, zones, ...told }: StoreParts): StoreService {
  const cluster = new WorldCluster(told);
  const handles = new Set<Handle>();
  const slowness = new Map<symbol, { place: Place | null; addedMs: number }>();
  let leader: ZoneId | null = zones[0]!;
  let electing = false;

  const runs = (zone: ZoneId) => seats.of('store', zone).process?.state() === 'running';
  const linked = (one: Place, other: Place) => !net.isCut(one, other) && !net.isCut(other, one);
  const hasMajority = (zone: ZoneId) =>
    runs(zone) && zones.filter((other) => runs(other) && linked(zone, other)).length * 2 > zones.length;
  const serves = (member: ZoneId, place: Place) =>
    leader !== null && runs(member) && linked(place, member) && linked(member, leader) && hasMajority(leader);

  const delayFrom = (place: Place) => {
    let addedMs = 0;
    for (const one of slowness.values()) if (one.place === null || one.place === place) addedMs += one.addedMs;
    const lossy = leader !== null && net.lossOf(place, leader) > 0.1 ? 100 : 0;
    return random.between(2, 5) + addedMs + lossy;
  };

  const look = (handle: Handle) => {
    const { place } = handle.process;
    handle.store.setDelayMs(delayFrom(place));
    if (handle.via !== null && serves(handle.via, place)) return handle.store.setAvailable(true);
    handle.store.setAvailable(false);
    const next = [place, ...zones].find((member) => zones.includes(member) && serves(member, place));
    if (next === undefined || handle.switching !== null) return;
    const silent = handle.via !== null && (!linked(place, handle.via) || runs(handle.via));
    const { least, most } = silent ? SILENT_MEMBER_MS : REFUSED_MEMBER_MS;
    handle.switching = engine.after(handle.via === null ? 0 : random.between(least, most), () => {
      handle.switching = null;
      handle.via = [place, ...zones].find((member) => zones.includes(member) && serves(member, place)) ?? handle.via;
      look(handle);
    });
  };

  const elect = () => {
    if (electing) return;
    electing = true;
    engine.after(engine.now() === 0 ? 1 : random.between(ELECTION_MS.least, ELECTION_MS.most), () => {
      electing = false;
      const able = zones.filter(hasMajority);
      if (able.length > 0) leader = random.pick(able);
      lookAll();
    });
  };

  const lookAll = () => {
    if (leader !== null && !hasMajority(leader)) leader = null;
    if (leader === null && zones.some(hasMajority)) elect();
    for (const handle of handles) look(handle);
  };
  net.onChange(lookAll);
  seats.onChange(lookAll);

  return {
    cluster,
    leader: () => leader,
    open(process) {
      const store = openMemoryStore(cluster, { clock: process.clock, deadlineMs: 500 });
      const handle: Handle = { process, store, via: null, switching: null };
      handles.add(handle);
      process.onEnd(() => {
        handles.delete(handle);
        void store.close();
      });
      look(handle);
      return store;
    },
    slow(place, addedMs) {
      const key = Symbol('slow');
      slowness.set(key, { place, addedMs });
      lookAll();
      return () => {
        slowness.delete(key);
        lookAll();
      };
    },
  };
}
