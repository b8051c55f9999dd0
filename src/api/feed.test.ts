/** The feed by itself: what is told, what is caught up with, and that it costs nothing while nobody follows. */
import { beforeEach, expect, test } from 'vitest';
import type { SiteStatus, ZoneStatus } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { createFeed, type Feed, type Numbered } from './feed.ts';

let clock: ReturnType<typeof createManualClock>;
let store: ReturnType<typeof openMemoryStore>;
let feed: Feed;
let zone: ZoneStatus;
let change: (sites: string[]) => void;
let asked: number;

beforeEach(() => {
  clock = createManualClock();
  store = openMemoryStore(new MemoryCluster(), { clock });
  zone = {
    zone: 'a',
    state: 'healthy',
    since: 1,
    heardAgoMs: 5,
    controllerHere: true,
    agent: null,
    evacuated: null,
    observers: [],
  };
  asked = 0;
  const listeners = new Set<(sites: string[]) => void>();
  change = (sites) => {
    for (const listener of listeners) listener(sites);
  };
  feed = createFeed({
    clock,
    log: createLog('controller', {}, 'silent'),
    store,
    zones: () => {
      asked += 1;
      return [zone];
    },
    sitesOf: (names) => names.map((site) => ({ site }) as SiteStatus),
    state: {
      fresh: true,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
});

const events = (heard: Numbered[]) => heard.map(({ message }) => message.event);

test('zones are told when something about them has changed, and not because time has passed', async () => {
  const heard: Numbered[] = [];
  feed.follow((one) => heard.push(one));
  await clock.advance(1_000);
  zone = { ...zone, heardAgoMs: 400 };
  await clock.advance(1_000);
  expect(events(heard)).toEqual(['zones']);
  zone = { ...zone, state: 'dark' };
  await clock.advance(250);
  expect(heard.at(-1)?.message).toMatchObject({ event: 'zones', data: { zones: [{ state: 'dark' }] } });
});

test('changed sites are told one by one, and only counted when they are very many', async () => {
  const heard: Numbered[] = [];
  feed.follow((one) => heard.push(one));
  await clock.advance(250);
  change(['shop', 'blog']);
  change(['shop']);
  await clock.advance(250);
  expect(heard.slice(1).map(({ message }) => message.data)).toEqual([{ site: 'shop' }, { site: 'blog' }]);
  change(Array.from({ length: 201 }, (_, index) => `s${index}`));
  await clock.advance(250);
  expect(heard.at(-1)?.message).toEqual({ event: 'sites', data: { changed: 201 } });
});

test('an open incident is told with its chain, then only what is new; one that was over before is not', async () => {
  const over = newIncidentId(clock.wall(), 'copy-down:a:blog');
  await store.appendToIncident(over, 'all', [
    anEntry({ site: 'blog' }),
    anEntry({ at: clock.wall(), site: 'blog', code: 'close-incident' }),
  ]);
  const open = newIncidentId(clock.wall() + 1, 'copy-down:a:shop');
  await store.appendToIncident(open, 'begin', [anEntry({ site: 'shop', sentence: 'one' })]);
  const heard: Numbered[] = [];
  feed.follow((one) => heard.push(one));
  const told = () =>
    heard.flatMap(({ message }) =>
      message.event === 'incident'
        ? [[message.data.incident.id, message.data.entries.map(({ sentence }) => sentence)]]
        : [],
    );
  await clock.advance(3_000);
  expect(told()).toEqual([[open, ['one']]]);
  await store.appendToIncident(open, 'more', [anEntry({ at: clock.wall(), site: 'shop', sentence: 'two' })]);
  await store.appendToIncident(over, 'late', [anEntry({ at: clock.wall(), site: 'blog', sentence: 'late' })]);
  await clock.advance(1_000);
  expect(told().slice(1).toSorted()).toEqual(
    [
      [over, ['late']],
      [open, ['two']],
    ].toSorted(),
  );
});

test('who comes back is told what it missed, or that it has to look again', async () => {
  const stop = feed.follow(() => {});
  const heard: Numbered[] = [];
  const leave = feed.follow((one) => heard.push(one));
  await clock.advance(250);
  leave();
  const last = heard.at(-1)!.id;
  change(['shop']);
  await clock.advance(250);
  expect(events(feed.since(last)!)).toEqual(['site']);
  expect(feed.since(feed.newest())).toEqual([]);
  expect(feed.since('another-1')).toBeNull();
  const newest = feed.newest();
  stop();
  change(['blog']);
  feed.follow(() => {});
  expect(feed.since(newest)).toBeNull();
});

test('while nobody follows nothing is looked at', async () => {
  await clock.advance(5_000);
  expect(asked).toBe(0);
  const stop = feed.follow(() => {});
  await clock.advance(500);
  const before = asked;
  expect(before).toBeGreaterThan(0);
  stop();
  await clock.advance(5_000);
  expect(asked).toBe(before);
});
