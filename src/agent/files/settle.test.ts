import { expect, test } from 'vitest';
import { createManualClock } from '../../platform/manual-clock.ts';
import { createSettle } from './settle.ts';

function start() {
  const clock = createManualClock();
  const settledAt: number[] = [];
  const settle = createSettle(clock, () => settledAt.push(clock.mono()));
  return { clock, settle, settledAt };
}

test('one change: after 50 ms of quiet', async () => {
  const { clock, settle, settledAt } = start();
  settle.stir();
  await clock.advance(1_000);
  expect(settledAt).toEqual([50]);
});

test('a burst is one piece of news, 50 ms after its last change', async () => {
  const { clock, settle, settledAt } = start();
  for (let turn = 0; turn < 5; turn += 1) {
    settle.stir();
    await clock.advance(30);
  }
  await clock.advance(1_000);
  expect(settledAt).toEqual([170]);
});

test('a burst without an end is told of every 300 ms', async () => {
  const { clock, settle, settledAt } = start();
  for (let turn = 0; turn < 100; turn += 1) {
    settle.stir();
    await clock.advance(10);
  }
  expect(settledAt).toEqual([300, 600, 900]);
});

test('stopped, it tells nothing', async () => {
  const { clock, settle, settledAt } = start();
  settle.stir();
  settle.stop();
  await clock.advance(1_000);
  expect(settledAt).toEqual([]);
});
