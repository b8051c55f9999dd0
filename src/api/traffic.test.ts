/** Traffic by zone: counted only while somebody looks, whole seconds only, dropped when nobody looks any more. */
import { expect, test } from 'vitest';
import { anEdgeReport, aTraffic } from '../../test/support/fixtures.ts';
import { createTraffic } from './traffic.ts';

function setUp() {
  let now = 10_000_400;
  const traffic = createTraffic({ wall: () => now });
  const hear = (...rows: Partial<Parameters<typeof aTraffic>[0]>[]) =>
    traffic.heard(anEdgeReport({ traffic: rows.map((row) => aTraffic(row)) }));
  return {
    traffic,
    hear,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const none = { answered: 0, serverErrors: 0, connectErrors: 0, timeouts: 0, latency: [] as number[] };

test('counts by zone and second, of several edges together, from the second after somebody began to look', () => {
  const { traffic, hear, pass } = setUp();
  hear({ ...none, site: 'shop', zone: 'a', attempts: 7 });
  expect(traffic.of('shop')).toEqual([]);
  hear({ ...none, site: 'shop', zone: 'a', attempts: 7 });
  pass(700);
  const latency = [98, 0, 1, 1];
  hear(
    { ...none, site: 'shop', zone: 'b', attempts: 100, serverErrors: 2, timeouts: 1, latency },
    { ...none, site: 'blog', zone: 'a', attempts: 9 },
  );
  hear({ ...none, site: 'shop', zone: 'a', attempts: 5, connectErrors: 1 });
  hear({ ...none, site: 'shop', zone: 'a', attempts: 5 });
  expect(traffic.of('shop')).toEqual([]);
  pass(2_000);
  expect(traffic.of('shop')).toEqual([
    {
      at: 10_001_000,
      zones: [
        { zone: 'a', requests: 10, failed: 1, p50Ms: null, p99Ms: null },
        { zone: 'b', requests: 100, failed: 3, p50Ms: 32, p99Ms: 128 },
      ],
    },
    { at: 10_002_000, zones: [] },
  ]);
});

test('a site that nobody looks at is counted no more, and two minutes are kept', () => {
  const { traffic, hear, pass } = setUp();
  traffic.of('shop');
  for (let second = 0; second < 200; second += 1) {
    pass(1_000);
    hear({ ...none, site: 'shop', zone: 'a', attempts: 1 });
    if (second % 30 === 0) traffic.of('shop');
  }
  const seconds = traffic.of('shop');
  expect(seconds).toHaveLength(120);
  expect(seconds.every(({ zones }) => zones[0]?.requests === 1)).toBe(true);
  pass(61_000);
  hear({ ...none, site: 'shop', zone: 'a', attempts: 1 });
  expect(traffic.of('shop')).toEqual([]);
});
