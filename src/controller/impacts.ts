/**
 * What each incident meant for each of its sites, from the seconds that the edges keep: counted while it goes on, and written into the
 * incident when it is over. Everything is counted again by a controller that starts anew, since the edges keep seconds for a day.
 */
import type {
  EdgeId,
  Impact,
  IncidentEntry,
  Placement,
  ServiceLevel,
  SiteId,
  WallMs,
  Window,
  ZoneId,
} from '../model/index.ts';
import { rankOf } from '../notify/deliver.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { impactSentence } from '../record/impact/words.ts';
import { isPlanned } from '../record/journal.ts';
import { parseIncidentId } from '../store/keys.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import type { AskEdge } from '../windows/ask-edge.ts';
import { createIncidentCount, type IncidentCount } from './incident-count.ts';

const TURN_MS = 1_000;
/** What is young is looked through for what was left by a controller that stopped. */
const LOOK_MS = 30_000;
const YOUNG_MS = 23 * 3_600_000;
const MOST_LOOKED_AT = 50;
/** Of one turn, so that an incident of ten thousand sites takes little of each second. */
const MOST_GROUPS = 4;
const MOST_WRITTEN = 50;
/** Each controller leaves an incident so long to every one before it. */
const RANK_MS = 3_000;

export interface ImpactsOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: Pick<Store, 'incidentIds' | 'incidentSince' | 'appendToIncident'>;
  state: {
    readonly zones: ReadonlyMap<ZoneId, unknown>;
    readonly placements: ReadonlyMap<SiteId, Placement>;
    readonly edges: ReadonlyMap<EdgeId, { edge: EdgeId; control: string }>;
  };
  ask: Pick<AskEdge, 'seconds'>;
  window(): Window;
  level(): ServiceLevel;
}

export interface Impacts {
  /** As far as it is counted; null: not at all yet, or not by this controller. */
  of(incident: string, site: SiteId): Impact | null;
  all(incident: string): Impact[];
  turn(): Promise<void>;
  stop(): Promise<void>;
}

interface Followed {
  count: IncidentCount;
  readUpTo: number;
}

export function startImpacts(options: ImpactsOptions): Impacts {
  const { zone, clock, log, store, state } = options;
  const followed = new Map<string, Followed>();
  let lookAt = 0;
  let underWay: Promise<void> = Promise.resolve();

  async function work(): Promise<void> {
    for (const id of await wanted()) await readMore(id);
    let groups = MOST_GROUPS;
    for (const one of followed.values()) groups -= await one.count.countMore(groups);
    for (const [id, one] of followed) await conclude(id, one);
  }

  /** Those that are open, those that this controller has not seen the end of, and those of which it is not known what was lost. */
  async function wanted(): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const { incident } of state.placements.values()) if (incident !== null) ids.add(incident);
    const now = clock.wall();
    if (clock.mono() >= lookAt) {
      lookAt = clock.mono() + LOOK_MS;
      for (const id of await store.incidentIds(MOST_LOOKED_AT)) if (isYoung(id, now)) ids.add(id);
      for (const { promotion } of state.placements.values())
        if (promotion.acceptedLoss?.incident != null) ids.add(promotion.acceptedLoss.incident);
      for (const id of followed.keys()) if (!ids.has(id)) followed.delete(id);
    }
    for (const [id, { count }] of followed) if (!count.isOver()) ids.add(id);
    return ids;
  }

  async function readMore(id: string): Promise<void> {
    const parsed = parseIncidentId(id);
    if (parsed === null || isPlanned(parsed.subject)) return;
    const one = followed.get(id) ?? newFollowed(parsed.openedAt);
    followed.set(id, one);
    for (const { order, entries } of await store.incidentSince(id, one.readUpTo)) {
      one.readUpTo = Math.max(one.readUpTo, order);
      for (const entry of entries) one.count.read(entry);
    }
  }

  function newFollowed(openedAt: WallMs): Followed {
    return { count: createIncidentCount({ ...options, openedAt }), readUpTo: 0 };
  }

  /** Whoever is first writes it down; the others read it there. */
  async function conclude(id: string, { count }: Followed): Promise<void> {
    const now = clock.wall() - rankOf(zone, state.zones.keys(), id) * RANK_MS;
    for (const { impact, at, key, finalAt } of count.unwritten(MOST_WRITTEN)) {
      if (now < finalAt) continue;
      await store.appendToIncident(id, key, [impactEntry(impact, at, `controller:${zone}`)]);
    }
  }

  const turn = () => {
    underWay = work().catch((error) => {
      const level = error instanceof StoreUnavailable ? 'debug' : 'error';
      log[level]({ err: error }, 'counting what incidents meant failed; trying again');
    });
    return underWay;
  };
  const stop = clock.every(TURN_MS, turn);
  return {
    of: (incident, site) => followed.get(incident)?.count.of(site) ?? null,
    all: (incident) => followed.get(incident)?.count.all() ?? [],
    turn,
    stop: async () => {
      stop();
      await underWay;
    },
  };
}

function impactEntry(impact: Impact, at: WallMs, by: string): IncidentEntry {
  const { site } = impact;
  return { at, kind: 'result', by, site, code: 'impact', sentence: impactSentence(impact), evidence: [], impact };
}

function isYoung(id: string, now: WallMs): boolean {
  const parsed = parseIncidentId(id);
  return parsed !== null && now - parsed.openedAt <= YOUNG_MS;
}
