/** One installation as the simulations draw it: three zones, two edges, eight to twelve sites from one request an hour to 2,000 a second. */
import type { StoreState } from '../../src/controller/world.ts';
import {
  DEFAULT_POLICY,
  type Patience,
  type Placement,
  SITE_DEFAULTS,
  type SiteId,
  type SiteRecord,
  type ZoneId,
} from '../../src/model/index.ts';
import { type Chance, createChance, mixSeed } from './random.ts';

export const ZONES: readonly ZoneId[] = ['a', 'b', 'c'];
export const EDGES = ['edge-1', 'edge-2'] as const;

export interface SimSite {
  site: SiteId;
  /** Requests a second over all edges on an ordinary afternoon. */
  rate: number;
  /** Share of requests that end in a 5xx on any day, by faults of the site itself: the same in every zone. */
  errors: number;
  /** How many failures come together on average: one visitor retries one broken page. */
  clump: number;
  medianMs: number;
  sigma: number;
  /** Zone numbers, the live one first. */
  zones: number[];
}

export interface Cluster {
  seed: number;
  sites: SimSite[];
  /** One-way network time between two nodes, ms: zones 0–2, edges 3–4. */
  wayMs: number[][];
}

/** Requests a second of the twelve sites that a cluster is drawn from; every one has the first eight. */
const RATES = [2_000, 250, 60, 20, 5, 1, 1 / 60, 1 / 3_600, 100, 30, 10, 0.2];

export function drawCluster(seed: number): Cluster {
  const chance = createChance(mixSeed(seed, 77));
  const count = 8 + chance.below(5);
  const oneZone = chance.happens(0.25);
  const sites = RATES.slice(0, count).map((rate, index) => drawSite(chance, index, rate, oneZone));
  // One site of each cluster is known for its errors, and not always the same.
  sites[1 + chance.below(5)]!.errors = 0.05;
  return { seed, sites, wayMs: drawWays(chance) };
}

function drawSite(chance: Chance, index: number, rate: number, oneZone: boolean): SimSite {
  const live = oneZone ? 0 : index % 3;
  const other = chance.happens(0.5) ? 1 : 2;
  return {
    site: `site-${index + 1}`,
    rate: rate * chance.logBetween(0.7, 1 / 0.7),
    errors: chance.logBetween(0.0001, 0.01),
    clump: chance.between(1, 2.5),
    medianMs: chance.logBetween(15, 150),
    sigma: chance.pick([0.5, 0.7, 0.9]),
    zones: [live, (live + other) % 3, (live + 3 - other) % 3],
  };
}

/** Zones of one region are 0.3 to 1.5 ms apart, edges 3 to 35 ms from them. */
export function drawWays(chance: Chance): number[][] {
  const ways = Array.from({ length: 5 }, () => Array<number>(5).fill(0));
  for (let from = 0; from < 5; from += 1) {
    for (let to = from + 1; to < 5; to += 1) {
      const ms = to < 3 ? chance.between(0.3, 1.5) : chance.between(3, 35);
      ways[from]![to] = ms;
      ways[to]![from] = ms;
    }
  }
  return ways;
}

/** The store's view at the beginning: every site protected, its third zone a spare. */
export function storeOf(cluster: Cluster, patience: Patience): StoreState & { placements: Map<SiteId, Placement> } {
  const sites = new Map(cluster.sites.map((site, slot) => [site.site, recordOf(site, slot, patience)]));
  const placements = new Map(cluster.sites.map((site) => [site.site, placementOf(site)]));
  return { sites, placements };
}

function recordOf({ site, zones }: SimSite, slot: number, patience: Patience): SiteRecord {
  return {
    slot,
    spec: {
      site,
      hosts: [`${site}.example`],
      plan: 'elite',
      zones: zones.map((zone) => ZONES[zone]!),
      application: {
        install: [],
        processes: [],
        environment: {},
        ready: { path: '/ready', timeoutMs: 1_000 },
        setup: null,
        cron: null,
      },
      database: { name: site },
      files: [],
      notify: [],
      failover: { ...DEFAULT_POLICY, patience },
      ...SITE_DEFAULTS,
    },
  };
}

function placementOf({ site, zones }: SimSite): Placement {
  const [live, standby, spare] = zones.map((zone) => ZONES[zone]!);
  return {
    site,
    epoch: 7,
    live: live!,
    standby: standby!,
    inSync: true,
    spares: [spare!],
    initialised: true,
    promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null },
    former: null,
    incident: null,
    decision: 'record-in-sync',
    committedAt: 0,
    protectionSince: 0,
    moves: [],
    approval: null,
    order: null,
    drill: null,
    drilledAt: null,
  };
}
