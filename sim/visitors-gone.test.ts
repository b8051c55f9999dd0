/** A site loses its zone and then its visitors: nobody is left to show that it does well again, and its incident closes all the same. */
import { expect, test } from 'vitest';
import { check } from './checkers/index.ts';
import { aimedAt } from './faults/aimed.ts';
import { simulate } from './world/index.ts';

const FAULT_MS = 12_000;
const GONE_MS = FAULT_MS + 2_500;

test.each([1, 2, 3])('of seed %d', async (seed) => {
  const faults = [{ at: FAULT_MS, forMs: 30_000, verb: 'crash', target: { kind: 'zone', zone: 'a' } } as const];
  const clients = { readsPerSecond: 10, writesPerSecond: 20, untilMs: GONE_MS };
  const run = await simulate({ ...aimedAt('close-unseen', new Set()), seed, faults, clients, policies: undefined });
  expect(check(run)).toEqual([]);
  const closed = run.events.find((event) => event.kind === 'commit' && event.placement.decision === 'close-incident');
  expect(closed!.at).toBeLessThan(FAULT_MS + 15_000);
});
