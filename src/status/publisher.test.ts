/** Versions follow from what a page says, whoever makes it; only what changed is looked at anew, also of ten thousand sites. */
import { expect, test } from 'vitest';
import { firstPlacement, type Placement, type ServiceSpec, type SiteId, type SiteRecord } from '../model/index.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { updateEntry } from '../record/updates.ts';
import { anEntry, aService, aSpec } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { createIncidentBook } from './book.ts';
import { createDaysBook } from './days.ts';
import { someMarks } from './fixtures.ts';
import type { GrowingMarks } from './marks.ts';
import type { DayBar, ZonePart } from './model.ts';
import { createPublisher } from './publisher.ts';

const KEY = 'a key of this test';

function aWorld(count: number) {
  const clock = createManualClock();
  const sites = new Map<SiteId, SiteRecord>();
  const placements = new Map<SiteId, Placement>();
  const incidents: GrowingMarks[] = [];
  const days = new Map<SiteId, DayBar[]>();
  const world = {
    clock,
    sites,
    placements,
    incidents,
    days,
    service: aService() as ServiceSpec | null,
    zones: [] as ZonePart[],
    describe(site: SiteId, more: Parameters<typeof aSpec>[1] = {}) {
      sites.set(site, { spec: aSpec(site, more), slot: 1 });
      const promotion = { epoch: 1, from: null, position: '', open: true, acceptedLoss: null };
      const running = { initialised: true, standby: 'b', inSync: true, promotion };
      placements.set(site, placements.get(site) ?? { ...firstPlacement(site, 'a', 0), ...running });
    },
    publisher() {
      const made = createPublisher({
        clock,
        clusterKey: KEY,
        state: {
          sites,
          placements,
          get service() {
            return world.service;
          },
        },
        book: { all: () => incidents, of: (id) => incidents.find((each) => each.id === id) },
        zones: () => world.zones,
        days: (site) => days.get(site) ?? null,
      });
      made.touched(sites.keys());
      return made;
    },
  };
  for (let at = 0; at < count; at += 1) world.describe(`s${String(at).padStart(5, '0')}`);
  return world;
}
type Made = ReturnType<ReturnType<typeof aWorld>['publisher']>;

/** Until there is nothing left to look at; answers the versions by path, and how many looks it took. */
function settled(publisher: Made) {
  let looks = 0;
  let before = '';
  for (; looks < 200; looks += 1) {
    publisher.look(true);
    const manifest = publisher.manifest();
    if (manifest !== null && manifest.version === before) break;
    before = manifest?.version ?? '';
  }
  return { versions: new Map(publisher.manifest()!.folders), looks };
}
const changedIn = (before: Map<string, string>, after: Map<string, string>) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).toSorted();

test('every controller comes to the same versions, in whichever order it heard of things', () => {
  const world = aWorld(3);
  const [one, other] = [world.publisher(), world.publisher()];
  const first = settled(one).versions;
  expect([...first.keys()]).toEqual(['', 'history', 'sites/s00000', 'sites/s00001', 'sites/s00002']);
  expect(settled(other).versions).toEqual(first);
  world.describe('s00001', { status: { title: 'One', visibility: null, link: 1 } });
  one.touched(['s00001']);
  other.touched(['s00002', 's00001', 's00000']);
  const second = settled(one).versions;
  expect(changedIn(first, second)).toEqual(['', 'sites/s00001']);
  expect(settled(other).versions).toEqual(second);
  expect(one.render(['', 'sites/s00001'])).toEqual(other.render(['', 'sites/s00001']));
  expect(one.render(['sites/s00001'])[0]!.version).toBe(second.get('sites/s00001'));
});

test('nothing is handed out before everything has been read and looked at', () => {
  const publisher = aWorld(600).publisher();
  publisher.look(false);
  publisher.look(true);
  expect(publisher.manifest()).toBeNull();
  publisher.look(true);
  expect(publisher.manifest()!.folders).toHaveLength(600 + 2 + 2);
  expect(publisher.render(['nothing', 'sites/nobody', 'all/9', 'p/x'])).toMatchObject([{ path: 'all/9' }]);
});

test('a site’s page goes where its description puts it, and is gone from where it was', () => {
  const world = aWorld(1);
  const publisher = world.publisher();
  const site = 's00000';
  const paths = () => [...settled(publisher).versions.keys()].filter((path) => path !== '' && path !== 'history');
  expect(paths()).toEqual(['sites/s00000']);
  const put = (visibility: 'private' | 'off' | null, link: number) => {
    world.describe(site, { status: { title: null, visibility, link } });
    publisher.touched([site]);
  };
  put('private', 1);
  const [secret] = paths();
  expect(secret).toMatch(/^p\/[0-9a-f]{32}$/);
  expect(publisher.render(['', secret!])[0]!.files['index.html']).not.toContain('s00000');
  put('private', 2);
  expect(paths()).toEqual([expect.stringMatching(/^p\//)]);
  expect(paths()).not.toEqual([secret]);
  expect(publisher.about(secret!)).toBeUndefined();
  put('off', 2);
  expect(paths()).toEqual([]);
  put(null, 2);
  world.service = aService({ status: { ...settingsOfTest, sites: 'private' } });
  expect(paths()).toEqual([expect.stringMatching(/^p\//)]);
  world.sites.delete(site);
  publisher.touched([site]);
  expect(paths()).toEqual([]);
});
const settingsOfTest: NonNullable<ServiceSpec['status']> = {
  components: 'sites',
  sites: 'public',
  intro: null,
  timeZone: 'UTC',
  subscribe: [],
  privateWebhooks: false,
};

test('maintenance begins and ends, days begin, zones change, without anybody telling', async () => {
  const world = aWorld(2);
  const now = world.clock.wall();
  const work = { id: 'x', title: 'Switches', from: now + 60_000, to: now + 120_000, sites: ['s00001'] };
  world.service = aService({ maintenance: [work] });
  const publisher = world.publisher();
  const conditions = () => {
    settled(publisher);
    return ['s00000', 's00001'].map((site) => publisher.rowOf(site)!.condition);
  };
  expect(conditions()).toEqual(['up', 'up']);
  await world.clock.advance(60_000);
  expect(conditions()).toEqual(['up', 'maintenance']);
  expect(publisher.render([''])[0]!.files['index.html']).toContain('1 of 2 sites is under maintenance');
  await world.clock.advance(60_000);
  expect(conditions()).toEqual(['up', 'up']);
  world.days.set('s00000', [
    { day: new Date(world.clock.wall()).toISOString().slice(0, 10), availability: 1, badMinutes: 0 },
  ]);
  publisher.touched(['s00000']);
  const before = settled(publisher).versions;
  await world.clock.advance(86_400_000);
  expect(changedIn(before, settled(publisher).versions)).toEqual(['', 'sites/s00000']);
  world.service = aService({ status: { ...settingsOfTest, components: 'zones' } });
  const zonesBefore = settled(publisher).versions;
  world.zones = [{ zone: 'a', condition: 'dark' }];
  expect(changedIn(zonesBefore, settled(publisher).versions)).toEqual(['']);
});

test('of ten thousand sites one that changes costs one page; a whole zone’s are looked at a little at a time', () => {
  const world = aWorld(10_000);
  const publisher = world.publisher();
  const before = settled(publisher);
  expect(before.versions.size).toBe(10_000 + 2 + 20);
  const overall = publisher.render([''])[0]!.files['index.html']!;
  expect(overall.length).toBeLessThan(20_000);
  expect(overall).toContain('All 10,000 sites');

  const moved = (site: SiteId, incident: string) => {
    const promotion = { epoch: 2, from: 'a', position: null, open: false, acceptedLoss: null };
    world.placements.set(site, { ...world.placements.get(site)!, epoch: 2, incident, promotion });
  };
  moved('s04711', 'x');
  publisher.touched(['s04711']);
  publisher.look(true);
  const once = new Map(publisher.manifest()!.folders);
  expect(changedIn(before.versions, once)).toEqual(['', 'all/10', 'sites/s04711']);
  expect(publisher.render([''])[0]!.files['index.html']).toContain('1 of 10,000 sites is being moved');

  const names = [...world.sites.keys()].slice(0, 9_000);
  const marks = someMarks(
    'zone-dark:a',
    names.map((site) => anEntry({ site, code: 'failover', at: world.clock.wall() })),
  );
  world.incidents.unshift(marks);
  for (const site of names) moved(site, marks.id);
  publisher.touched(names);
  publisher.told([marks]);
  publisher.look(true);
  const few = new Map(publisher.manifest()!.folders);
  expect(few.get('')).not.toBe(once.get(''));
  expect(changedIn(once, few).length).toBeLessThan(300);
  expect(publisher.render([''])[0]!.files['index.html']).toContain('9,000 of 10,000 sites are being moved');
  const after = settled(publisher);
  expect(after.looks).toBeLessThan(50);
  expect(changedIn(once, after.versions).length).toBeGreaterThan(9_000);
});

test('incidents are read once, and then only what is new in them', async () => {
  const clock = createManualClock();
  const store = openMemoryStore(new MemoryCluster(), { clock });
  const at = clock.wall();
  const [old, young, planned] = [
    newIncidentId(at - 100 * 86_400_000, 'zone-dark:a'),
    newIncidentId(at - 60_000, 'copy-down:a:shop'),
    newIncidentId(at - 50_000, 'move:shop'),
  ];
  for (const id of [old, young, planned]) await store.appendToIncident(id, 'begin', [anEntry({ site: 'shop', at })]);
  const asked: string[] = [];
  const book = createIncidentBook({
    clock,
    store: {
      incidentIds: store.incidentIds,
      incidentSince: (id, after) => {
        asked.push(`${id === young ? 'young' : id} ${after > 0 ? 'on' : 'anew'}`);
        return store.incidentSince(id, after);
      },
    },
  });
  expect(book.ready).toBe(false);
  expect((await book.look(new Set())).map(({ id }) => id)).toEqual([young]);
  expect(book.ready).toBe(true);
  expect(book.all().map(({ id }) => id)).toEqual([young]);
  expect(await book.look(new Set([young, planned]))).toEqual([]);
  const update = { at, by: 'Ada', state: 'monitoring' as const, text: 'We watch.', public: true };
  await store.appendToIncident(young, 'update', [updateEntry(update)]);
  expect((await book.look(new Set()))[0]!.updates).toEqual([update]);
  expect(asked).toEqual(['young anew', 'young on', 'young on']);
});

test('days are asked for in turn, and what has not changed is not told', async () => {
  const clock = createManualClock();
  const asked: string[] = [];
  let bad = 0;
  const sites = Array.from({ length: 30 }, (_, at) => `s${at}`);
  const book = createDaysBook({
    clock,
    sites: () => sites,
    measured: async (site) => {
      asked.push(site);
      return site === 's7' ? [{ day: '2026-11-29', availability: 1 - bad / 1_440, badMinutes: bad }] : null;
    },
  });
  expect(await book.look()).toEqual(['s7']);
  expect([asked.length, book.ready]).toEqual([25, false]);
  expect(await book.look()).toEqual([]);
  expect([asked.length, book.ready]).toEqual([30, true]);
  expect(await book.look()).toEqual([]);
  expect(asked).toHaveLength(30);
  bad = 1;
  await clock.advance(15_000);
  expect([await book.look(), await book.look()]).toEqual([[], ['s7']]);
  expect(book.of('s7')).toEqual([{ day: '2026-11-29', availability: 1 - 1 / 1_440, badMinutes: 1 }]);
});
