/** (I13) What exists only once is deleted only after a stated time, and never unannounced. */
import { expect, test } from 'vitest';
import { type Dated, judgeSalvage, type SalvageLimits } from './limits.ts';

const DAY = 86_400_000;
const LIMITS: SalvageLimits = { keepMs: 30 * DAY, mostBytes: 1_000 };
const one = (change: Partial<Dated>): Dated => ({ id: 'x', keptSince: 0, bytes: 100, warnedAt: null, ...change });
const verdict = (change: Partial<Dated>, now: number) => judgeSalvage([one(change)], LIMITS, now).get('x')!;

test('(I13) young and small: kept, and nothing is told', () => {
  expect(verdict({}, 22 * DAY)).toEqual({ warnedAt: null, deletedAt: null, deleteNow: false });
});

test('(I13) a week before its time people are told when it will go; then it goes', () => {
  expect(verdict({}, 23 * DAY)).toEqual({ warnedAt: 23 * DAY, deletedAt: 30 * DAY, deleteNow: false });
  expect(verdict({ warnedAt: 23 * DAY }, 30 * DAY).deleteNow).toBe(true);
});

test('(I13) an agent that was away for months tells first, and deletes a day later at the earliest', () => {
  expect(verdict({}, 90 * DAY)).toEqual({ warnedAt: 90 * DAY, deletedAt: 91 * DAY, deleteNow: false });
  expect(verdict({ warnedAt: 90 * DAY }, 91 * DAY - 1).deleteNow).toBe(false);
  expect(verdict({ warnedAt: 90 * DAY }, 91 * DAY).deleteNow).toBe(true);
});

test('(I13) nine tenths of the room: the oldest is told of, and goes only when there is really too much', () => {
  const all = (bytes: number) => [
    one({ id: 'old', bytes: 500, warnedAt: DAY }),
    one({ id: 'new', keptSince: DAY, bytes }),
  ];
  const nearly = judgeSalvage(all(450), LIMITS, 3 * DAY);
  expect(nearly.get('old')).toEqual({ warnedAt: DAY, deletedAt: 2 * DAY, deleteNow: false });
  expect(nearly.get('new')).toEqual({ warnedAt: null, deletedAt: null, deleteNow: false });
  expect(judgeSalvage(all(600), LIMITS, 3 * DAY).get('old')!.deleteNow).toBe(true);
});
