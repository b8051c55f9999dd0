import { expect, test } from 'vitest';
import { FAULTS } from './index.ts';
import { planRound } from './plan.ts';

test('a seed gives the same rounds again, each by itself', () => {
  const rounds = Array.from({ length: 50 }, (_, index) => planRound(7, index + 1));
  expect(planRound(7, 31)).toEqual(rounds[30]);
  expect(planRound(8, 31)).not.toEqual(rounds[30]);
});

test('within a few hundred rounds every fault is drawn, every step, and every kind of round', () => {
  const rounds = Array.from({ length: 900 }, (_, index) => planRound(1, index + 1));
  const faults = rounds.flatMap((round) => round.faults);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(
    new Set(Object.keys(FAULTS).filter((kind) => kind !== 'planted-leak')),
  );
  expect(new Set(rounds.map(({ title }) => title)).size).toBe(5);
  expect(new Set(faults.flatMap(({ step }) => step?.name ?? [])).size).toBeGreaterThan(15);
  expect(faults.every(({ atMs, forMs }) => atMs >= 0 && atMs <= 6_000 && forMs >= 100 && forMs <= 20_000)).toBe(true);
});

test('live and standby are lost within three seconds of each other, in both orders', () => {
  const doubles = Array.from({ length: 500 }, (_, index) => planRound(3, index + 1)).filter(
    ({ title }) => title === 'live and standby',
  );
  expect(doubles.every(({ faults }) => new Set(faults.map(({ who }) => who)).size === 2)).toBe(true);
  expect(doubles.every(({ faults: [first, second] }) => second!.atMs - first!.atMs <= 3_000)).toBe(true);
  expect(new Set(doubles.map(({ faults }) => faults[0]!.who))).toEqual(new Set(['live', 'standby']));
});
