/** One follower of the events: bounded in memory and time, told only what it may see, and cut off when its access ends. */
import type { ServerResponse } from 'node:http';
import { HoldfastError } from '../errors.ts';
import type { SiteId, WallMs } from '../model/index.ts';
import type { FeedMessage } from './feed.ts';
import { HEADERS } from './headers.ts';
import { visibleOutline } from './incident-book.ts';
import type { ApiParts } from './parts.ts';
import { type Principal, sees } from './principal.ts';
import type { Asked } from './route.ts';
import type { TrafficSecond } from './traffic.ts';

const MOST_FOLLOWERS = 200;
/** A follower that lets more than this wait is cut off; it may come back and say where it was. */
const MOST_WAITING_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 10_000;
const WATCH_MS = 1_000;

/** By API: how many follow now. */
const followers = new WeakMap<ApiParts, number>();

type Wish = Asked<unknown, { site: SiteId[] }, unknown>;

/** Resolves when the follower has gone. @throws HoldfastError `too-many-followers` */
export async function follow(parts: ApiParts, { principal, query, reply, header }: Wish): Promise<void> {
  const many = followers.get(parts) ?? 0;
  if (many >= MOST_FOLLOWERS) throw new HoldfastError('too-many-followers');
  followers.set(parts, many + 1);
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  });
  const gone = new Promise<void>((resolve) => response.on('close', resolve));
  const ends = begin(parts, principal!, query.site, header, response);
  await gone;
  for (const end of ends) end();
  followers.set(parts, (followers.get(parts) ?? 1) - 1);
}

function begin(
  parts: ApiParts,
  principal: Principal,
  watched: SiteId[],
  header: Wish['header'],
  response: ServerResponse,
): (() => void)[] {
  const { feed, clock } = parts;
  const write = (text: string) => {
    if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
    else response.write(text);
  };
  const tell = (message: FeedMessage | Live, id?: string) => {
    const seen = seenBy(principal, message);
    const number = id === undefined ? '' : `id: ${id}\n`;
    if (seen !== null) write(`event: ${seen.event}\n${number}data: ${JSON.stringify(seen.data)}\n\n`);
  };
  const last = header('last-event-id');
  const missed = last === undefined ? null : feed.since(last);
  const stop = feed.follow(({ id, message }) => tell(message, id));
  const hello = { controller: parts.zone, at: clock.wall(), missed: missed === null };
  write(`retry: 1000\nevent: hello\nid: ${feed.newest()}\ndata: ${JSON.stringify(hello)}\n\n`);
  for (const { id, message } of missed ?? []) tell(message, id);
  return [
    stop,
    watchSites(
      parts,
      watched.filter((site) => sees(principal, site)),
      tell,
    ),
    clock.every(HEARTBEAT_MS, async () => {
      write(': still here\n\n');
      if (!(await stillMay(parts, principal))) response.end();
    }),
  ];
}

/** Whose access has ended hears no more; that the store does not answer ends nobody's. */
async function stillMay({ clock, store }: ApiParts, { token, expiresAt }: Principal): Promise<boolean> {
  if (expiresAt !== null && expiresAt < clock.wall()) return false;
  if (token === null) return true;
  return store.token(token).then(
    (record) => record !== null,
    () => true,
  );
}

type Live =
  | Extract<FeedMessage, { event: 'site' }>
  | { event: 'traffic'; data: { site: SiteId; seconds: TrafficSecond[] } };

/** Once a second, of the sites that somebody looks at: what is new of them, and their traffic. */
function watchSites({ clock, sitesOf, traffic }: ApiParts, sites: SiteId[], tell: (message: Live) => void): () => void {
  if (sites.length === 0) return () => {};
  const told = new Map<SiteId, { status: string; until: WallMs }>();
  const look = () => {
    for (const status of sitesOf(sites)) {
      const { site } = status;
      const before = told.get(site);
      const seconds = traffic.of(site).filter(({ at }) => at > (before?.until ?? 0));
      const now = { status: JSON.stringify(status), until: seconds.at(-1)?.at ?? before?.until ?? 0 };
      told.set(site, now);
      if (before?.status !== now.status) tell({ event: 'site', data: status });
      if (seconds.length > 0) tell({ event: 'traffic', data: { site, seconds } });
    }
  };
  look();
  return clock.every(WATCH_MS, look);
}

interface Told {
  event: FeedMessage['event'] | Live['event'];
  data: unknown;
}

/** Null: not theirs to know. */
function seenBy(principal: Principal, message: FeedMessage | Live): Told | null {
  if (principal.role !== 'owner') return message;
  if (message.event === 'site') return sees(principal, message.data.site) ? message : null;
  if (message.event === 'incident') {
    const { incident, entries } = message.data;
    const seen = visibleOutline(principal, incident);
    if (seen === null) return null;
    const own = entries.filter(({ site }) => site === null || sees(principal, site));
    return { event: 'incident', data: { incident: seen, entries: own } };
  }
  if (message.event === 'zones') {
    const zones = message.data.zones.map((zone) => ({ ...zone, agent: null }));
    return { event: 'zones', data: { ...message.data, zones } };
  }
  return message;
}
