/** A burning error budget is told once by all controllers together, again only when it burns anew, and its end once. */
import { expect, it } from 'vitest';
import { aPlacement } from '../../test/support/fixtures.ts';
import type { ServiceLevel } from '../model/index.ts';
import { startNotifyLoop } from '../notify/loop.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { episodesOf } from '../record/level/episodes.ts';
import type { CountedRow, Counts } from '../record/level/minutes.ts';
import { aService, aSpec } from '../store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { startBurnWatch } from './burn-watch.ts';

const log = createLog('test', {}, 'silent');
const LEVEL: ServiceLevel = aService().level;

it('episodes are a function of the minutes: their beginning stays while they go on, short gaps do not end them, a worse rule speaks for a lesser one', () => {
  const counts = new Map<number, Counts>();
  const NOW = 29_600_000;
  for (let minute = NOW - 20_000; minute < NOW; minute += 1) counts.set(minute, { requests: 100, failed: 0 });
  const fail = (from: number, to: number) => {
    for (let minute = from; minute < to; minute += 1) counts.set(minute, { requests: 100, failed: 50 });
  };
  expect(episodesOf(counts, NOW, LEVEL)).toEqual([]);
  fail(NOW - 40, NOW - 30);
  const [fast] = episodesOf(counts, NOW - 29, LEVEL);
  expect(fast).toMatchObject({ rule: { name: 'fast' }, since: NOW - 40, over: false });
  for (const until of [NOW - 35, NOW - 31, NOW - 28])
    expect(episodesOf(counts, until, LEVEL)).toMatchObject([{ rule: { name: 'fast' }, since: NOW - 40 }]);
  expect(episodesOf(counts, NOW - 10, LEVEL)[0]).toMatchObject({ since: NOW - 40, over: true });
  expect(episodesOf(counts, NOW - 28, LEVEL)).toHaveLength(1);
  fail(NOW - 3, NOW);
  expect(episodesOf(counts, NOW, LEVEL)[0]).toMatchObject({ rule: { name: 'fast' }, since: NOW - 3, over: false });
});

it('told once by two controllers, also after a restart; its end once; a new one again', async () => {
  const clock = createManualClock();
  const cluster = new MemoryCluster();
  const store = openMemoryStore(cluster, { clock });
  const service = aService({
    people: [
      {
        name: 'Anna',
        timeZone: 'UTC',
        language: 'en',
        addresses: [{ channel: 'email', to: 'anna@example.org', atLeast: 'info' }],
        quiet: [],
        sites: ['shop'],
      },
    ],
    channels: {
      ...aService().channels,
      email: { host: 'localhost', port: 1, from: 'a@b.c', user: null, passwordFile: null, secure: false, caFile: null },
    },
  });
  const state = {
    zones: new Map([
      ['a', {}],
      ['b', {}],
    ]),
    sites: new Map([['shop', { spec: aSpec('shop'), slot: 0 }]]),
    placements: new Map([['shop', aPlacement()]]),
    service,
  };
  const START = Math.floor(clock.wall() / 60_000);
  let failing: [number, number][] = [];
  const until = () => Math.floor(clock.wall() / 60_000);
  const rows = (_: string, { from, to }: { from: number; to: number }) => {
    const found: CountedRow[] = [];
    for (let minute = Math.max(from, START - 60); minute < Math.min(to, until()); minute += 1) {
      const bad = failing.some(([first, last]) => minute >= START + first && minute < START + last);
      found.push({ edge: 'e', site: 'shop', minute, requests: 100, failed: bad ? 100 : 0 });
    }
    return found;
  };
  const controller = (zone: string) => {
    const notify = startNotifyLoop({
      ...{ zone, clock, log, store, state, clusterKey: 'a key long enough for this test' },
      channel: async () => async () => {},
    });
    const burn = startBurnWatch({
      ...{ clock, log, store, state, tell: notify.tell },
      levels: { rows, until, failingSites: () => (failing.length === 0 ? [] : ['shop']) },
      service: () => ({ level: LEVEL, maintenance: [] }),
    });
    return { ...burn, stopAll: () => Promise.all([burn.stop(), notify.stop(), clock.advance(1_000)]) };
  };
  const told = async () =>
    (await Promise.all((['waiting', 'sent', 'dead'] as const).map((one) => store.notices(one, { most: 50 }))))
      .flat()
      .map(({ value }) => value)
      .toSorted((one, other) => one.createdAt - other.createdAt);
  const a = controller('a');
  let b = controller('b');
  await clock.advance(5 * 60_000);
  expect(await told()).toEqual([]);
  failing = [[3, 9]];
  await clock.advance(4 * 60_000);
  expect(a.burning('shop')).toMatchObject({ rule: { name: 'fast' } });
  await b.stopAll();
  b = controller('b');
  await clock.advance(3 * 60_000);
  expect(await told()).toMatchObject([
    {
      kind: 'level',
      severity: 'critical',
      person: 'Anna',
      text: expect.stringContaining('times as fast as its target of 99.95 % allows'),
    },
  ]);
  await clock.advance(30 * 60_000);
  expect(a.burning('shop')).toBeNull();
  expect((await told()).map(({ severity }) => severity)).toEqual(['critical', 'info']);
  expect((await told())[1]!.text).toContain('no longer burns');
  await clock.advance(90 * 60_000);
  failing.push([140, 145]);
  await clock.advance(60 * 60_000);
  expect((await told()).map(({ severity }) => severity)).toEqual(['critical', 'info', 'critical', 'info']);
  await Promise.all([a.stopAll(), b.stopAll()]);
});
