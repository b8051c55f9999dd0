import { expect, test } from 'vitest';
import { createWatchdog } from './watchdog.ts';

const beat = (beats: number, pid = 11) => [{ worker: 0, pid, beats }];

test('a worker whose beats stand still is told once the time is up; one that moves never', () => {
  const watchdog = createWatchdog(2_000, 1_000, 0);
  for (let now = 0; now < 2_000; now += 100) {
    expect(watchdog.beat([...beat(7), { worker: 1, pid: 12, beats: now }], now)).toEqual([]);
  }
  expect(watchdog.beat([...beat(7), { worker: 1, pid: 12, beats: 1 }], 2_000)).toEqual([11]);
});

test('a new worker under the same number gets its own time', () => {
  const watchdog = createWatchdog(2_000, 1_000, 0);
  for (let now = 0; now < 1_900; now += 100) watchdog.beat(beat(7), now);
  for (let now = 1_900; now < 3_800; now += 100) expect(watchdog.beat(beat(7, 13), now)).toEqual([]);
});

test('silence counts from the last answer', () => {
  const watchdog = createWatchdog(2_000, 1_000, 0);
  watchdog.beat(beat(1), 0);
  for (let now = 600; now < 2_000; now += 600) expect(watchdog.silence(now)).toBe(false);
  expect(watchdog.silence(2_400)).toBe(true);
});

test('a pause of our own accuses nobody', () => {
  const watchdog = createWatchdog(2_000, 1_000, 0);
  watchdog.beat(beat(1), 0);
  expect(watchdog.beat(beat(1), 60_000)).toEqual([]);
  expect(watchdog.silence(120_000)).toBe(false);
});
