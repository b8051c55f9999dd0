/** Keeps what is shown up to date by the controller's events, and knows whether the controller is there at all. */
import { useEffect } from 'react';
import { cell } from '../browser/store.ts';
import { now } from '../browser/time.ts';
import { addSeconds } from '../words/traffic.ts';
import { amend, outdated, refresh } from './resource.ts';
import type {
  FeedMessage,
  IncidentAnswer,
  IncidentsAnswer,
  SiteStatus,
  TrafficAnswer,
  TrafficSecond,
  ZonesAnswer,
} from './shapes.ts';
import { openStream, type Stream } from './stream.ts';

export interface Connection {
  state: 'connecting' | 'live' | 'lost';
  /** By the controller's clock, like all times shown. */
  since: number;
  /** The zone of the controller that tells. */
  controller: string | null;
}

export const connection = cell<Connection>({ state: 'connecting', since: now(), controller: null });
/** Controller's clock minus this one's, milliseconds: times in records are the controllers'. */
export const clockAhead = cell(0);
/** Grows when sites have changed in ways that lists have to read anew. */
export const sitesVersion = cell(0);
/** The newest site that was told of alone. */
export const newestSite = cell<SiteStatus | null>(null);

let stream: Stream | null = null;
let watched: string | null = null;

/** `signedOut`: the session is over. Returns what ends it. */
export function startLive(signedOut: () => void): () => void {
  connection.set({ state: 'connecting', since: now(), controller: null });
  stream = openStream(() => watched, {
    open: () => to('live'),
    lost: (status) => (status === 401 ? signedOut() : to('lost')),
    message: heed,
  });
  // A laptop that wakes up, or a network that comes back, does not wait for the next attempt.
  const renew = () => stream?.renew();
  window.addEventListener('online', renew);
  return () => {
    window.removeEventListener('online', renew);
    stream?.stop();
    stream = null;
  };
}

function to(state: Connection['state']): void {
  const before = connection.get();
  if (before.state !== state) connection.set({ ...before, state, since: now() + clockAhead.get() });
}

/** Somebody found that the controller does not answer: the stream is not waited for any longer. */
export function doubt(): void {
  if (connection.get().state === 'live') stream?.renew();
}

/** Follow this site's copies closely while the calling part is shown. */
export function useWatch(site: string): void {
  useEffect(() => {
    watched = site;
    stream?.renew();
    return () => {
      watched = null;
    };
  }, [site]);
}

function heed(message: FeedMessage): void {
  if (message.event === 'hello') {
    const { controller, at, missed } = message.data;
    clockAhead.set(at - now());
    connection.set({ ...connection.get(), controller });
    if (missed) everythingAnew();
  } else if (message.event === 'zones') amend<ZonesAnswer>('/zones', (known) => ({ ...known, ...message.data }));
  else if (message.event === 'sites') sitesAnew();
  else if (message.event === 'site') heedSite(message.data);
  else if (message.event === 'traffic') heedTraffic(message.data);
  else if (message.event === 'incident') heedIncident(message.data);
}

function everythingAnew(): void {
  outdated(() => true);
  sitesVersion.set(sitesVersion.get() + 1);
}

function sitesAnew(): void {
  outdated((path) => path.startsWith('/sites'));
  sitesVersion.set(sitesVersion.get() + 1);
}

function heedSite(site: SiteStatus): void {
  amend(`/sites/${site.site}`, () => site);
  outdated((path) => path === `/sites/${site.site}/drills` || path.startsWith('/sites?'));
  newestSite.set(site);
}

function heedTraffic({ site, seconds }: { site: string; seconds: TrafficSecond[] }): void {
  amend<TrafficAnswer>(`/sites/${site}/traffic`, (known) => ({ seconds: addSeconds(known.seconds, seconds) }));
}

function heedIncident({ incident, entries }: Extract<FeedMessage, { event: 'incident' }>['data']): void {
  const path = `/incidents/${encodeURIComponent(incident.id)}`;
  let gap = false;
  amend<IncidentAnswer>(path, (known) => {
    const all = join(known.entries, entries, incident.entries - known.leftOut);
    gap = all === null;
    return { ...known, ...incident, entries: all ?? known.entries };
  });
  if (gap) void refresh(path);
  amend<IncidentsAnswer>('/incidents?limit=50', (known) => {
    const others = known.incidents.filter(({ id }) => id !== incident.id);
    return { ...known, incidents: [incident, ...others].sort((a, b) => b.openedAt - a.openedAt) };
  });
}

/** Null: something between what is known and what is new was not told. */
export function join<T>(known: T[], fresh: T[], total: number): T[] | null {
  const missing = total - known.length;
  if (missing <= 0) return known;
  return missing > fresh.length ? null : [...known, ...fresh.slice(fresh.length - missing)];
}
