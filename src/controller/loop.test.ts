import { describe, expect, it } from 'vitest';
import {
  aCopy,
  anAgentReport,
  anEdgeReport,
  aPlacement,
  aProbe,
  aSpec,
  liveDatabase,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import type { Placement, Report } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { newIncidentId, parseIncidentId } from '../store/keys.ts';
import { type PlacementChange, StoreUnavailable } from '../store/store.ts';
import { PAUSE_MS, STALL_MS } from './judgement.ts';
import { createLoop, TICK_MS } from './loop.ts';

const SETTINGS = { falseAlarmsPerYear: 0.1 };

/** A compare-and-set register with a switch: all of the store that the loop uses. */
function createRegister(first: Placement) {
  const state = { placements: new Map([[first.site, first]]), sites: new Map([['shop', { spec: aSpec(), slot: 0 }]]) };
  const committed: PlacementChange[] = [];
  let away = false;
  return {
    state,
    committed,
    away: (value: boolean) => {
      away = value;
    },
    commit: async (changes: PlacementChange[]) => {
      await Promise.resolve();
      if (away) throw new StoreUnavailable('switched off');
      return changes.map((change) => {
        const { site } = change.next;
        if (state.placements.get(site)?.epoch !== change.expected) return { outcome: 'beaten' as const };
        state.placements.set(site, change.next);
        committed.push(change);
        return { outcome: 'committed' as const };
      });
    },
  };
}

type Register = ReturnType<typeof createRegister>;

function createController(zone: string, register: Register) {
  const clock = createManualClock();
  const log = createLog('controller', { zone }, 'silent');
  const naming = { create: newIncidentId, parse: parseIncidentId };
  const loop = createLoop({ zone, clock, log, store: register, state: register.state, settings: SETTINGS, naming });
  let sequence = 0;
  /** Lets `ms` pass with reports and a turn every TICK_MS. */
  async function pass(ms: number, reports: () => Report[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      clock.stall(TICK_MS);
      sequence += 1;
      for (const report of reports()) loop.hear({ ...report, sequence });
      await loop.tick();
    }
  }
  return { clock, loop, pass };
}

const copyOf = (register: Register, change: object) => [
  aCopy({ epoch: register.state.placements.get('shop')!.epoch, ...change }),
];
const quiet = (register: Register) => (): Report[] => [
  anAgentReport('a', { copies: copyOf(register, { database: liveDatabase() }) }),
  anAgentReport('b', { copies: copyOf(register, { database: standbyDatabase() }) }),
  anAgentReport('c'),
  anEdgeReport(),
];
const aIsSilent =
  (register: Register, forMs = 700) =>
  (): Report[] => {
    const dark = { answeredAgoMs: forMs, failure: 'timeout' } as const;
    return [
      anAgentReport('b', {
        copies: copyOf(register, { database: standbyDatabase({ heardAgoMs: forMs - 10 }) }),
        probes: [aProbe('a', dark), aProbe('c')],
      }),
      anAgentReport('c', { probes: [aProbe('a', dark), aProbe('b')] }),
      anEdgeReport({ probes: [aProbe('a', dark), aProbe('b'), aProbe('c')] }),
    ];
  };

describe('the controller loop', () => {
  it('moves the site of a dark zone, with the incident in the same transaction', async () => {
    const register = createRegister(aPlacement());
    const { pass } = createController('b', register);
    await pass(1_000, quiet(register));
    expect(register.committed).toEqual([]);
    await pass(1_000, aIsSilent(register));
    const change = register.committed[0]!;
    expect(change.next).toMatchObject({ live: 'b', decision: 'failover', epoch: 8 });
    expect(change.next.incident).toMatch(/zone-dark:a$/);
    expect(change.incident!.id).toBe(change.next.incident);
    expect(change.incident!.entries.map(({ kind }) => kind)).toEqual([
      'observation',
      'observation',
      'observation',
      'observation',
      'finding',
      'decision',
    ]);
  });

  it('three controllers that see the same move it once (I4)', async () => {
    const register = createRegister(aPlacement());
    const controllers = ['a', 'b', 'c'].map((zone) => createController(zone, register));
    for (const { pass } of controllers) await pass(1_000, quiet(register));
    await Promise.all(controllers.map(({ pass }) => pass(1_000, aIsSilent(register))));
    expect(register.committed.filter(({ next }) => next.decision === 'failover')).toHaveLength(1);
  });

  it('controllers that decide at the same moment, and commit site by site, open one incident', async () => {
    const register = createRegister(aPlacement());
    const names = Array.from({ length: 30 }, (_, index) => `shop-${index}`);
    for (const [slot, site] of names.entries()) {
      register.state.placements.set(site, aPlacement({ site }));
      register.state.sites.set(site, { spec: aSpec({ site }), slot });
    }
    const all = (reports: Report[]): Report[] =>
      reports.map((report) =>
        report.kind === 'agent'
          ? {
              ...report,
              copies: report.copies.flatMap((copy) => ['shop', ...names].map((site) => ({ ...copy, site }))),
            }
          : report,
      );
    // The second is a moment later, begins at the other end, and is faster.
    const controllers = ['b', 'c'].map((zone) => createController(zone, { ...register, commit: siteBySite(zone) }));
    controllers[1]!.clock.stall(3);
    await Promise.all(controllers.map(({ pass }) => pass(1_000, () => all(quiet(register)()))));
    await Promise.all(controllers.map(({ pass }) => pass(1_000, () => all(aIsSilent(register)()))));
    const moves = register.committed.filter(({ next }) => next.decision === 'failover');
    expect(moves).toHaveLength(31);
    expect(new Set(moves.map(({ next }) => next.incident)).size).toBe(1);
    const by = new Set(moves.map(({ incident }) => incident!.entries.at(-1)!.by));
    expect(by).toEqual(new Set(['controller:b', 'controller:c']));

    function siteBySite(zone: string) {
      return async (changes: PlacementChange[]) => {
        const outcomes = new Map<PlacementChange, { outcome: 'committed' | 'beaten' }>();
        for (const change of zone === 'b' ? changes : changes.toReversed()) {
          const [outcome] = await register.commit([change]);
          outcomes.set(change, outcome!);
        }
        return changes.map((change) => outcomes.get(change)!);
      };
    }
  });

  it('a paused controller forgets its window before it decides again (I6)', async () => {
    const register = createRegister(aPlacement());
    const { pass, clock, loop } = createController('b', register);
    await pass(1_000, quiet(register));
    clock.stall(30_000);
    for (const report of aIsSilent(register)()) loop.hear({ ...report, sequence: 10_000 });
    await loop.tick();
    expect(loop.behind()).not.toBeNull();
    expect(register.committed).toEqual([]);
    await pass(STALL_MS, quiet(register));
    expect(register.committed).toEqual([]);
  });

  it('a short pause of its own is nobody else’s silence: what queued up meanwhile is heard first', async () => {
    const register = createRegister(aPlacement());
    const { pass, clock, loop } = createController('b', register);
    await pass(1_000, quiet(register));
    // Zone a was cut off for 300 ms, which is no outage; then this controller stood still, and its timers come before its sockets.
    await pass(100, aIsSilent(register, 250));
    clock.stall(400);
    await loop.tick();
    expect(loop.findings()).toEqual([]);
    await pass(1_000, quiet(register));
    expect(register.committed).toEqual([]);
  });

  it('one that is always so late decides nevertheless', async () => {
    const register = createRegister(aPlacement());
    const { pass, clock, loop } = createController('b', register);
    await pass(1_000, quiet(register));
    for (let sequence = 10_000; sequence < 10_010; sequence += 1) {
      clock.stall(2 * PAUSE_MS);
      for (const report of aIsSilent(register)()) loop.hear({ ...report, sequence });
      await loop.tick();
    }
    expect(register.committed[0]!.next.decision).toBe('failover');
  });

  it('store down: nothing moves and nothing breaks; back: the same decision is made (I5)', async () => {
    const register = createRegister(aPlacement());
    const { pass, loop } = createController('b', register);
    await pass(1_000, quiet(register));
    register.away(true);
    await pass(1_000, aIsSilent(register));
    expect(register.committed).toEqual([]);
    expect(loop.behind()).toContain('store');
    register.away(false);
    await pass(200, aIsSilent(register));
    expect(register.committed[0]!.next.decision).toBe('failover');
  });

  it('one event is one incident for all its sites', async () => {
    const register = createRegister(aPlacement());
    register.state.placements.set('blog', aPlacement({ site: 'blog' }));
    register.state.sites.set('blog', { spec: aSpec({ site: 'blog' }), slot: 1 });
    const both = (reports: Report[]): Report[] =>
      reports.map((report) =>
        report.kind === 'agent'
          ? { ...report, copies: report.copies.flatMap((copy) => [copy, { ...copy, site: 'blog' }]) }
          : report,
      );
    const { pass } = createController('b', register);
    await pass(1_000, () => both(quiet(register)()));
    await pass(1_000, () => both(aIsSilent(register)()));
    const incidents = register.committed
      .filter(({ next }) => next.decision === 'failover')
      .map(({ next }) => next.incident);
    expect(incidents).toHaveLength(2);
    expect(new Set(incidents).size).toBe(1);
  });
});
