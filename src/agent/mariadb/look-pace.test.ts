/** The pace of looking at databases, by how many share the host and in how many something is under way. */
import { expect, test } from 'vitest';
import { createHostLooks } from './look-pace.ts';

test.each([
  [1, 80, 80],
  [10, 80, 80],
  [20, 160, 80],
  [50, 400, 200],
  [62, 496, 248],
  [63, 500, 252],
  [125, 500, 500],
  [1_000, 500, 500],
])('%i copies: every %i ms, and every %i ms when something is under way in all', (copies, atRest, underWay) => {
  const looks = createHostLooks();
  const lookers = Array.from({ length: copies }, () => looks.join());
  expect(lookers.map((looker) => looker.everyMs(false))).toEqual(Array(copies).fill(atRest));
  for (const looker of lookers) looker.everyMs(true);
  expect(lookers.map((looker) => looker.everyMs(true))).toEqual(Array(copies).fill(underWay));
});

test('one that moves on a full host is looked at as often as one that is alone; what has ended or left counts no more', () => {
  const looks = createHostLooks();
  const lookers = Array.from({ length: 50 }, () => looks.join());
  expect(lookers[0]!.everyMs(true)).toBe(80);
  for (const looker of lookers) looker.everyMs(true);
  for (const looker of lookers.slice(2)) looker.everyMs(false);
  expect(lookers[0]!.everyMs(true)).toBe(80);
  for (const looker of lookers.slice(1)) {
    looker.leave();
    looker.leave();
  }
  expect([lookers[0]!.everyMs(false), lookers[1]!.everyMs(true)]).toEqual([80, 80]);
});
