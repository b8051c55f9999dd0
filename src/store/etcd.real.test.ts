/** The store over three real etcd members: the contract, and what their deaths, freezes and returns do to it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EtcdCluster, startEtcdCluster } from '../../test/support/etcd-cluster.ts';
import { startTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.ts';
import { firstPlacement, type Placement } from '../model/index.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { openMembers } from './ask.ts';
import { storeContract } from './contract.ts';
import { openEtcdStore } from './etcd.ts';
import { watchEtcd } from './etcd-watch.ts';
import { anEntry, anOpening, aSpec, next, recorder } from './fixtures.ts';
import { newIncidentId } from './keys.ts';
import { type Store, StoreUnavailable } from './store.ts';

const log = createLog('test', {}, 'warn');
const SOON = { timeout: 5_000, interval: 5 };
/** How much later than its deadline a call may end on a busy machine. */
const LATE_MS = 1_000;

storeContract('the store over etcd', async () => {
  const cluster = await startEtcdCluster();
  const stores = new Set<Store>();
  return {
    open: () => {
      // A contract test is about meaning, not speed: a busy machine must not fail it.
      const store = openEtcdStore({ endpoints: cluster.endpoints, clock, log, deadlineMs: 5_000 });
      stores.add(store);
      return store;
    },
    close: async () => {
      for (const store of stores) await store.close();
      await cluster.close();
    },
  };
});

describe('when members fail', () => {
  let cluster: EtcdCluster;
  let stores: Store[] = [];
  let site = 0;
  beforeAll(async () => {
    cluster = await startEtcdCluster();
  }, 30_000);
  afterAll(() => cluster.close());

  let leader = 0;
  let placement: Placement;
  let store: Store;
  /** Endpoints beginning with the given member. */
  const from = (member: number) => [...cluster.endpoints.slice(member), ...cluster.endpoints.slice(0, member)];
  const open = (endpoints: string[]) => {
    const opened = openEtcdStore({ endpoints, clock, log });
    stores.push(opened);
    return opened;
  };
  const follower = () => (leader + 1) % 3;

  beforeEach(async () => {
    leader = await vi.waitFor(async () => (await cluster.leader())!, SOON);
    expect(leader).not.toBeNull();
    store = open(from(follower()));
    site += 1;
    await vi.waitFor(() => store.applySite(aSpec(`s${site}`), 1), SOON);
    placement = (await store.placement(`s${site}`))!;
  });
  afterEach(async () => {
    for (const opened of stores) await opened.close();
    stores = [];
    for (const member of [0, 1, 2]) cluster.thaw(member);
    await cluster.heal();
  });

  /** Commits the next epoch; answers how long that took. */
  const commit = async (through = store): Promise<number> => {
    const started = clock.mono();
    const following = next(placement);
    const outcomes = await through.commit([{ expected: placement.epoch, next: following, incident: null }]);
    expect(outcomes).toEqual([{ outcome: 'committed' }]);
    placement = following;
    return clock.mono() - started;
  };

  test('a commit through a follower succeeds within the election when the leader is killed', async () => {
    await commit();
    void cluster.kill(leader);
    expect(await commit()).toBeLessThan(5_000);
    expect(await commit()).toBeLessThan(1_000);
  });

  test('a commit through a follower succeeds within the election when the leader is frozen, and its thaw undoes nothing', async () => {
    await commit();
    cluster.freeze(leader);
    expect(await commit()).toBeLessThan(5_000);
    cluster.thaw(leader);
    await clock.sleep(300);
    expect((await open(from(leader)).placement(placement.site))?.epoch).toBe(placement.epoch);
  });

  test("one's own member killed: the next one is asked at once", async () => {
    await commit();
    await cluster.kill(follower());
    expect(await commit()).toBeLessThan(290);
    expect(await commit()).toBeLessThan(290);
  });

  test("one's own member frozen: the first call passes it over after a while, the others at once", async () => {
    await commit();
    cluster.freeze(follower());
    expect(await commit()).toBeLessThan(300 + LATE_MS);
    expect(await commit()).toBeLessThan(290);
  });

  test('one member killed: reads and watches go on', async () => {
    const listener = recorder();
    store.watch(listener);
    await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
    await cluster.kill((leader + 2) % 3);
    for (let turn = 0; turn < 5; turn += 1) await commit();
    await vi.waitFor(() => expect(listener.epochsOf(placement.site)).toEqual([1, 2, 3, 4, 5, 6]), {
      timeout: 200,
      interval: 5,
    });
    expect(listener.heard).not.toContainEqual({ kind: 'fresh', fresh: false });
  });

  test('all members down: StoreUnavailable at the deadline, stale watches; back: everything goes on', async () => {
    const listener = recorder();
    store.watch(listener);
    await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
    await Promise.all([0, 1, 2].map((member) => cluster.kill(member)));
    for (const call of [
      () => store.read(),
      () => store.placement(placement.site),
      () => store.commit([{ expected: 1, next: next(placement), incident: null }]),
      () => store.appendToIncident(newIncidentId(1, 'x'), 'k', [anEntry()]),
    ]) {
      const started = clock.mono();
      await expect(call()).rejects.toBeInstanceOf(StoreUnavailable);
      expect(clock.mono() - started).toBeGreaterThan(900);
      expect(clock.mono() - started).toBeLessThan(1_000 + LATE_MS);
    }
    expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: false });
    await cluster.heal();
    await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: true }), SOON);
    expect(listener.heard.at(-2)).toMatchObject({ kind: 'snapshot' });
    await commit();
    await vi.waitFor(() => expect(listener.epochsOf(placement.site).at(-1)).toBe(2), SOON);
  });

  test('without a majority nothing is fresh, although one member still talks', async () => {
    const listener = recorder();
    store.watch(listener);
    await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
    await cluster.kill(leader);
    cluster.freeze((leader + 2) % 3);
    const started = clock.mono();
    await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: false }), SOON);
    expect(clock.mono() - started).toBeLessThan(1_500 + 400);
    await expect(store.placement(placement.site)).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('a watch misses nothing and rewinds nothing while members are killed, frozen and brought back in turn', async () => {
    const listener = recorder();
    store.watch(listener);
    await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
    const commitSome = async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        await commit();
        await clock.sleep(20);
      }
      await vi.waitFor(() => expect(listener.epochsOf(placement.site).at(-1)).toBe(placement.epoch), {
        timeout: 700,
        interval: 2,
      });
    };
    for (const member of [0, 1, 2]) {
      cluster.freeze(member);
      await commitSome();
      cluster.thaw(member);
      await clock.sleep(300);
      await commitSome();
      await cluster.kill(member);
      await commitSome();
      await cluster.heal();
      await commitSome();
    }
    const epochs = listener.epochsOf(placement.site);
    expect(epochs).toEqual([...epochs].sort((one, other) => one - other));
    expect(new Set(epochs).size).toBe(placement.epoch);
    expect(listener.heard).not.toContainEqual({ kind: 'fresh', fresh: false });
  }, 60_000);

  test('a member that was frozen through a compaction costs the watch nothing', async () => {
    const listener = recorder();
    store.watch(listener);
    await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
    cluster.freeze((leader + 2) % 3);
    for (let turn = 0; turn < 5; turn += 1) await commit();
    await cluster.compact(follower());
    await clock.sleep(1_500);
    cluster.thaw((leader + 2) % 3);
    await commit();
    await vi.waitFor(() => expect(listener.epochsOf(placement.site)).toEqual([1, 2, 3, 4, 5, 6, 7]), SOON);
  });

  test('a watch that missed changes which were compacted away reads everything again', async () => {
    const proxies = await Promise.all(cluster.endpoints.map((endpoint) => startTcpProxy(endpoint)));
    try {
      const listener = recorder();
      open(proxies.map((proxy) => proxy.url)).watch(listener);
      await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
      await commit();
      await vi.waitFor(() => expect(listener.epochsOf(placement.site)).toEqual([1, 2]), SOON);
      for (const proxy of proxies) proxy.cut();
      await commit();
      await commit();
      await cluster.compact(leader);
      await commit();
      await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: false }), SOON);
      for (const proxy of proxies) proxy.restore();
      await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'fresh', fresh: true }), SOON);
      expect(listener.epochsOf(placement.site)).toEqual([1, 2, 5]);
      await commit();
      await vi.waitFor(() => expect(listener.epochsOf(placement.site)).toEqual([1, 2, 5, 6]), SOON);
    } finally {
      for (const proxy of proxies) await proxy.close();
    }
  });

  test('a watch whose streams have all gone silent misses nothing: what is confirmed is compared with what has arrived', async () => {
    const silent = await Promise.all(cluster.endpoints.map((endpoint) => startTcpProxy(endpoint)));
    try {
      // Reads go to members that answer; streams go to proxies that say nothing.
      const members = openMembers(cluster.endpoints, clock, 1_000);
      const deaf = recorder();
      for (const proxy of silent) proxy.cut();
      const stop = watchEtcd({ endpoints: silent.map(({ url }) => url), members, clock, log, listener: deaf });
      await vi.waitFor(() => expect(deaf.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
      await commit();
      await commit();
      await vi.waitFor(() => expect(deaf.epochsOf(placement.site).at(-1)).toBe(3), { timeout: 1_500, interval: 10 });
      stop();
      members.close();
    } finally {
      for (const proxy of silent) await proxy.close();
    }
  });

  describe('when the answer to a commit is lost', () => {
    let proxy: TcpProxy;
    let author: Store;
    beforeEach(async () => {
      proxy = await startTcpProxy(cluster.endpoints[follower()]!);
      author = open([proxy.url, cluster.endpoints[leader]!]);
      await author.placement(placement.site);
      proxy.mute();
    });
    afterEach(() => proxy.close());

    test('its author learns through another member that it was committed', async () => {
      expect(await commit(author)).toBeGreaterThan(250);
      expect((await store.placement(placement.site))?.epoch).toBe(2);
    });

    test('its author learns that it was committed even when others have gone on from there', async () => {
      const committing = author.commit([{ expected: 1, next: next(placement, { live: 'b' }), incident: null }]);
      await vi.waitFor(async () => expect((await store.placement(placement.site))?.live).toBe('b'), {
        timeout: 200,
        interval: 2,
      });
      const second = next(next(placement, { live: 'b' }));
      expect(await store.commit([{ expected: 2, next: second, incident: null }])).toEqual([{ outcome: 'committed' }]);
      expect(await committing).toEqual([{ outcome: 'committed' }]);
    });

    test('its author learns that it was beaten, even by the very same placement', async () => {
      await commit();
      const same = { ...placement };
      expect(await author.commit([{ expected: 1, next: same, incident: null }])).toEqual([{ outcome: 'beaten' }]);
    });

    test('its author learns that it opened an incident, and which changes were its own', async () => {
      const sites = [`${placement.site}-x`, `${placement.site}-y`];
      for (const name of sites) await store.applySite(aSpec(name), 1);
      const [late, ...mine] = [placement, ...sites.map((name) => firstPlacement(name, 'a', 1))];
      await store.commit([{ expected: 1, next: next(late!), incident: null }]);
      const id = newIncidentId(clock.wall(), `zone-dark:${placement.site}`);
      const outcomes = await author.commit([late!, ...mine].map((one) => anOpening(one, id, null)));
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['beaten', 'committed', 'committed']);
      expect((await store.incident(id))?.sites).toEqual(sites);
    });

    test('its author learns that somebody else has opened the incident', async () => {
      const other = `${placement.site}-z`;
      await store.applySite(aSpec(other), 1);
      const [mine, theirs] = [1, 2].map((ms) => newIncidentId(ms, `zone-dark:${placement.site}`));
      await store.commit([anOpening(placement, theirs!, null)]);
      const opening = anOpening(firstPlacement(other, 'a', 1), mine!, null);
      expect(await author.commit([opening])).toEqual([{ outcome: 'beaten' }]);
      expect(await store.incident(mine!)).toBeNull();
    });

    test('entries are appended once, and their author is told that it was the one', async () => {
      const id = newIncidentId(clock.wall(), `zone-dark:${placement.site}`);
      expect(await author.appendToIncident(id, 'k', [anEntry({ by: 'author' })])).toBe(true);
      expect(await author.appendToIncident(id, 'k', [anEntry({ by: 'author again' })])).toBe(false);
      expect((await store.incident(id))?.entries).toEqual([anEntry({ by: 'author' })]);
    });

    test('with nobody else to ask it is StoreUnavailable, and a new site is still added only once', async () => {
      const alone = open([proxy.url]);
      await expect(alone.applySite(aSpec(`lost-${site}`), 1)).rejects.toBeInstanceOf(StoreUnavailable);
      proxy.restore();
      const record = await vi.waitFor(() => alone.applySite(aSpec(`lost-${site}`), 2), SOON);
      expect(await store.applySite(aSpec(`lost-${site}`), 3)).toEqual(record);
    });
  });
});
