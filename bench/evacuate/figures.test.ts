/** What the figures of an evacuation say of records and samples that are known. */
import { expect, test } from 'vitest';
import type { Sample } from '../../src/drill/load/plan.ts';
import type { Placement } from '../../src/model/index.ts';
import { anOrder, aPlacement } from '../../test/support/fixtures.ts';
import { figuresOf, hasArrived, hasLeft, longestHold, spread } from './figures.ts';
import { PROGRAMS } from './processor.ts';

const order = anOrder({ kind: 'evacuate' });
const open = { epoch: 10, from: 'a', position: '0-1-1', open: true, acceptedLoss: null };

/** From living in `a`, protected, to living in `b`, protected, by one hold that was let go and one that moved it. */
function moved(site: string, startedAt: number): Placement[] {
  const at = (ms: number, change: Partial<Placement>) => aPlacement({ site, committedAt: startedAt + ms, ...change });
  const away = { live: 'b', standby: 'c', spares: ['a'], inSync: false };
  return [
    at(-5_000, {}),
    at(100, { decision: 'order', order }),
    at(200, { decision: 'hand-over', order: { ...order, holding: true } }),
    at(1_200, { decision: 'let-go', order: { ...order, attempts: 1 } }),
    at(3_200, { decision: 'hand-over', order: { ...order, holding: true, attempts: 1 } }),
    at(3_300, { ...away, decision: 'switchover', promotion: { ...open, position: null, open: false } }),
    at(3_400, { ...away, decision: 'record-promotion', promotion: { ...open, open: false } }),
    at(3_500, { ...away, decision: 'record-open', promotion: open }),
    at(4_000, { ...away, decision: 'record-in-sync', promotion: open, inSync: true }),
  ];
}

function aSample(id: string, at: number, change: Partial<Sample> = {}): Sample {
  const times = { scheduledAt: at, sentAt: at, finishedAt: at + 10 };
  return { id, kind: 'write', ...times, status: 201, ok: true, outcome: null, error: null, ...change };
}

test('the longest hold ends where writes go on, whether let go or moved', () => {
  const records = moved('one', 10_000);
  expect(longestHold(records)).toBe(1_000);
  expect(longestHold(records.toSpliced(3, 2))).toBe(3_300);
  expect(longestHold(records.slice(0, 3))).toBe(0);
});

test('a site has left once nothing but a spare is in the zone, and has arrived once it is protected there', () => {
  const records = moved('one', 10_000);
  expect(records.map(hasLeft('a'))).toEqual([...Array(8).fill(false), true]);
  expect(hasLeft('c')(records.at(-1)!)).toBe(false);
  expect(hasArrived('b')(records.at(-1)!)).toBe(true);
  expect(hasArrived('b')(records.at(-2)!)).toBe(false);
});

test('counts what failed, was lost or done twice, and tells when the last site was through', () => {
  const writes = (site: string) => [0, 500, 3_000, 3_600].map((ms, index) => aSample(`${site}-${index}`, 10_000 + ms));
  const samples = new Map([
    ['one', writes('one')],
    ['two', [...writes('two').slice(0, 3), aSample('two-3', 13_600, { ok: false, status: 503 })]],
  ]);
  const busy = Object.fromEntries(PROGRAMS.map((name) => [name, 0])) as Record<(typeof PROGRAMS)[number], number>;
  const placements = new Map([
    ['one', moved('one', 10_000)],
    ['two', moved('two', 10_700)],
  ]);
  const phase = { verb: 'evacuate', zone: 'a', askedAt: 10_000, commandMs: 9_000, exitStatus: 0, missing: [] } as const;
  const figures = figuresOf({
    options: { sites: 2, copies: 3, rate: 4 },
    madeMs: 1,
    busyBefore: busy,
    phases: [{ ...phase, missing: [], placements, busy }],
    samples,
    rows: new Map([
      ['one', new Map([0, 1, 2, 3].map((index) => [`one-${index}`, index === 3 ? 2 : 1]))],
      ['two', new Map([0, 2].map((index) => [`two-${index}`, 1]))],
    ]),
  });
  expect(figures).toMatchObject({ requests: 8, acknowledged: 7, failed: 1, ackedLost: 1, executedTwice: 1 });
  expect(figures.phases[0]).toMatchObject({
    allMovedMs: 4_200,
    allProtectedMs: 4_700,
    held: { median: 1_000, worst: 1_000 },
    exposed: { median: 700, worst: 700 },
    holds: 4,
    calledOff: 0,
  });
  expect(figures.phases[0]!.failed.map(({ id }) => id)).toEqual(['two-3']);
  expect(figures.phases[0]!.writePause.median).toBe(2_500);
});

test('a site that never left makes the time endless', () => {
  const busy = Object.fromEntries(PROGRAMS.map((name) => [name, 0])) as Record<(typeof PROGRAMS)[number], number>;
  const { phases } = figuresOf({
    options: { sites: 1, copies: 3, rate: 4 },
    madeMs: 1,
    busyBefore: busy,
    phases: [
      {
        verb: 'evacuate',
        zone: 'a',
        askedAt: 10_000,
        commandMs: 9_000,
        exitStatus: 5,
        missing: ['one'],
        placements: new Map([['one', moved('one', 10_000).slice(0, 3)]]),
        busy,
      },
    ],
    samples: new Map([['one', []]]),
    rows: new Map(),
  });
  expect(phases[0]!.allProtectedMs).toBe(Number.POSITIVE_INFINITY);
});

test('of an even number of values the lower one of the middle is the median', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ median: 2, worst: 4 });
  expect(spread([])).toEqual({ median: 0, worst: 0 });
});
