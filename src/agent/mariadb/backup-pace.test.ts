import { expect, test } from 'vitest';
import { createPace, LEAST_RATE } from './backup-pace.ts';
import { createGauge } from './backup-strain.ts';

const CHUNK = 65_536;

/** Sends as fast as `pace` lets it for `ms`; answers the bytes per second. */
function send(pace: ReturnType<typeof createPace>, from: number, ms: number, fastest = 200e6): number {
  let now = from;
  let bytes = 0;
  while (now < from + ms) {
    bytes += CHUNK;
    now += Math.max((CHUNK / fastest) * 1_000, pace.take(CHUNK, now));
  }
  return (bytes / (now - from)) * 1_000;
}

test('as long as nobody suffers nothing is held back', () => {
  const pace = createPace(0);
  expect(send(pace, 0, 2_000)).toBeGreaterThan(195e6);
  expect(pace.throttled(2_000)).toBe(false);
});

test('it gives way to who suffers, step by step, never to a standstill, and comes back', () => {
  const pace = createPace(0);
  let now = 0;
  send(pace, now, 1_000);
  now = 1_000;
  pace.adapt(true, now);
  expect(pace.rate()).toBeGreaterThan(100e6);
  expect(pace.rate()).toBeLessThan(130e6);
  const rate = pace.rate();
  expect(send(pace, now, 1_000) / rate).toBeCloseTo(1, 1);
  expect(pace.throttled(2_000)).toBe(true);
  pace.adapt(true, now + 100);
  expect(pace.rate(), 'its effect has to be waited for').toBe(rate);
  for (const end = now + 15_000; now < end; now += 300) pace.adapt(true, now);
  expect(pace.rate()).toBe(LEAST_RATE);
  expect(send(pace, now, 2_000) / LEAST_RATE).toBeCloseTo(1, 1);
  now += 2_000;
  for (const end = now + 2_500; now < end; now += 50) pace.adapt(false, now);
  expect(pace.rate()).toBe(Number.POSITIVE_INFINITY);
  expect(pace.throttled(now + 10_000)).toBe(false);
});

test('what is slow beside a stream suffers; one slow pulse is chance', () => {
  const gauge = createGauge();
  for (let turn = 0; turn < 5; turn++) gauge.note(4, true);
  gauge.note(90, false);
  expect(gauge.suffers()).toBe(false);
  gauge.note(90, false);
  expect(gauge.suffers()).toBe(true);
  gauge.note(5, false);
  gauge.note(5, false);
  expect(gauge.suffers()).toBe(false);
});

test('what is slow while next to nothing flows is not the stream’s doing, and is soon what is usual', () => {
  const gauge = createGauge();
  for (let turn = 0; turn < 5; turn++) gauge.note(4, true);
  for (let turn = 0; turn < 3; turn++) gauge.note(90, true);
  expect(gauge.suffers()).toBe(true);
  for (let turn = 0; turn < 6; turn++) gauge.note(90, true);
  expect(gauge.suffers()).toBe(false);
});
