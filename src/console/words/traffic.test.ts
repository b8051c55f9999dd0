import { expect, test } from 'vitest';
import { addSeconds, SHOWN_S, toColumns, trafficNow } from './traffic.ts';

const second = (at: number, zones: Record<string, [requests: number, failed: number]>) => ({
  at: at * 1_000,
  zones: Object.entries(zones).map(([zone, [requests, failed]]) => ({ zone, requests, failed, p50Ms: 8, p99Ms: 32 })),
});

test('seconds become columns; lines come from 0 and go to 0, and nothing is drawn where nothing happens', () => {
  const seconds = [second(10, { a: [98, 0] }), second(11, { a: [40, 3], b: [52, 1] }), second(12, {}), second(13, {})];
  expect(toColumns(seconds, ['a', 'b'])).toEqual([
    [10, 11, 12, 13],
    [98, 40, 0, null],
    [0, 52, 0, null],
    [0, 4, 0, null],
  ]);
  expect(trafficNow(seconds.slice(0, 2), ['a', 'b'])).toEqual({
    zones: [
      { zone: 'a', perSecond: '40' },
      { zone: 'b', perSecond: '52' },
    ],
    failed: 4,
    p99: '32\u00a0ms',
  });
  expect(trafficNow([], ['a'])).toEqual({ zones: [{ zone: 'a', perSecond: '0' }], failed: 0, p99: null });
});

test('what was told twice counts once, and two minutes are kept', () => {
  const known = Array.from({ length: SHOWN_S }, (_, at) => second(at, {}));
  const all = addSeconds(known, [second(SHOWN_S - 1, {}), second(SHOWN_S, { a: [1, 0] })]);
  expect(all).toHaveLength(SHOWN_S);
  expect(all.at(-1)!.zones).toHaveLength(1);
  expect(all[0]!.at).toBe(1_000);
});
