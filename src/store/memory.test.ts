/** The store in memory: the contract, and the switches that only it has. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { storeContract } from './contract.ts';
import { aSpec, next, recorder } from './fixtures.ts';
import { MemoryCluster, openMemoryStore } from './memory.ts';
import { StoreUnavailable } from './store.ts';

storeContract('the store in memory', async () => {
  const cluster = new MemoryCluster();
  const stores = new Set<ReturnType<typeof openMemoryStore>>();
  return {
    open: () => {
      const store = openMemoryStore(cluster, { clock: systemClock });
      stores.add(store);
      return store;
    },
    close: async () => {
      for (const store of stores) await store.close();
    },
  };
});

async function aCluster() {
  const clock = createManualClock();
  const cluster = new MemoryCluster();
  const near = openMemoryStore(cluster, { clock });
  const far = openMemoryStore(cluster, { clock });
  await near.applySite(aSpec('s'), 1);
  return { clock, cluster, near, far, first: (await near.placement('s'))! };
}

describe('the switches of a handle', () => {
  test('a handle that is cut off throws StoreUnavailable at its deadline, and not before', async () => {
    const { clock, near, far } = await aCluster();
    far.setAvailable(false);
    let failure: unknown = null;
    const reading = far.placement('s').catch((error) => {
      failure = error;
    });
    await clock.advance(999);
    expect(failure).toBeNull();
    await clock.advance(1);
    await reading;
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(await near.placement('s')).not.toBeNull();
  });

  test('a whole cluster that is down answers nobody', async () => {
    const { clock, cluster, near } = await aCluster();
    cluster.available = false;
    const reading = expect(near.read()).rejects.toBeInstanceOf(StoreUnavailable);
    await clock.advance(1_000);
    await reading;
  });

  test('a slow commit takes effect although its author does not learn it in time', async () => {
    const { clock, near, far, first } = await aCluster();
    far.setDelayMs(1_600);
    const outcome = expect(far.commit([{ expected: 1, next: next(first), incident: null }])).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
    await clock.advance(1_600);
    await outcome;
    expect((await near.placement('s'))?.epoch).toBe(2);
  });

  test('a watch that is cut off becomes stale, and begins again with a snapshot', async () => {
    const { clock, near, far, first } = await aCluster();
    const listener = recorder();
    far.watch(listener);
    await clock.advance(400);
    far.setAvailable(false);
    await near.commit([{ expected: 1, next: next(first), incident: null }]);
    await clock.advance(1_400);
    expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: true });
    await clock.advance(400);
    expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: false });
    expect(listener.epochsOf('s')).toEqual([1]);
    far.setAvailable(true);
    await clock.advance(100);
    expect(listener.heard.slice(-2)).toEqual([
      { kind: 'snapshot', epochs: { s: 2 } },
      { kind: 'fresh', fresh: true },
    ]);
  });

  test('a short cut misses nothing in the end', async () => {
    const { clock, near, far, first } = await aCluster();
    const listener = recorder();
    far.watch(listener);
    await clock.advance(400);
    far.setAvailable(false);
    await near.commit([{ expected: 1, next: next(first), incident: null }]);
    await clock.advance(200);
    far.setAvailable(true);
    await clock.advance(200);
    expect(listener.epochsOf('s').at(-1)).toBe(2);
  });

  test('a watch hears as late as its handle is slow, and in order even when that changes', async () => {
    const { clock, near, far, first } = await aCluster();
    const listener = recorder();
    far.watch(listener);
    await clock.advance(400);
    far.setDelayMs(200);
    await near.commit([{ expected: 1, next: next(first), incident: null }]);
    far.setDelayMs(0);
    await near.commit([{ expected: 2, next: next(next(first)), incident: null }]);
    await clock.advance(199);
    expect(listener.epochsOf('s')).toEqual([1]);
    await clock.advance(1);
    expect(listener.epochsOf('s')).toEqual([1, 2, 3]);
  });
});
