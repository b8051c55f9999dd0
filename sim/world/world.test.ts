/** The simulated world as a whole: it comes to life by itself, moves a site away from a lost zone in time, and is the same each time. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../checkers/history.ts';
import type { SimRun } from '../trace.ts';
import type { Fault } from './faults.ts';
import { type SimOptions, simulate } from './index.ts';

const BASE: SimOptions = {
  seed: 1,
  sites: 1,
  edges: 2,
  zones: ['a', 'b', 'c'],
  durationMs: 8_000,
  faults: [],
  bugs: new Set(),
  clients: { readsPerSecond: 10, writesPerSecond: 20 },
  healAt: 8_000,
  settleMs: 2_000,
};
const LOST_AT = 8_000;
const LOSSES: Record<string, Fault> = {
  killed: { verb: 'crash', target: { kind: 'zone', zone: 'a' } },
  frozen: { verb: 'pause', target: { kind: 'zone', zone: 'a' } },
  'cut off': { verb: 'cut', from: ['a'], to: '*', ways: 'both' },
};

/** Zone a, where the site is live, is lost for six seconds. */
function lost(how: string, seed: number): Promise<SimRun> {
  const fault = { ...LOSSES[how]!, at: LOST_AT, forMs: 6_000 };
  return simulate({ ...BASE, seed, faults: [fault], healAt: 15_000, settleMs: 10_000 });
}

function lostWrites(run: SimRun): number {
  const acked = eventsOf(run, 'write-acked').map(({ write }) => write);
  const [end] = eventsOf(run, 'end');
  const held = new Set(end!.holds[end!.placement.live]);
  return acked.filter((write) => !held.has(write)).length;
}

/** Longest time without an acknowledged write. */
function longestGapMs(run: SimRun): number {
  const times = eventsOf(run, 'write-acked').map(({ at }) => at);
  return Math.max(...times.slice(1).map((at, index) => at - times[index]!));
}

it('a site is created, protected, and serves its visitors', async () => {
  const run = await simulate(BASE);
  const decisions = eventsOf(run, 'commit').map(({ placement }) => placement.decision);
  expect(decisions).toEqual(['site-added', 'record-initialised', 'choose-standby', 'record-in-sync', 'add-spare']);
  const protectedAt = eventsOf(run, 'commit').at(-1)!.at;
  expect(protectedAt).toBeLessThan(6_000);
  expect(eventsOf(run, 'write-acked').length).toBeGreaterThan(100);
  expect([...eventsOf(run, 'write-failed'), ...eventsOf(run, 'read-failed')]).toEqual([]);
});

describe.each(Object.keys(LOSSES))('the live zone is %s', (how) => {
  it.each([1, 2, 3])('the site moves in time, loses nothing, and is protected again (seed %i)', async (seed) => {
    const run = await lost(how, seed);
    const moved = eventsOf(run, 'promoted').find(({ at }) => at > LOST_AT);
    expect(moved!.at - LOST_AT).toBeLessThan(1_500);
    expect(longestGapMs(run)).toBeLessThan(1_500);
    expect(lostWrites(run)).toBe(0);
    expect(eventsOf(run, 'read-failed')).toEqual([]);
    expect(eventsOf(run, 'end')[0]!.placement).toMatchObject({ live: moved!.zone, inSync: true, incident: null });
  });
});

it('the same options make the same run, event by event', async () => {
  const digest = async () => {
    const run = await lost('frozen', 5);
    return createHash('sha256').update(JSON.stringify(run)).digest('hex');
  };
  expect(await digest()).toBe(await digest());
});

it('another seed makes another run', async () => {
  const times = async (seed: number) => eventsOf(await simulate({ ...BASE, seed }), 'commit').map(({ at }) => at);
  expect(await times(1)).not.toEqual(await times(2));
});

it('a fault on a step strikes whoever takes the step, where it is taken', async () => {
  const faults = [
    { ...LOSSES.killed!, at: LOST_AT, forMs: 6_000 },
    {
      verb: 'crash' as const,
      target: { kind: 'here' as const, process: 'agent' as const },
      at: { step: 'promote' as const, phase: 'during' as const, nth: 1 },
      forMs: 300,
    },
  ];
  const run = await simulate({ ...BASE, faults, healAt: 15_000, settleMs: 10_000 });
  const struck = eventsOf(run, 'fault').find(({ id }) => id === 1);
  expect(struck!.fault).toMatchObject({ verb: 'crash', target: { kind: 'agent', zone: 'b' } });
  expect(lostWrites(run)).toBe(0);
  expect(eventsOf(run, 'end')[0]!.placement).toMatchObject({ live: 'b', inSync: true });
});
