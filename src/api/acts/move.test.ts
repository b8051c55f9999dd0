/** Orders over the API: what they change, where they are recorded, and what is said instead. */
import { expect, it } from 'vitest';
import {
  anAgentReport,
  anOrder,
  aPlacement,
  aSpec,
  aView,
  liveDatabase,
  standbyDatabase,
} from '../../../test/support/fixtures.ts';
import { createWorldBuilder } from '../../controller/world.ts';
import { createMemory } from '../../detect/index.ts';
import type { Placement, SiteRecord } from '../../model/index.ts';
import { absorb, emptyWindow } from '../../observe/window.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { MemoryCluster, openMemoryStore } from '../../store/memory.ts';
import { anApiOver, KEY, stateOf } from '../fixtures.ts';

type Body = Record<string, unknown> & { by?: string };

async function setUp(change: Partial<Placement> = {}, more: Partial<Placement>[] = []) {
  const cluster = new MemoryCluster();
  const clock = createManualClock();
  const store = openMemoryStore(cluster, { clock });
  const placements = [change, ...more.map((each, at) => ({ site: `more-${at}`, ...each }))].map((each) =>
    aPlacement(each),
  );
  for (const placement of placements) cluster.placements.set(placement.site, placement);
  const sites = new Map(
    placements.map(({ site }, slot): [string, SiteRecord] => [site, { spec: aSpec({ site }), slot }]),
  );
  for (const zone of ['a', 'b', 'c']) await store.registerZone(zone, { agent: `${zone}:1` });
  const window = emptyWindow(clock.mono());
  const databases = { a: liveDatabase(), b: standbyDatabase(), c: standbyDatabase() };
  for (const [zone, database] of Object.entries(databases)) {
    const copies = placements.map(({ site }) => ({ ...aView({ database }).report, site }));
    absorb(window, anAgentReport(zone, { copies }), clock.mono());
  }
  const worlds = createWorldBuilder(createMemory());
  const look = (site: string) => {
    const state = { sites, placements: cluster.placements, zones: cluster.zones };
    return worlds.only(site, state, window, [], clock.mono());
  };
  const { ask: put } = await anApiOver({ clock, store, look, state: stateOf(sites, cluster.placements) });
  const ask = async (method: 'POST' | 'DELETE' | 'GET', path: string, asked: Body = {}, token = KEY) => {
    const { by = 'Ada', ...body } = asked;
    const headers = { 'holdfast-by': by };
    const answer = await put(path, { method, token, headers, ...(method === 'POST' ? { body } : {}) });
    return { ...answer.body, status: answer.status };
  };
  return { cluster, store, clock, ask };
}

const WISH = { to: 'b', by: 'Ada', why: 'new kernel' };

it('an order is written into the placement, and into the record of the move', async () => {
  const { cluster, store, clock, ask } = await setUp();
  const { status, record }: Record<string, unknown> = await ask('POST', '/sites/shop/move', {
    ...WISH,
    drainMs: 3_000,
  });
  expect(status).toBe(200);
  const order = anOrder({ why: 'new kernel', at: clock.wall(), drainMs: 3_000 });
  expect(cluster.placements.get('shop')).toMatchObject({
    epoch: 8,
    decision: 'order',
    live: 'a',
    incident: null,
    order,
  });
  const written = await store.incident(String(record));
  expect(written).toMatchObject({ subject: 'move:shop', closedAt: null, sites: ['shop'] });
  expect(written?.entries).toMatchObject([{ kind: 'decision', code: 'order', by: 'person:Ada' }]);
});

it('asked twice it stands, and called off its record is closed', async () => {
  const { cluster, store, ask } = await setUp();
  const { record }: Record<string, unknown> = await ask('POST', '/sites/shop/move', WISH);
  expect(await ask('POST', '/sites/shop/move', WISH)).toMatchObject({ status: 200, record });
  expect(cluster.placements.get('shop')?.epoch).toBe(8);
  expect(await ask('DELETE', '/sites/shop/move', { by: 'Grace' })).toMatchObject({ status: 200, order: null, record });
  expect(cluster.placements.get('shop')).toMatchObject({ epoch: 9, decision: 'call-off', order: null, live: 'a' });
  const { entries, closedAt } = (await store.incident(String(record)))!;
  expect(entries.map(({ code }) => code)).toEqual(['order', 'call-off', 'close-incident']);
  expect(closedAt).not.toBeNull();
});

it.each<[string, Parameters<Awaited<ReturnType<typeof setUp>>['ask']>, Partial<Placement>, number, string]>([
  ['without the key', ['POST', '/sites/shop/move', WISH, 'wrong'], {}, 401, 'not-signed-in'],
  [
    'giving up writes without saying so twice',
    ['POST', '/sites/shop/move', { to: 'b', kind: 'accept-loss' }],
    {},
    400,
    'request-wrong',
  ],
  [
    'giving up writes of another site',
    ['POST', '/sites/shop/move', { to: 'b', kind: 'accept-loss', confirm: 'blog' }],
    {},
    400,
    'confirmation-wrong',
  ],
  [
    'of a kind that is the platform’s own',
    ['POST', '/sites/shop/move', { ...WISH, kind: 'failback' }],
    {},
    400,
    'request-wrong',
  ],
  ['for ever', ['POST', '/sites/shop/move', { ...WISH, drainMs: 1e12 }], {}, 400, 'request-wrong'],
  ['for an unknown site', ['POST', '/sites/blog/move', WISH], {}, 404, 'site-unknown'],
  ['to where it lives', ['POST', '/sites/shop/move', { ...WISH, to: 'a' }], {}, 409, 'order-refused'],
  [
    'while another is under way',
    ['POST', '/sites/shop/move', WISH],
    { order: anOrder({ to: 'c' }) },
    409,
    'order-refused',
  ],
  ['calling off nothing', ['DELETE', '/sites/shop/move', { by: 'Ada' }], {}, 409, 'order-unknown'],
  ['evacuating an unknown zone', ['POST', '/zones/x/evacuate', { by: 'Ada' }], {}, 404, 'zone-unknown'],
  ['evacuating without the key', ['POST', '/zones/a/evacuate', { by: 'Ada' }, 'wrong'], {}, 401, 'not-signed-in'],
])('nothing changes %s', async (_, question, placement, status, code) => {
  const { cluster, ask } = await setUp(placement);
  expect(await ask(...question)).toMatchObject({ status, code });
  expect(cluster.placements.get('shop')?.epoch).toBe(7);
  expect([...cluster.zones.values()].every(({ evacuated }) => evacuated === null)).toBe(true);
});

it('is tried again when a controller was first', async () => {
  const { cluster, store, ask } = await setUp();
  const { commit } = store;
  let attempts = 0;
  store.commit = async (changes) => {
    attempts += 1;
    if (attempts === 1) cluster.placements.set('shop', aPlacement({ epoch: 8 }));
    return commit(changes);
  };
  expect((await ask('POST', '/sites/shop/move', WISH)).status).toBe(200);
  expect([attempts, cluster.placements.get('shop')?.epoch]).toEqual([2, 9]);
});

it('what would be lost is told to anybody who asks', async () => {
  const { ask } = await setUp({ inSync: false });
  expect(await ask('GET', '/sites/shop/move/preview?kind=accept-loss&to=b')).toMatchObject({
    status: 200,
    would: true,
    risks: expect.arrayContaining(['0 transactions of shop would be given up as of now.']),
  });
  expect(await ask('GET', '/sites/shop/move/preview?kind=accept-loss&to=x')).toMatchObject({
    status: 404,
    code: 'zone-unknown',
  });
});

it('a zone is evacuated in its record, and given back with orders home for those that were moved out by that', async () => {
  const out = { at: 900, from: 'a', to: 'b', because: null, order: { kind: 'evacuate', at: 800 } } as const;
  const away: Partial<Placement> = { live: 'b', standby: 'a', moves: [out] };
  const since = { ...away, moves: [out, { at: 950, from: 'b', to: 'c', because: null }], live: 'c', standby: 'a' };
  const { cluster, ask } = await setUp({}, [away, { ...away, order: anOrder({ to: 'c' }) }, since]);
  expect(await ask('POST', '/zones/a/evacuate', { by: 'Ada', why: 'switches' })).toMatchObject({
    status: 200,
    sites: ['shop'],
  });
  expect(cluster.zones.get('a')?.evacuated).toMatchObject({ by: 'Ada', why: 'switches' });
  const answer = await ask('POST', '/zones/a/return', { by: 'Grace' });
  expect(answer).toMatchObject({
    status: 200,
    sites: ['more-0'],
    refused: [{ site: 'more-1', code: 'order-underway' }],
  });
  expect(cluster.zones.get('a')?.evacuated).toBeNull();
  expect(cluster.placements.get('more-0')?.order).toMatchObject({ kind: 'return', to: 'a', by: 'Grace' });
  expect(cluster.placements.get('more-2')).toMatchObject({ live: 'c', order: null });
});
