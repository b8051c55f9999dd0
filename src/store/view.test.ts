/** The view over the store in memory: what it holds, when it is fresh, and what it keeps on disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../platform/manual-clock.ts';
import { anOpening, aSpec, next } from './fixtures.ts';
import { newIncidentId } from './keys.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from './memory.ts';
import type { WatchListener } from './store.ts';
import { openView, type View } from './view.ts';

const log = pino({ level: 'silent' });

let folder: string;
let cacheFile: string;
let clock: ManualClock;
let cluster: MemoryCluster;
let store: MemoryStore;
const views: View[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-view-'));
  cacheFile = join(folder, 'view.json');
  clock = createManualClock();
  cluster = new MemoryCluster();
  store = openMemoryStore(cluster, { clock });
  await store.applySite(aSpec('s'), 1);
});
afterEach(async () => {
  for (const view of views.splice(0)) await view.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(over: MemoryStore | { watch: MemoryStore['watch'] } = store, file: string | null = cacheFile): View {
  const view = openView({ store: over as MemoryStore, clock, cacheFile: file, log });
  views.push(view);
  return view;
}

const commit = async (expected: number) => {
  const placement = (await store.placement('s'))!;
  await store.commit([{ expected, next: next(placement), incident: null }]);
};

test('it fills itself from the store, is fresh from then on, and tells what changes', async () => {
  const view = open();
  const told: string[][] = [];
  view.onChange((sites) => told.push(sites));
  expect(view.fresh).toBe(false);
  await clock.advance(10);
  expect(view.fresh).toBe(true);
  expect(view.sites.get('s')?.spec).toEqual(aSpec('s'));
  expect(view.placements.get('s')?.epoch).toBe(1);

  told.length = 0;
  await commit(1);
  await store.registerZone('a', { agent: 'x:1' });
  await clock.advance(1);
  expect(view.placements.get('s')?.epoch).toBe(2);
  expect(view.zones.get('a')?.agent).toBe('x:1');
  expect(told).toEqual([['s'], []]);
});

test('it stays fresh while the store answers, and is not any more soon after that ends', async () => {
  const view = open();
  await clock.advance(60_000);
  expect(view.fresh).toBe(true);
  const told: boolean[] = [];
  view.onChange(() => told.push(view.fresh));
  cluster.available = false;
  await clock.advance(2_000);
  expect(view.fresh).toBe(false);
  expect(told).toEqual([false]);
  cluster.available = true;
  await clock.advance(100);
  expect(view.fresh).toBe(true);
  expect(told.at(-1)).toBe(true);
});

test('a program that was stopped does not take what it knew for fresh when it wakes up', async () => {
  const view = open();
  await clock.advance(1_000);
  clock.stall(5_000);
  expect(view.fresh).toBe(false);
  await clock.advance(100);
  expect(view.fresh).toBe(true);
});

test('whenFresh waits for the first confirmation, and not longer than asked', async () => {
  store.setAvailable(false);
  const view = open();
  const late = view.whenFresh(500);
  await clock.advance(500);
  expect(await late).toBe(false);
  const soon = view.whenFresh(500);
  store.setAvailable(true);
  await clock.advance(100);
  expect(await soon).toBe(true);
  expect(await view.whenFresh(0)).toBe(true);
});

test('without the store it starts with what it kept, and is not fresh', async () => {
  const before = open();
  await clock.advance(10);
  await commit(1);
  await clock.advance(60);
  await before.close();
  cluster.available = false;
  const view = open();
  expect(view.placements.get('s')?.epoch).toBe(2);
  expect(view.sites.get('s')?.spec).toEqual(aSpec('s'));
  expect(view.fresh).toBe(false);
  await clock.advance(5_000);
  expect(view.fresh).toBe(false);
});

test('it is kept 50 ms after a change, whole, readable by its owner only, without secrets', async () => {
  open();
  await clock.advance(49);
  expect(readdirSync(folder)).toEqual([]);
  await clock.advance(2);
  expect(readdirSync(folder)).toEqual(['view.json']);
  expect(statSync(cacheFile).mode & 0o777).toBe(0o600);
  const kept = readFileSync(cacheFile, 'utf8');
  expect(JSON.parse(kept).placements[0].epoch).toBe(1);
  for (const secret of Object.values((await store.secrets('s'))!)) expect(kept).not.toContain(secret);
});

test('what was not kept yet is kept when it is closed', async () => {
  const view = open();
  await clock.advance(10);
  await view.close();
  expect(JSON.parse(readFileSync(cacheFile, 'utf8')).placements[0].epoch).toBe(1);
});

test('confirmations alone write nothing', async () => {
  open();
  await clock.advance(100);
  rmSync(cacheFile);
  await clock.advance(5_000);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['torn', '{"version":1,"zones":['],
  ['of another version', '{"version":99,"zones":[],"edges":[],"sites":[],"placements":[]}'],
  ['of another shape', '{"version":1,"zones":{},"edges":[],"sites":[],"placements":[]}'],
])('a kept file that is %s is not used, and replaced', async (_, text) => {
  writeFileSync(cacheFile, text);
  const view = open();
  expect(view.placements.size).toBe(0);
  await clock.advance(100);
  expect(view.placements.get('s')?.epoch).toBe(1);
  expect(JSON.parse(readFileSync(cacheFile, 'utf8')).placements[0].epoch).toBe(1);
});

test('a folder that cannot be written to costs the cache and nothing else', async () => {
  const view = open(store, '/proc/nowhere/view.json');
  await clock.advance(100);
  expect(view.fresh).toBe(true);
  expect(view.placements.get('s')?.epoch).toBe(1);
});

test('a placement never goes back to a lower epoch: not from a snapshot, a change or the cache (I10)', async () => {
  let listener: WatchListener | null = null;
  const told: string[][] = [];
  const scripted = {
    watch: (given: WatchListener) => {
      listener = given;
      return () => {};
    },
  };
  await commit(1);
  await commit(2);
  const third = (await store.placement('s'))!;
  const { sites } = await store.read();
  writeFileSync(cacheFile, JSON.stringify({ version: 1, zones: [], edges: [], sites, placements: [third] }));

  const view = open(scripted);
  view.onChange((concerned) => told.push(concerned));
  listener!.snapshot({ zones: [], edges: [], sites, placements: [{ ...third, epoch: 2, live: 'b' }], claims: [] });
  expect(view.placements.get('s')).toEqual(third);
  told.length = 0;
  listener!.placement({ ...third, epoch: 3, live: 'c' });
  expect(told).toEqual([]);
  expect(view.placements.get('s')).toEqual(third);
  listener!.placement({ ...third, epoch: 4, live: 'c' });
  expect(told).toEqual([['s']]);
  expect(view.placements.get('s')).toMatchObject({ epoch: 4, live: 'c' });
});

test('it knows which incidents are the newest, also at the next start, and what the store has forgotten is gone', async () => {
  const id = newIncidentId(1, 'zone-dark:a');
  const first = open();
  await clock.advance(10);
  await store.commit([anOpening((await store.placement('s'))!, id, null)]);
  await clock.advance(1);
  expect([...first.claims]).toEqual([['zone-dark:a', id]]);
  await first.close();
  store.setAvailable(false);
  const second = open();
  expect([...second.claims]).toEqual([['zone-dark:a', id]]);
  cluster.claims.clear();
  store.setAvailable(true);
  await clock.advance(400);
  expect(second.claims.size).toBe(0);
});

test('a listener that throws keeps nobody else from hearing', async () => {
  const view = open();
  const told: string[][] = [];
  view.onChange(() => {
    throw new Error('out of order');
  });
  view.onChange((sites) => told.push(sites));
  await clock.advance(10);
  expect(told.length).toBeGreaterThan(0);
});
