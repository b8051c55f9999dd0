import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../model/index.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { createRouteBook, createTrafficMeter, parseTick } from './counters.ts';

const copy = (counts: string, gauges = '0 0 5') => parseTick(`C shop@a ${counts} ${gauges}\n`);

test('a tick is read line by line', () => {
  const text =
    'W 0 4711 12\nW 1 4712 9\nH shop 3 250\nC my-shop@zone-b 9 5 2 1 1 4 700 - 0:4,3:2,9:1\nF shop 8 1700000000123\nR shop 8 -\nR shop 8 2\nR blog - 5\nX shop 2\nL shop 8\nG 17\n';
  expect(parseTick(text)).toEqual({
    workers: [
      { worker: 0, pid: 4711, beats: 12 },
      { worker: 1, pid: 4712, beats: 9 },
    ],
    held: [{ site: 'shop', count: 3, longestMs: 250 }],
    copies: [
      {
        site: 'my-shop',
        zone: 'zone-b',
        attempts: 9,
        answered: 5,
        serverErrors: 2,
        connectErrors: 1,
        timeouts: 1,
        waiting: 4,
        oldestWaitingMs: 700,
        answeredAgoMs: null,
        latency: [4, 0, 0, 2, 0, 0, 0, 0, 0, 1],
      },
    ],
    firstWrites: [{ site: 'shop', epoch: 8, at: 1_700_000_000_123 }],
    underWay: [
      { site: 'shop', heldEpoch: 8, count: null },
      { site: 'shop', heldEpoch: 8, count: 2 },
      { site: 'blog', heldEpoch: null, count: 5 },
    ],
    failed: [{ site: 'shop', count: 2 }],
    letGo: [{ site: 'shop', epoch: 8 }],
    generation: 17,
  });
});

test('a window holds what came since the last one, and the newest of those who wait', () => {
  const meter = createTrafficMeter(true);
  meter.add(copy('3 3 0 0 0'));
  meter.add(copy('5 3 1 0 0', '1 40 40'));
  expect(meter.take()).toMatchObject([{ attempts: 5, answered: 3, serverErrors: 1, waiting: 1, oldestWaitingMs: 40 }]);
  meter.add(copy('6 3 1 1 1', '0 0 90'));
  expect(meter.take()).toMatchObject([
    { attempts: 1, answered: 0, connectErrors: 1, timeouts: 1, answeredAgoMs: 90, latency: Array(10).fill(0) },
  ]);
  expect(meter.take()).toEqual([]);
});

test('the Lua side sorts latencies into the very same classes', () => {
  const lua = readFileSync(new URL('./lua/requests.lua', import.meta.url), 'utf8');
  const seconds = /LATENCY_BOUNDS = \{(.*)\}/.exec(lua)?.[1]?.split(',').map(Number);
  expect(seconds?.map((bound) => Math.round(bound * 1_000))).toEqual([...LATENCY_BOUNDS_MS]);
});

test('latencies add up over the ticks of a window, and begin anew with the next', () => {
  const meter = createTrafficMeter(true);
  meter.add(copy('3 3 0 0 0', '0 0 5 0:2,8:1'));
  meter.add(copy('5 4 1 0 0', '0 0 5 0:1,4:1'));
  expect(meter.take()).toMatchObject([{ answered: 4, serverErrors: 1, latency: [3, 0, 0, 0, 1, 0, 0, 0, 1, 0] }]);
  meter.add(copy('6 5 1 0 0', '0 0 5 1:1'));
  expect(meter.take()).toMatchObject([{ latency: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0] }]);
});

test('what an adopted nginx had counted before is not news; a restarted one counts from zero', () => {
  const meter = createTrafficMeter(false);
  meter.add(copy('1000 900 100 0 0', '0 0 5 0:1000'));
  expect(meter.take()).toMatchObject([{ attempts: 0, serverErrors: 0, latency: Array(10).fill(0) }]);
  meter.restarted();
  meter.add(copy('2 1 1 0 0', '0 0 5 0:2'));
  expect(meter.take()).toMatchObject([
    { attempts: 2, answered: 1, serverErrors: 1, latency: [2, ...Array(9).fill(0)] },
  ]);
});

test('a route is reported with its newest epoch, its first write and those held, and only while it is news', async () => {
  const clock = createManualClock();
  const book = createRouteBook(clock);
  book.routed([{ site: 'shop', epoch: 3, gate: 'open' }], 100);
  book.routed([{ site: 'shop', epoch: 2, gate: 'held' }], 200);
  book.add(parseTick('H shop 2 90\nH shop 1 120\nF shop 2 150\n'));
  expect(book.reports()).toEqual([
    {
      site: 'shop',
      epoch: 3,
      routedAt: 100,
      firstWriteAt: null,
      heldNow: 3,
      heldLongestMs: 120,
      inFlight: 0,
      failed: 0,
    },
  ]);
  book.add(parseTick('F shop 3 300\nF shop 3 400\n'));
  expect(book.reports()).toMatchObject([{ firstWriteAt: 300, heldNow: 0 }]);
  await clock.advance(61_000);
  expect(book.reports()).toEqual([]);
  book.add(parseTick('H shop 1 10\n'));
  expect(book.reports()).toMatchObject([{ heldNow: 1 }]);
});

test('what is under way counts for a hold only once every worker has seen that hold', () => {
  const book = createRouteBook(createManualClock());
  const inFlight = () => book.reports()[0]?.inFlight;
  const count = (lines: string) => book.count(parseTick(lines).underWay);
  book.routed([{ site: 'shop', epoch: 3, gate: 'open' }], 100);
  book.add(parseTick('R shop - 4\n'));
  expect([inFlight(), book.draining()]).toEqual([4, []]);
  book.add(parseTick('R shop - 0\n'));
  book.routed([{ site: 'shop', epoch: 4, gate: 'held' }], 200);
  expect([inFlight(), book.draining()]).toEqual([1, ['shop']]);
  for (const line of ['R shop - 0\n', 'R shop 4 -\n', 'R shop 3 0\n'])
    expect([count(line), inFlight()]).toEqual([[], 1]);
  expect([count('R shop 4 2\n'), inFlight()]).toEqual([[], 2]);
  expect([count('R shop 4 0\n'), inFlight(), book.draining()]).toEqual([['shop'], 0, []]);
  expect(count('R shop 4 0\n')).toEqual([]);
});

test('every failure is told under one epoch, and under one only', () => {
  const book = createRouteBook(createManualClock());
  book.routed([{ site: 'shop', epoch: 3, gate: 'open' }], 100);
  book.add(parseTick('X shop 2\nX shop 1\nX nobody 9\n'));
  expect(book.tell()).toMatchObject([{ epoch: 3, failed: 3 }]);
  book.add(parseTick('X shop 1\n'));
  expect(book.reports()).toMatchObject([{ epoch: 3, failed: 4 }]);
  book.routed([{ site: 'shop', epoch: 4, gate: 'open' }], 200);
  expect(book.tell()).toMatchObject([{ epoch: 4, failed: 1 }]);
  book.routed([{ site: 'shop', epoch: 5, gate: 'open' }], 300);
  expect(book.tell()).toMatchObject([{ epoch: 5, failed: 0 }]);
});
