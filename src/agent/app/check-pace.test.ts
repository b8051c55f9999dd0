import { expect, test } from 'vitest';
import { createHostChecks } from './check-pace.ts';

test.each([
  [1, 250],
  [10, 250],
  [20, 500],
  [40, 1_000],
  [500, 1_000],
])('%i applications on a host: each is asked every %i ms', (count, everyMs) => {
  const checks = createHostChecks();
  const all = Array.from({ length: count }, () => checks.join());
  expect(all.map((checker) => checker.everyMs())).toEqual(Array(count).fill(everyMs));
});

test('one that has stopped counts no more, however often it says so', () => {
  const checks = createHostChecks();
  const [first, ...others] = Array.from({ length: 40 }, () => checks.join());
  for (const one of others) {
    one.leave();
    one.leave();
  }
  expect(first!.everyMs()).toBe(250);
});
