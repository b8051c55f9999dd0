/** Broken on purpose: every bug that can be switched on is seen by the checker that is there for it, and without it nothing is broken. */
import { describe, expect, it } from 'vitest';
import { check } from './checkers/index.ts';
import { AIMED, aimedAt } from './faults/aimed.ts';
import { BUGS } from './trace.ts';
import { simulate } from './world/index.ts';

describe.each(BUGS)('%s', (bug) => {
  it(`is seen: ${AIMED[bug].why}`, async () => {
    const broken = check(await simulate(aimedAt(bug, new Set([bug]))));
    const seenBy = new Set(broken.map(({ checker }) => checker));
    expect(AIMED[bug].expected.filter((name) => seenBy.has(name))).not.toEqual([]);
  });

  it('without it the same faults break nothing', async () => {
    expect(check(await simulate(aimedAt(bug, new Set())))).toEqual([]);
  });
});
