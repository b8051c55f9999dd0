/** Drills over the API: begun, stopped, refused, and what is kept. */
import { expect, it } from 'vitest';
import { aDrill, aPlacement, aSite, aSpec, aWorld } from '../../../test/support/fixtures.ts';
import type { Placement } from '../../model/index.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { aDrillResult } from '../../store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../../store/memory.ts';
import { anApiOver, KEY, stateOf } from '../fixtures.ts';

async function setUp(change: Partial<Placement> = {}, edges = [{ heardAgoMs: 40, epoch: 7, inFlight: 0 }]) {
  const cluster = new MemoryCluster();
  const clock = createManualClock();
  const store = openMemoryStore(cluster, { clock });
  const placement = aPlacement(change);
  cluster.placements.set('shop', placement);
  cluster.drills.set('shop', [aDrillResult()]);
  const look = () => aWorld(aSite({ placement, edges }));
  const sites = new Map([['shop', { spec: aSpec(), slot: 0 }]]);
  const { ask: put } = await anApiOver({ clock, store, look, state: stateOf(sites, cluster.placements) });
  const ask = (method: 'POST' | 'DELETE' | 'GET', path: string, body: object = {}, token = KEY) =>
    put(path, { method, token, headers: { 'holdfast-by': 'Ada' }, ...(method === 'POST' ? { body } : {}) });
  return { cluster, clock, store, ask };
}

it('is begun once, and written to a record of its own', async () => {
  const { cluster, store, ask } = await setUp();
  const first = await ask('POST', '/sites/shop/drill');
  expect(first.body.sentence).toMatch(/^Ada has shop practise leaving zone a for zone b, by move/);
  expect(cluster.placements.get('shop')).toMatchObject({
    epoch: 8,
    drill: { id: 'shop-8', by: 'Ada' },
    incident: null,
  });
  const again = await ask('POST', '/sites/shop/drill');
  expect([again.status, cluster.placements.get('shop')?.epoch]).toEqual([200, 8]);
  expect((await store.incident(first.body.record))?.entries).toMatchObject([{ code: 'begin-drill', by: 'person:Ada' }]);
});

it('is refused with its reason, and what is wrongly asked with what is right (I8)', async () => {
  const refused = await (await setUp({ inSync: false })).ask('POST', '/sites/shop/drill');
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'order-refused', detail: 'shop does not practise now: it is exposed.' },
  });
  expect((await (await setUp({}, [])).ask('POST', '/sites/shop/drill')).body.detail).toMatch(/no edge is heard/);
  const { cluster, ask } = await setUp();
  expect(await ask('POST', '/sites/shop/drill', {}, 'wrong')).toMatchObject({ status: 401 });
  expect(await ask('DELETE', '/sites/shop/drill', {}, 'wrong')).toMatchObject({ status: 401 });
  expect(await ask('POST', '/sites/shop/drill', { fault: 'fire' })).toMatchObject({ status: 400 });
  expect(await ask('POST', '/sites/nobody/drill')).toMatchObject({ status: 404 });
  expect(await ask('DELETE', '/sites/shop/drill')).toMatchObject({ status: 409, body: { code: 'drill-unknown' } });
  expect(cluster.placements.get('shop')?.epoch).toBe(7);
});

it('is stopped by a person, once, and goes home', async () => {
  const { cluster, ask } = await setUp({ drill: aDrill({ stage: 'there' }), live: 'b', standby: 'a' });
  expect((await ask('DELETE', '/sites/shop/drill')).body.sentence).toMatch(
    /is stopped, and it goes home to zone a: Ada stopped it/,
  );
  await ask('DELETE', '/sites/shop/drill');
  const { epoch, drill } = cluster.placements.get('shop')!;
  expect([epoch, drill?.stage, drill?.stopped]).toEqual([8, 'home', 'Ada stopped it']);
});

it('is told of: how far it is, and how the past ones ended', async () => {
  const { ask } = await setUp({ drill: aDrill() });
  const one = await ask('GET', '/sites/shop/drills');
  expect(one.body).toMatchObject({
    site: 'shop',
    live: 'a',
    phase: 'protected',
    drill: { id: 'shop-7' },
    results: [aDrillResult()],
  });
  expect((await ask('GET', '/drills')).body).toEqual({ sites: [one.body] });
  expect(await ask('GET', '/sites/nobody/drills')).toMatchObject({ status: 404 });
});
