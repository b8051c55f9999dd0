/** What one program knows of the store: kept up to date by a watch, kept on disk, and there at the next start even when the store is not. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type {
  EdgeId,
  EdgeRecord,
  Placement,
  ServiceSpec,
  SiteId,
  SiteRecord,
  ZoneId,
  ZoneRecord,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { newId } from '../platform/random.ts';
import type { Snapshot, Store } from './store.ts';

/** Changes are written to the cache file together, so long after the first of them. */
const PERSIST_AFTER_MS = 50;
/** A confirmation counts for so long: a program that was paused must not take its old view for a fresh one when it wakes. */
const CONFIRMATION_LASTS_MS = 2_000;
const CACHE_VERSION = 1;

export interface View {
  readonly zones: ReadonlyMap<ZoneId, ZoneRecord>;
  readonly edges: ReadonlyMap<EdgeId, EdgeRecord>;
  readonly sites: ReadonlyMap<SiteId, SiteRecord>;
  /** Never goes back to a lower epoch, whatever the store, its members or the cache say. */
  readonly placements: ReadonlyMap<SiteId, Placement>;
  /** Subject → the newest incident about it (`Claim`). */
  readonly claims: ReadonlyMap<string, string>;
  /** Null: nobody has described the service, or it is not known yet. */
  readonly service: ServiceSpec | null;
  /** The store confirmed all of this lately. False from the start until its first answer. */
  readonly fresh: boolean;
  /** Called after each change of the maps or of `fresh`, with the sites concerned (empty: none, or not about sites). Returns what ends it. */
  onChange(listener: (sites: SiteId[]) => void): () => void;
  /** Resolves with `fresh` when that becomes true or the time is up. */
  whenFresh(timeoutMs: number): Promise<boolean>;
  /** Ends the watch and writes the cache file a last time. The store stays open. */
  close(): Promise<void>;
}

export interface ViewOptions {
  store: Store;
  clock: Clock;
  /** Absolute path; null: nothing is kept. Holds no secrets. */
  cacheFile: string | null;
  log: Log;
}

/** Starts from the cache file, if there is a usable one, and follows the store. Never waits for the store. */
export function openView({ store, clock, cacheFile, log }: ViewOptions): View {
  const zones = new Map<ZoneId, ZoneRecord>();
  const edges = new Map<EdgeId, EdgeRecord>();
  const sites = new Map<SiteId, SiteRecord>();
  const placements = new Map<SiteId, Placement>();
  const claims = new Map<string, string>();
  let service: ServiceSpec | null = null;
  const listeners = new Set<(sites: SiteId[]) => void>();
  const cache = createCache(cacheFile, clock, log, () => ({
    zones: [...zones.values()],
    edges: [...edges.values()],
    sites: [...sites.values()],
    placements: [...placements.values()],
    claims: [...claims].map(([subject, incident]) => ({ subject, incident })),
    service,
  }));
  let fresh = false;
  let confirmedAt = 0;
  let told = false;

  const isFresh = () => fresh && clock.mono() - confirmedAt <= CONFIRMATION_LASTS_MS;
  const changed = (concerned: SiteId[]) => {
    for (const listener of listeners) {
      try {
        listener(concerned);
      } catch (error) {
        log.error({ err: error }, 'a view listener threw');
      }
    }
  };
  const place = (placement: Placement): boolean => {
    const known = placements.get(placement.site);
    if (known !== undefined && known.epoch >= placement.epoch) return false;
    placements.set(placement.site, placement);
    return true;
  };
  const replace = (all: Snapshot) => {
    refill(zones, all.zones, (zone) => zone.zone);
    refill(edges, all.edges, (edge) => edge.edge);
    refill(sites, all.sites, (site) => site.spec.site);
    for (const placement of all.placements) place(placement);
    claims.clear();
    for (const { subject, incident } of all.claims) claims.set(subject, incident);
    service = all.service ?? null;
    for (const site of placements.keys()) if (!sites.has(site)) placements.delete(site);
  };
  /** After each change of a map: tell the listeners, write the cache soon. */
  const touched = (concerned: SiteId[]) => {
    cache.soon();
    changed(concerned);
  };

  const cached = cache.read();
  if (cached !== null) replace(cached);

  const stop = store.watch({
    snapshot: (all) => {
      replace(all);
      touched([...sites.keys()]);
    },
    placement: (placement) => {
      if (place(placement)) touched([placement.site]);
    },
    site: (site) => {
      sites.set(site.spec.site, site);
      touched([site.spec.site]);
    },
    zone: (zone) => {
      zones.set(zone.zone, zone);
      touched([]);
    },
    edge: (edge) => {
      edges.set(edge.edge, edge);
      touched([]);
    },
    claim: ({ subject, incident }) => {
      claims.set(subject, incident);
      touched([]);
    },
    service: (described) => {
      service = described;
      touched([]);
    },
    fresh: (now) => {
      fresh = now;
      if (now) confirmedAt = clock.mono();
      if (told !== now) {
        told = now;
        changed([]);
      }
    },
  });

  const view: View = {
    zones,
    edges,
    sites,
    placements,
    claims,
    get service() {
      return service;
    },
    get fresh() {
      return isFresh();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    whenFresh: (timeoutMs) =>
      new Promise((resolve) => {
        const check = () => isFresh() && end();
        const end = () => {
          cancel();
          listeners.delete(check);
          resolve(isFresh());
        };
        const cancel = clock.after(timeoutMs, end);
        listeners.add(check);
        check();
      }),
    close: async () => {
      stop();
      listeners.clear();
      cache.close();
    },
  };
  return view;
}

function refill<K, V>(map: Map<K, V>, values: V[], keyOf: (value: V) => K): void {
  map.clear();
  for (const value of values) map.set(keyOf(value), value);
}

/** The cache file: written whole beside its place and renamed, so that it is always one whole state or another. */
function createCache(file: string | null, clock: Clock, log: Log, current: () => Snapshot) {
  let cancel: (() => void) | null = null;
  let failing = false;
  const write = () => {
    cancel = null;
    if (file === null) return;
    const beside = `${file}.${newId()}`;
    try {
      writeFileSync(beside, JSON.stringify({ version: CACHE_VERSION, ...current() }), { mode: 0o600 });
      renameSync(beside, file);
      failing = false;
    } catch (error) {
      rmSync(beside, { force: true });
      if (!failing) log.warn({ err: error, file }, 'the view cannot be kept on disk');
      failing = true;
    }
  };
  return {
    soon: () => {
      if (file !== null) cancel ??= clock.after(PERSIST_AFTER_MS, write);
    },
    close: () => {
      if (cancel === null) return;
      cancel();
      write();
    },
    read: (): Snapshot | null => {
      if (file === null) return null;
      try {
        const {
          version,
          zones,
          edges,
          sites,
          placements,
          claims = [],
          service = null,
        } = JSON.parse(readFileSync(file, 'utf8'));
        const usable = version === CACHE_VERSION && [zones, edges, sites, placements, claims].every(Array.isArray);
        return usable ? { zones, edges, sites, placements, claims, service } : null;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          log.warn({ err: error, file }, 'the kept view cannot be read');
        return null;
      }
    },
  };
}
