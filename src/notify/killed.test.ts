/**
 * The sender is killed between any two things that it waits for, before or after the other side has done what it was asked for: another one sees to
 * it that each notice arrives, under one id. `test/notify.real.test.ts` does it to real processes.
 */
import { expect, it } from 'vitest';
import { createLog } from '../platform/log.ts';
import { createManualClock, type ManualClock } from '../platform/manual-clock.ts';
import { anEntry, aService, aSpec } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { aPerson } from './fixtures.ts';
import { type NotifyStore, startNotifyLoop } from './loop.ts';

const SITES = ['one', 'two', 'three'];
const ALL_AFTER_MS = 60_000;
/** Longer than a claim lasts, and than every other controller is waited for. */
const CARRIED_ON_AFTER_MS = 60_000;

/** Ends at its n-th step: what it asks for then is done and never answered (`after`), or not even done; later nothing is. */
interface Life {
  steps: number;
  endsAt: number;
  when: 'before' | 'after';
}

function live<T>(life: Life, work: () => Promise<T>): Promise<T> {
  life.steps += 1;
  const never = new Promise<T>(() => {});
  if (life.steps > life.endsAt || (life.steps === life.endsAt && life.when === 'before')) return never;
  return life.steps === life.endsAt ? work().then(() => never) : work();
}

function mortal(store: NotifyStore, life: Life): NotifyStore {
  return new Proxy(store, {
    get: (target, name: keyof NotifyStore) => {
      const call = target[name] as (...words: unknown[]) => Promise<unknown>;
      return (...words: unknown[]) => live(life, () => call(...words));
    },
  });
}

/** A cluster with an incident that three people are to hear of, and what has arrived where. */
async function setUp() {
  const clock = createManualClock();
  const cluster = new MemoryCluster();
  const store = openMemoryStore(cluster, { clock });
  const people = SITES.map((site) =>
    aPerson({ name: site, sites: [site], addresses: [{ channel: 'email', to: `${site}@b.c`, atLeast: 'info' }] }),
  );
  await store.applyService(aService({ people }));
  for (const zone of ['a', 'b', 'c']) await store.registerZone(zone, { controller: `${zone}:1` });
  for (const site of SITES) await store.applySite(aSpec(site, { plan: 'elite-plus' }), clock.wall());
  const incident = newIncidentId(clock.wall(), 'zone-dark:a');
  for (const site of SITES) await store.appendToIncident(incident, site, [anEntry({ site, at: clock.wall() })]);
  const arrived: { to: string; id: string }[] = [];
  return { clock, cluster, store, incident, arrived };
}

function startSender(zone: string, { clock, cluster, arrived }: Awaited<ReturnType<typeof setUp>>, life: Life) {
  const state = {
    ...{ zones: cluster.zones, sites: cluster.sites, placements: cluster.placements, service: cluster.service },
  };
  return startNotifyLoop({
    ...{ zone, clock, state, clusterKey: 'for nothing but this test', log: createLog('test', {}, 'silent') },
    store: mortal(openMemoryStore(cluster, { clock }), life),
    channel:
      async () =>
      async ({ notice }) =>
        live(life, async () => {
          arrived.push({ to: notice.address.to, id: notice.id });
        }),
  });
}

const forEver = (): Life => ({ steps: 0, endsAt: Number.POSITIVE_INFINITY, when: 'after' });

async function advance(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) await clock.advance(500);
}

/** Steps that a sender takes until everybody has heard, and some more. */
async function stepsInAll(): Promise<number> {
  const world = await setUp();
  const life = forEver();
  startSender('a', world, life);
  while (world.arrived.length < SITES.length) await world.clock.advance(100);
  await world.clock.advance(1_000);
  return life.steps;
}

it.each(['before', 'after'] as const)('killed at any step, %s what it asked for was done (I13)', async (when) => {
  const steps = await stepsInAll();
  expect(steps).toBeGreaterThan(15);
  let twice = 0;
  for (let endsAt = 1; endsAt <= steps; endsAt += 1) {
    const world = await setUp();
    startSender('a', world, { steps: 0, endsAt, when });
    await advance(world.clock, ALL_AFTER_MS);
    startSender('b', world, forEver());
    await advance(world.clock, CARRIED_ON_AFTER_MS);
    const { arrived, store, incident } = world;
    const at = `killed at step ${endsAt}`;
    expect(
      arrived
        .map(({ to }) => to)
        .toSorted()
        .filter((to, index, all) => to !== all[index - 1]),
      at,
    ).toEqual(SITES.map((site) => `${site}@b.c`).toSorted());
    expect(new Set(arrived.map(({ id }) => id)).size, at).toBe(SITES.length);
    expect(await store.notices('waiting', { most: 10 }), at).toEqual([]);
    expect(await store.told(incident), at).toHaveLength(SITES.length);
    twice += arrived.length - SITES.length;
  }
  // Twice came only what had arrived and was not on record when the sender died.
  expect(twice).toBeGreaterThan(0);
});
