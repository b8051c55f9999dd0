/** What waits to be applied, and what is open, gets older by this host's clock. */
import { expect, test } from 'vitest';
import { createAges } from './ages.ts';
import type { Sample } from './sampler.ts';

const sample = (at: number, change: Partial<Sample>): Sample =>
  ({ at, receivedPosition: '0-1-10', appliedPosition: '0-1-10', backlogBytes: 0, open: [], ...change }) as Sample;

test('the lag begins when all was last applied, however much is applied since', () => {
  const ages = createAges();
  const looks = [
    sample(1_000, {}),
    sample(1_080, { receivedPosition: '0-1-20', appliedPosition: '0-1-12', backlogBytes: 900 }),
    sample(1_160, { receivedPosition: '0-1-30', appliedPosition: '0-1-20', backlogBytes: 800 }),
  ];
  for (const look of looks) ages.see(look);
  expect(ages.lag(looks[2]!, 1_200)).toEqual({ ms: 200, bytes: 800 });
  const level = sample(1_240, { receivedPosition: '0-1-30', appliedPosition: '0-1-30', backlogBytes: 800 });
  ages.see(level);
  expect(ages.lag(level, 1_300)).toEqual({ ms: 0, bytes: 0 });
});

test('a transaction is as old as it has been seen; what was open before this agent began, as the server tells', () => {
  const ages = createAges();
  const first = sample(5_000, {
    open: [
      { key: '7/1', ageMs: 61_000 },
      { key: '8/2', ageMs: 1_000 },
    ],
  });
  ages.see(first);
  expect(ages.transactions(first, 5_050)).toEqual({ open: 2, oldestMs: 60_000 });
  const second = sample(5_400, {
    open: [
      { key: '8/2', ageMs: 1_000 },
      { key: '8/3', ageMs: 0 },
    ],
  });
  ages.see(second);
  expect(ages.transactions(second, 5_400)).toEqual({ open: 2, oldestMs: 400 });
  expect(ages.transactions(sample(5_480, {}), 5_480)).toEqual({ open: 0, oldestMs: 0 });
});
