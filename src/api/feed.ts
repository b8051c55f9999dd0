/**
 * What changes, as it changes, for everybody who follows: one comparison a turn for all of them, none while nobody follows. Each message
 * has a number; who comes back tells the last one and gets what it missed, or is told to read everything anew.
 */
import type { IncidentEntry, SiteId, SiteStatus, ZoneStatus } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { newId } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import { createIncidentWatch } from './incident-watch.ts';
import type { IncidentOutline } from './schemas/incident.ts';

const TURN_MS = 250;
/** With more changes in one turn, readers are told to look again instead of being told each. */
const MOST_SITES_A_TURN = 200;
const MOST_KEPT = 1_000;

export type FeedMessage =
  | { event: 'zones'; data: { zones: ZoneStatus[]; storeFresh: boolean } }
  | { event: 'site'; data: SiteStatus }
  /** Too many to tell each. */
  | { event: 'sites'; data: { changed: number } }
  | { event: 'incident'; data: { incident: IncidentOutline; entries: IncidentEntry[] } };

export interface Numbered {
  id: string;
  message: FeedMessage;
}

export interface Feed {
  /** Calls `take` for each message until the returned function is called. */
  follow(take: (one: Numbered) => void): () => void;
  /** What came after the message with this id; null: not known any more (or never was), so that everything has to be read anew. */
  since(id: string): Numbered[] | null;
  /** The id of the newest. */
  newest(): string;
  stop(): void;
}

export interface FeedOptions {
  clock: Clock;
  log: Log;
  store: Pick<Store, 'incidentIds' | 'incidentSince'>;
  zones(): ZoneStatus[];
  sitesOf(names: readonly SiteId[]): SiteStatus[];
  state: { readonly fresh: boolean; onChange(listener: (sites: SiteId[]) => void): () => void };
}

export function createFeed(options: FeedOptions): Feed {
  const { clock, state } = options;
  const start = newId().slice(0, 8);
  const followers = new Set<(one: Numbered) => void>();
  const changed = new Set<SiteId>();
  let kept: Numbered[] = [];
  let count = 0;
  /** Everything after the message with this number is kept. */
  let since = 0;
  let zonesTold = '';
  let stopTurns: (() => void)[] = [];

  const tell = (message: FeedMessage) => {
    count += 1;
    const one = { id: `${start}-${count}`, message };
    kept.push(one);
    if (kept.length >= 2 * MOST_KEPT) {
      kept = kept.slice(-MOST_KEPT);
      since = count - MOST_KEPT;
    }
    for (const take of followers) take(one);
  };
  const incidents = createIncidentWatch(options, (incident, entries) =>
    tell({ event: 'incident', data: { incident, entries } }),
  );
  const turn = () => {
    const zones = options.zones();
    const now = JSON.stringify([state.fresh, zones.map(withoutAges)]);
    if (now !== zonesTold) tell({ event: 'zones', data: { zones, storeFresh: state.fresh } });
    zonesTold = now;
    if (changed.size > MOST_SITES_A_TURN) tell({ event: 'sites', data: { changed: changed.size } });
    else for (const site of options.sitesOf([...changed])) tell({ event: 'site', data: site });
    changed.clear();
  };
  const begin = () => {
    const stopListening = state.onChange((sites) => {
      for (const site of sites) changed.add(site);
    });
    stopTurns = [clock.every(TURN_MS, turn), incidents.start(), stopListening];
  };
  const end = () => {
    for (const stop of stopTurns) stop();
    stopTurns = [];
    changed.clear();
    // What happens while nobody follows is not known here: whoever comes back has to read everything anew.
    kept = [];
    count += 1;
    since = count;
  };
  return {
    follow: (take) => {
      if (followers.size === 0) begin();
      followers.add(take);
      return () => {
        if (followers.delete(take) && followers.size === 0) end();
      };
    },
    since: (id) => {
      const last = id.startsWith(`${start}-`) ? Number(id.slice(start.length + 1)) : Number.NaN;
      return last >= since && last <= count ? kept.slice(last - since) : null;
    },
    newest: () => `${start}-${count}`,
    stop: () => {
      followers.clear();
      end();
    },
  };
}

/** Ages change all the time, and are no news. */
function withoutAges({ heardAgoMs: _, observers, ...rest }: ZoneStatus) {
  return { ...rest, observers: observers.map(({ observer, failure }) => [observer, failure]) };
}
