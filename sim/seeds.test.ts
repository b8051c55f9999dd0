/** A fixed range of seeds in every test run, so that what breaks an invariant is seen before it is committed. */
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { systemClock } from '../src/platform/clock.ts';
import { seedsOf } from './run/options.ts';
import { runPool } from './run/pool.ts';
import { addResult, emptySummary } from './run/result.ts';

const SEEDS = { first: 1, last: 100 };

it('seeds 1..100 break nothing and come to rest (I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13)', async () => {
  const sum = emptySummary();
  await runPool({
    seeds: seedsOf(SEEDS),
    bugs: [],
    workers: availableParallelism(),
    clock: systemClock,
    onResult: (result) => addResult(sum, result, []),
  });
  expect(sum.failed.map(({ replay, checkers, first }) => `${replay}: ${checkers.join(', ')}: ${first}`)).toEqual([]);
  expect(sum.seeds).toBe(100);
  // A range in which nothing happened would prove nothing.
  expect(sum.decisions.failover).toBeGreaterThan(30);
  expect(sum.decisions.switchover).toBeGreaterThan(20);
}, 240_000);
