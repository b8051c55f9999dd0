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
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { type PlacementChange, StoreUnavailable } from '../store/store.ts';
import { PAUSE_MS, STALL_MS } from './judgement.ts';
import { createLoop, TICK_MS } from './loop.ts';

const SETTINGS = { falseAlarmsPerYear: 0.1 };

/** The store in memory with a switch, and all that the loop knows of it without delay. */
function createRegister(first: Placement) {
  const cluster = new MemoryCluster();
  const store = openMemoryStore(cluster, { clock: createManualClock() });
  const { placements, sites, claims } = cluster;
  placements.set(first.site, first);
  sites.set('shop', { spec: aSpec(), slot: 0 });
  const committed: PlacementChange[] = [];
  let away = false;
  return {
    state: { placements, sites, claims },
    committed,
    away: (value: boolean) => {
      away = value;
    },
    commit: async (changes: PlacementChange[]) => {
      if (away) throw new StoreUnavailable('switched off');
      const outcomes = await store.commit(changes);
      committed.push(...changes.filter((_, index) => outcomes[index]!.outcome === 'committed'));
      return outcomes;
    },
  };
}

type Register = ReturnType<typeof createRegister>;

function createController(zone: string, register: Register) {
  const clock = createManualClock();
  const log = createLog('controller', { zone }, 'silent');
  const { state } = register;
  const loop = createLoop({ zone, clock, log, store: register, state, settings: SETTINGS, naming: newIncidentId });
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

  it('an incident is joined as long as it is open and young by one’s own clock, whatever its name says', async () => {
    const [hourAgo, hourAhead] = [-3_600_000, 3_600_000].map((skewMs) =>
      newIncidentId(createManualClock().wall() + skewMs, 'zone-dark:a'),
    );
    for (const [incident, site, joinedAfterMs, isJoined] of [
      [hourAgo, { live: 'c' }, 1_000, true],
      [hourAhead, { live: 'c' }, 1_000, true],
      [hourAgo, { live: 'c' }, 121_000, false],
      [hourAgo, null, 1_000, false],
    ] as const) {
      const register = createRegister(aPlacement());
      register.state.claims.set('zone-dark:a', incident!);
      if (site !== null)
        register.state.placements.set('blog', aPlacement({ ...site, site: 'blog', incident: incident! }));
      const { pass } = createController('b', register);
      await pass(joinedAfterMs, quiet(register));
      await pass(1_000, aIsSilent(register));
      const { next } = register.committed.find((change) => change.next.decision === 'failover')!;
      expect(next.incident === incident).toBe(isJoined);
      expect(register.state.claims.get('zone-dark:a')).toBe(next.incident);
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
