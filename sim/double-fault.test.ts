/**
 * Live and standby are killed within three seconds, in either order, and return alone or together: what finally serves has every
 * acknowledged write, or nothing takes writes until the copy that has them is back. A standby that is back alone has them.
 */
import { expect, it } from 'vitest';
import type { ZoneId } from '../src/model/index.ts';
import { commitsOf, eventsOf } from './checkers/history.ts';
import { check } from './checkers/index.ts';
import type { Bug, SimRun } from './trace.ts';
import type { FaultAt } from './world/faults.ts';
import { simulate } from './world/index.ts';

/** Everything is created and protected before: live in a, standby in b, spare in c. */
const LOST_AT = 8_000;
const BACK_AT = LOST_AT + 4_000;
const ALONE_MS = 6_000;
const DELAYS_MS = {
  // At once; while silence is listened to; while the standby is being promoted; when it has opened; long after.
  zone: [0, 200, 280, 900, 3_000],
  database: [0, 2_200],
};
const TARGETS = ['zone', 'database'] as const;
type Target = (typeof TARGETS)[number];

/** `first` dies, `delayMs` later the other; `alone` is back so much sooner than the other (null: both at the same time). */
function both(target: Target, first: ZoneId, delayMs: number, alone: ZoneId | null): FaultAt[] {
  return ['a', 'b'].map((zone): FaultAt => {
    const at = LOST_AT + (zone === first ? 0 : delayMs);
    const backAt = BACK_AT + (alone === null || alone === zone ? 0 : ALONE_MS);
    const dead =
      target === 'zone' ? { kind: 'zone' as const, zone } : { kind: 'database' as const, zone, site: 'site-1' };
    return { verb: 'crash', target: dead, at, forMs: backAt - at };
  });
}

function run(faults: FaultAt[], bugs: readonly Bug[] = []): Promise<SimRun> {
  const healAt = BACK_AT + ALONE_MS;
  return simulate({
    seed: 1,
    sites: 1,
    edges: 2,
    zones: ['a', 'b', 'c'],
    durationMs: healAt,
    faults,
    bugs: new Set(bugs),
    clients: { readsPerSecond: 2, writesPerSecond: 60 },
    healAt,
    settleMs: 25_000,
  });
}

function lostWrites(run: SimRun): number {
  const [end] = eventsOf(run, 'end');
  const held = new Set(end!.holds[end!.placement.live]);
  return eventsOf(run, 'write-acked').filter(({ write }) => !held.has(write)).length;
}

const CASES = TARGETS.flatMap((target) =>
  ['a', 'b'].flatMap((first) =>
    ['a', 'b', null].flatMap((alone) =>
      DELAYS_MS[target].map((delayMs) => ({ target, first, alone, delayMs, back: alone ?? 'both at once' })),
    ),
  ),
);

it.each(CASES)('$target $first dies, the other $delayMs ms later, back first: $back (I1, I2)', async (one) => {
  const done = await run(both(one.target, one.first, one.delayMs, one.alone));
  const told = commitsOf(done, 'site-1').map(({ placement }) => placement.decision);
  expect({ told, lost: lostWrites(done), broken: check(done) }).toEqual({ told, lost: 0, broken: [] });
});

/** The standby's disk is slow, so that it has received what it has not applied; it is back alone. */
function lostBehind(delayMs: number): FaultAt[] {
  const [a, b] = both('database', 'a', delayMs, 'b');
  const slow: FaultAt = {
    verb: 'slow-disk',
    zone: 'b',
    site: 'site-1',
    fsyncMs: 40,
    at: LOST_AT - 2_000,
    forMs: 3_000,
  };
  return [slow, { ...a!, verb: 'crash', target: { kind: 'zone', zone: 'a' } }, b!];
}

it.each([0, 150])(
  'a standby that died %i ms after the live copy, with rows unapplied, takes over alone with all of them (I1, I4)',
  async (delayMs) => {
    const done = await run(lostBehind(delayMs));
    const backAt = BACK_AT + ALONE_MS;
    const promoted = eventsOf(done, 'promoted').find(({ zone, at }) => zone === 'b' && at > LOST_AT);
    const served = eventsOf(done, 'write-acked').filter(({ zone, at }) => zone === 'b' && at < backAt);
    expect(promoted?.at ?? Number.POSITIVE_INFINITY).toBeLessThan(backAt);
    expect(served.length).toBeGreaterThan(20);
    expect({ lost: lostWrites(done), broken: check(done) }).toEqual({ lost: 0, broken: [] });
    // What it had not applied is what would be gone else.
    const forgetting = await run(lostBehind(delayMs), ['restart-forgets-received']);
    expect(lostWrites(forgetting)).toBeGreaterThan(5);
  },
);

it('a newly live copy that is lost before it took a write is taken back, and the former one goes on (I4)', async () => {
  const faults: FaultAt[] = [
    { verb: 'crash', target: { kind: 'zone', zone: 'a' }, at: LOST_AT, forMs: 3_000 },
    {
      verb: 'crash',
      target: { kind: 'zone', zone: 'b' },
      at: { step: 'promote', phase: 'before', nth: 1 },
      forMs: 30_000,
    },
  ];
  const done = await simulate({
    ...{ seed: 1, sites: 1, edges: 2, zones: ['a', 'b', 'c'], bugs: new Set(), settleMs: 25_000 },
    ...{ durationMs: 22_000, healAt: 22_000, faults, clients: { readsPerSecond: 5, writesPerSecond: 20 } },
  });
  const decisions = commitsOf(done, 'site-1').map(({ placement }) => placement.decision);
  expect(decisions).toContain('take-back');
  expect({ lost: lostWrites(done), broken: check(done) }).toEqual({ lost: 0, broken: [] });
});
