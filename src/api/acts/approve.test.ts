/** A person's approval over HTTP: who may give it, what it changes, where it is recorded. */
import { expect, it } from 'vitest';
import { aPlacement, aSpec } from '../../../test/support/fixtures.ts';
import { DEFAULT_POLICY, type Placement } from '../../model/index.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { MemoryCluster, openMemoryStore } from '../../store/memory.ts';
import { anApiOver, KEY, stateOf } from '../fixtures.ts';

const INCIDENT = '20261122T172920.123Z~zone-dark:a';

async function setUp(
  change: Partial<Placement> = { incident: INCIDENT },
  mode: 'automatic' | 'ask-first' = 'ask-first',
) {
  const cluster = new MemoryCluster();
  const clock = createManualClock();
  const store = openMemoryStore(cluster, { clock });
  const sites = new Map([['shop', { spec: aSpec({ failover: { ...DEFAULT_POLICY, mode } }), slot: 0 }]]);
  cluster.placements.set('shop', aPlacement(change));
  const { ask: put } = await anApiOver({ clock, store, state: stateOf(sites, cluster.placements) });
  const ask = async (site = 'shop', { by = 'Ada' }: { by?: string } = {}, token = KEY) => {
    const answer = await put(`/sites/${site}/approve`, { method: 'POST', token, headers: { 'holdfast-by': by } });
    return { status: answer.status, ...answer.body };
  };
  return { cluster, store, clock, ask };
}

it('is written into the placement, and with its name into the incident', async () => {
  const { cluster, store, clock, ask } = await setUp();
  expect((await ask()).sentence).toBe('Ada allows shop to move, for 15 minutes from now.');
  const approved = { epoch: 8, decision: 'approve', live: 'a', inSync: true, incident: INCIDENT };
  expect(cluster.placements.get('shop')).toMatchObject({ ...approved, approval: { at: clock.wall(), by: 'Ada' } });
  const incident = await store.incident(INCIDENT);
  expect(incident?.entries).toMatchObject([{ kind: 'decision', code: 'approve', by: 'person:Ada', site: 'shop' }]);
});

it('changes nothing when it is given again', async () => {
  const { cluster, ask } = await setUp();
  await ask();
  expect(await ask('shop', { by: 'Grace' })).toMatchObject({
    status: 200,
    sentence: 'Ada has already allowed shop to move.',
  });
  expect(cluster.placements.get('shop')?.epoch).toBe(8);
});

it('is tried again when a controller was first', async () => {
  const { cluster, store, ask } = await setUp();
  const commit = store.commit;
  let attempts = 0;
  store.commit = async (changes) => {
    attempts += 1;
    if (attempts === 1) cluster.placements.set('shop', aPlacement({ epoch: 8, incident: INCIDENT }));
    return commit(changes);
  };
  expect((await ask()).status).toBe(200);
  expect([attempts, cluster.placements.get('shop')?.epoch]).toEqual([2, 9]);
});

it.each([
  ['without the key', {}, 'ask-first', ['shop', { by: 'Ada' }, 'wrong'], 401, 'not-signed-in'],
  ['for an unknown site', {}, 'ask-first', ['blog'], 404, 'site-unknown'],
  ['without trouble', { incident: null }, 'ask-first', ['shop'], 409, 'nothing-to-approve'],
  ['for a site that asks nobody', { incident: INCIDENT }, 'automatic', ['shop'], 409, 'nothing-to-approve'],
] as const)('is refused %s', async (_, placement, mode, question, status, code) => {
  const { cluster, ask } = await setUp({ incident: INCIDENT, ...placement }, mode);
  expect(await ask(...([...question] as Parameters<typeof ask>))).toMatchObject({ status, code });
  expect(cluster.placements.get('shop')?.epoch).toBe(7);
});
