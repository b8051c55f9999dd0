/** For each bug that can be switched on: the faults that bring it out, and the checker that has to see it. */
import { DEFAULT_POLICY, PATIENCE } from '../../src/model/index.ts';
import type { Bug, SimMs } from '../trace.ts';
import type { Fault, FaultAt } from '../world/faults.ts';
import type { SimOptions, WishAt } from '../world/index.ts';

export interface Aim {
  /** What of the plan makes the difference. */
  why: string;
  /** Any one of these must break. */
  expected: string[];
  faults: FaultAt[];
  change?: Partial<SimOptions>;
}

/** Before this every site has been created and is protected: site-1 live in a with its standby in b. */
const T: SimMs = 10_000;

const zone = (verb: 'crash' | 'pause', name: string): Fault => ({ verb, target: { kind: 'zone', zone: name } });
const cut = (from: string[], to: string[] | '*'): Fault => ({ verb: 'cut', from, to, ways: 'both' });
const at = (time: SimMs | FaultAt['at'], forMs: SimMs, fault: Fault): FaultAt => ({ ...fault, at: time, forMs });
const errors = (name: string, site: string): Fault => ({ verb: 'app-errors', zone: name, site, share: 1 });
const move = (to: string, drainMs: number | null = null): WishAt => ({
  want: 'move',
  site: 'site-1',
  to,
  drainMs,
  at: T,
});
const store = (name: string): Fault => ({ verb: 'pause', target: { kind: 'store', zone: name } });

export const AIMED: Record<Bug, Aim> = {
  'promote-without-in-sync': {
    why: 'the standby is lost for a moment, and the live zone is lost while the next standby is still being built',
    expected: ['I3'],
    faults: [
      at(T, 600, zone('crash', 'b')),
      at({ step: 'build', phase: 'during', nth: 1, after: T, zone: 'c' }, 15_000, zone('crash', 'a')),
    ],
    change: { wishes: [{ copies: 2 }] },
  },
  'shrink-before-recording': {
    why: 'the standby stands still while the store is down, then the live zone dies before anything could be recorded',
    expected: ['I1', 'I2'],
    faults: [
      at(T, 12_000, store('b')),
      at(T, 12_000, store('c')),
      at(T + 1_000, 8_000, zone('pause', 'b')),
      at(T + 8_500, 20_000, zone('crash', 'a')),
    ],
  },
  'trust-one-observer': {
    why: 'one edge alone loses sight of the live zone',
    expected: ['I6'],
    faults: [at(T, 10_000, cut(['edge-1'], ['a']))],
  },
  'no-fence': {
    why: 'half of the requests fail in the live copy, and its zone and the edges hear of the move late: the old source still feeds the copy that is promoted',
    expected: ['I1', 'I2'],
    // Late enough for the detector to know what is usual.
    faults: [
      at(T + 50_000, 15_000, { verb: 'app-errors', zone: 'a', site: 'site-1', share: 0.5 }),
      ...['a', 'edge-1', 'edge-2'].map((place) =>
        at(T + 50_000, 15_000, { verb: 'slow-store', place, addedMs: 1_500 }),
      ),
    ],
    change: { clients: { readsPerSecond: 100, writesPerSecond: 100 } },
  },
  'step-down-with-waiters': {
    why: 'a site is moved by plan while its former live zone and, later still, the edges hear of it late: commits wait for a standby that is live by then',
    expected: ['I1', 'I2'],
    faults: [
      at(T, 15_000, { verb: 'slow-store', place: 'a', addedMs: 300 }),
      ...['edge-1', 'edge-2'].map((place) => at(T, 15_000, { verb: 'slow-store', place, addedMs: 1_500 })),
    ],
    change: { people: [move('b', 1)], clients: { readsPerSecond: 10, writesPerSecond: 100 } },
  },
  'ack-without-standby': {
    why: 'the live zone is cut off, and visitors are in the midst of writing',
    expected: ['I1', 'I2'],
    faults: [at(T, 15_000, cut(['a'], '*'))],
  },
  'spare-acknowledges': {
    why: 'a copy without the duty to acknowledge is left alone with the live one',
    expected: ['I1', 'I2'],
    faults: [
      // B comes back as a spare that follows the live copy while c is not in sync yet, and is left like that by its agent.
      at(T, 800, zone('crash', 'b')),
      at(T + 300, 5_000, { verb: 'pause', target: { kind: 'agent', zone: 'c' } }),
      at({ step: 'follow', phase: 'after', nth: 1, after: T, zone: 'b' }, 20_000, {
        verb: 'pause',
        target: { kind: 'agent', zone: 'b' },
      }),
      at(T + 12_000, 6_000, cut(['a'], ['c'])),
      at(T + 13_500, 10_000, zone('crash', 'a')),
    ],
  },
  'edge-takes-lower-epoch': {
    why: 'an edge restarts when epochs have gone by',
    expected: ['I10'],
    faults: [
      at(T, 20_000, zone('crash', 'a')),
      at(T + 12_000, 500, { verb: 'crash', target: { kind: 'edge', edge: 'edge-1' } }),
      at(T + 11_000, 6_000, cut(['edge-1'], ['b', 'c'])),
    ],
  },
  'replay-post': {
    why: 'the live zone stands still with writes in it',
    expected: ['I9'],
    faults: [at(T, 15_000, zone('pause', 'a'))],
    change: { clients: { readsPerSecond: 2, writesPerSecond: 50 } },
  },
  'decide-after-pause': {
    why: 'two controllers stand still just after the third zone was lost, and go on',
    expected: ['I6'],
    faults: [
      at(T, 4_000, { verb: 'pause', target: { kind: 'controller', zone: 'b' } }),
      at(T, 4_000, { verb: 'pause', target: { kind: 'controller', zone: 'c' } }),
      at(T - 150, 10_000, zone('crash', 'a')),
    ],
  },
  'rejoin-without-compare': {
    why: 'the live zone comes back with a tail that was acknowledged to nobody',
    expected: ['converges', 'I1'],
    faults: [
      // Writes that b never gets are kept by a restart of their server, and then a is lost before b could get them.
      at(T, 9_000, cut(['a'], ['b'])),
      at(T + 500, 100, { verb: 'crash', target: { kind: 'database', zone: 'a', site: 'site-1' } }),
      at(T + 7_000, 8_000, zone('crash', 'a')),
    ],
    change: {
      policies: [{ ...DEFAULT_POLICY, patience: PATIENCE.careful }],
      clients: { readsPerSecond: 2, writesPerSecond: 50 },
    },
  },
  'delete-diverged': {
    why: 'the live zone comes back with a tail that only it has',
    expected: ['I13'],
    faults: [
      // Writes that b never gets are kept by a restart of their server, and then a is lost before b could get them.
      at(T, 9_000, cut(['a'], ['b'])),
      at(T + 500, 100, { verb: 'crash', target: { kind: 'database', zone: 'a', site: 'site-1' } }),
      at(T + 7_000, 8_000, zone('crash', 'a')),
    ],
    change: {
      policies: [{ ...DEFAULT_POLICY, patience: PATIENCE.careful }],
      clients: { readsPerSecond: 2, writesPerSecond: 50 },
    },
  },
  'no-compare-and-set': {
    why: 'a zone is lost, and every controller decides at once',
    expected: ['epochs'],
    faults: [at(T, 15_000, zone('crash', 'a')), at(T, 15_000, { verb: 'slow-store', place: null, addedMs: 100 })],
  },
  'clock-compared': {
    why: 'the wall clock of the live zone jumps back',
    expected: ['I6'],
    faults: [at(T, 15_000, { verb: 'clock-jump', place: 'a', byMs: -20_000 })],
  },
  'flap-limit-on-dead-zone': {
    why: 'two zones are lost one after the other',
    expected: ['I12', 'I4'],
    faults: [at(T, 10_000, zone('crash', 'a')), at(T + 40_000, 15_000, zone('crash', 'b'))],
  },
  'zone-moves-for-one-site': {
    why: 'two sites live in one zone, and the application of one is broken there',
    expected: ['I7'],
    // Site-3 lives in c from the start, site-2 since zone b was lost.
    faults: [at(T, 5_000, zone('crash', 'b')), at(T + 40_000, 10_000, errors('c', 'site-3'))],
    change: { sites: 3 },
  },
  'forget-standby-after-failover': {
    why: 'a zone is lost',
    expected: ['I11', 'I4', 'converges'],
    faults: [at(T, 60_000, zone('crash', 'a'))],
    change: { wishes: [{ copies: 2 }] },
  },
  'silent-refusal': {
    why: 'the live zone is lost, and the site wants a person to be asked first',
    expected: ['I8'],
    faults: [at(T, 12_000, zone('crash', 'a'))],
    change: { policies: [{ ...DEFAULT_POLICY, mode: 'ask-first' }] },
  },
  'switchover-before-idle': {
    why: 'a site is moved while many visitors write',
    expected: ['planned moves'],
    faults: [],
    change: { people: [move('c')], clients: { readsPerSecond: 20, writesPerSecond: 500 } },
  },
  'edge-holds-for-ever': {
    why: 'visitors are held, and nobody decides any more',
    expected: ['holding'],
    faults: ['a', 'b', 'c'].map((name) =>
      at({ step: 'hand-over', phase: 'during', nth: 1, after: T }, 8_000, {
        verb: 'pause',
        target: { kind: 'controller', zone: name },
      }),
    ),
    change: { people: [move('b')] },
  },
  'loss-accepted-unasked': {
    why: 'the databases of both other copies are lost, so that the site is exposed, and then its live zone is lost',
    expected: ['I3'],
    faults: [
      at(T, 14_000, { verb: 'crash', target: { kind: 'database', zone: 'c', site: 'site-1' } }),
      at(T, 14_000, { verb: 'crash', target: { kind: 'database', zone: 'b', site: 'site-1' } }),
      at(T + 5_000, 9_000, zone('crash', 'a')),
    ],
  },
  'take-back-too-late': {
    why: 'the newly live zone is lost just after it has opened, and the former one is back',
    expected: ['I3'],
    faults: [
      at(T, 2_000, zone('crash', 'a')),
      at({ step: 'record-open', phase: 'during', nth: 1, after: T }, 10_000, zone('crash', 'b')),
    ],
  },
  'open-without-claim': {
    why: 'two sites of unlike patience live in one zone, the store is slow, and that zone is lost',
    expected: ['one incident'],
    // Site-3 lives in c from the start, site-2 since zone b was lost.
    faults: [
      at(T, 5_000, zone('crash', 'b')),
      at(T + 35_000, 15_000, { verb: 'slow-store', place: null, addedMs: 450 }),
      at(T + 40_000, 10_000, zone('pause', 'c')),
    ],
    change: {
      sites: 3,
      policies: [DEFAULT_POLICY, DEFAULT_POLICY, { ...DEFAULT_POLICY, patience: PATIENCE.eager }],
    },
  },
  'close-unseen': {
    why: 'a site that asks first fails its visitors, and goes on to',
    expected: ['closed when over'],
    faults: [at(T + 50_000, 40_000, errors('a', 'site-1'))],
    change: {
      policies: [{ ...DEFAULT_POLICY, mode: 'ask-first' }],
      clients: { readsPerSecond: 10, writesPerSecond: 100 },
    },
  },
  'restart-forgets-received': {
    why: 'live and standby are lost together, and the standby, which was behind in applying, is back alone',
    expected: ['I1'],
    faults: [
      at(T, 3_000, { verb: 'slow-disk', zone: 'b', site: 'site-1', fsyncMs: 40 }),
      at(T + 2_000, 3_000, { verb: 'crash', target: { kind: 'database', zone: 'b', site: 'site-1' } }),
      at(T + 2_000, 16_000, zone('crash', 'a')),
    ],
    change: { clients: { readsPerSecond: 2, writesPerSecond: 60 } },
  },
};

/** The run in which a bug must show; `bugs` empty: the same without it. */
export function aimedAt(bug: Bug, bugs: ReadonlySet<Bug>): SimOptions {
  const { faults, change } = AIMED[bug];
  const last = Math.max(T, ...faults.map(({ at: from, forMs }) => (typeof from === 'number' ? from : T) + forMs));
  const healAt = last + 5_000;
  return {
    seed: 1,
    sites: 1,
    edges: 2,
    zones: ['a', 'b', 'c'],
    durationMs: healAt,
    faults,
    bugs,
    clients: { readsPerSecond: 5, writesPerSecond: 20 },
    healAt,
    settleMs: 50_000,
    ...change,
  };
}
