/** What is not taken is tried for a day, ever less often, and then stays where it can be seen; nothing overtakes; many go out without waiting for turns. */
import { expect, it } from 'vitest';
import type { Notice } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { aNotice, aService } from '../store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { aSubscriber } from '../store/subscribers-contract.ts';
import { createDeliverer, MOST_ATTEMPTS, pauseMs } from './deliver.ts';

const DAY_MS = 86_400_000;

/** One controller of one zone; `taken` says what becomes of each delivery. */
function setUp(taken: (notice: Notice) => boolean, turnMs = 500) {
  const clock = createManualClock();
  const store = openMemoryStore(new MemoryCluster(), { clock });
  const tried: { id: string; at: number }[] = [];
  const deliverer = createDeliverer({
    ...{ zone: 'a', clock, store, service: () => aService(), zones: () => ['a'] },
    log: createLog('test', {}, 'silent'),
    channel:
      async () =>
      async ({ notice }) => {
        tried.push({ id: notice.id, at: clock.wall() });
        if (!taken(notice)) throw new Error('nobody is there');
      },
  });
  clock.every(turnMs, deliverer.turn);
  const keep = (id: string, more: Partial<Notice> = {}) =>
    store.addNotices([{ notice: aNotice(id, { createdAt: clock.wall(), dueAt: clock.wall(), ...more }), told: [] }]);
  return { clock, store, tried, keep };
}

it('what nobody takes is tried for about a day, ever less often; then it is dead, and goes out when a person says so', async () => {
  let there = false;
  const { clock, store, tried, keep } = setUp(() => there, 5_000);
  await keep('n1');
  const began = clock.wall();
  await clock.advance(1.25 * DAY_MS);
  const gaps = tried.slice(1).map(({ at }, index) => at - tried[index]!.at);
  expect(tried).toHaveLength(MOST_ATTEMPTS);
  expect(gaps.every((gap, index) => gap >= pauseMs(index + 1) && gap <= pauseMs(index + 1) + 10_000)).toBe(true);
  expect([gaps[0], gaps[1], gaps.at(-1)].map((gap) => Math.round(gap! / 1_000))).toEqual([5, 15, 3_600]);
  const lasted = tried.at(-1)!.at - began;
  expect(lasted).toBeGreaterThan(0.9 * DAY_MS);
  expect(lasted).toBeLessThan(1.1 * DAY_MS);
  expect((await store.notices('dead', { most: 10 })).map(({ value }) => [value.id, value.lastTrouble])).toEqual([
    ['n1', 'nobody is there'],
  ]);
  there = true;
  await clock.advance(60_000);
  expect(tried).toHaveLength(MOST_ATTEMPTS);
  const dead = (await store.notice('n1'))!;
  await store.changeNotice(dead, { ...dead.value, state: 'waiting', attempts: 0, dueAt: clock.wall() });
  await clock.advance(10_000);
  expect((await store.notice('n1'))!.value).toMatchObject({ state: 'sent', attempts: 1, lastTrouble: null });
});

it('an alert is not resolved before it was raised', async () => {
  let there = false;
  const { clock, store, tried, keep } = setUp(() => there);
  const duty = { address: { channel: 'pagerduty', to: '/key', atLeast: 'info' }, incident: 'i' } as const;
  await keep('raised', duty);
  await clock.advance(2_000);
  await keep('resolved', duty);
  await clock.advance(2_000);
  expect(new Set(tried.map(({ id }) => id))).toEqual(new Set(['raised']));
  there = true;
  await clock.advance(60_000);
  expect((await store.notices('sent', { most: 10 })).map(({ value }) => value.id)).toEqual(['raised', 'resolved']);
});

it('hundreds go out one after the other, within one turn', async () => {
  const { clock, tried, keep } = setUp(() => true);
  for (let index = 0; index < 500; index += 1) await keep(`n${index}`);
  await clock.advance(500);
  for (let turn = 0; turn < 400 && tried.length < 500; turn += 1) await clock.advance(0);
  expect(new Set(tried.map(({ id }) => id)).size).toBe(500);
  expect(tried).toHaveLength(500);
});

it('what waits for a subscription that has ended is not sent any more, nor when a person tries it again', async () => {
  let there = false;
  const { clock, store, tried, keep } = setUp(() => there);
  for (const id of ['gone', 'stays']) {
    await store.keepSubscriber(null, aSubscriber(id));
    await keep(`news-${id}`, { kind: 'news', data: { subscriber: id } });
  }
  await clock.advance(2_000);
  await store.forgetSubscriber('gone');
  const before = tried.filter(({ id }) => id === 'news-gone').length;
  expect(before).toBeGreaterThan(0);
  there = true;
  await clock.advance(60_000);
  const ended = async () => (await store.notice('news-gone'))!;
  expect((await ended()).value).toMatchObject({ state: 'dead', lastTrouble: 'not sent: the subscription has ended' });
  expect((await store.notice('news-stays'))!.value.state).toBe('sent');
  const dead = await ended();
  await store.changeNotice(dead, { ...dead.value, state: 'waiting', attempts: 0, dueAt: clock.wall() });
  await clock.advance(60_000);
  expect((await ended()).value.state).toBe('dead');
  expect(tried.filter(({ id }) => id === 'news-gone')).toHaveLength(before);
});
