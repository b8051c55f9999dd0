/** What visitors noticed of an incident: the count second by second, whatever pieces it comes in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Impact, latencyClassOf, type SecondRow } from '../../model/index.ts';
import { anEntry } from '../../store/fixtures.ts';
import { timeLineOf } from '../time-line.ts';
import { createImpactCount } from './count.ts';
import { lossOf } from './loss.ts';
import { type SiteSecond, secondsBySite } from './seconds.ts';
import { impactSentence } from './words.ts';

const LEVEL = { badMinuteShare: 0.1 };
const BASE = 1_764_374_400;

/** `[second, requests, failed, held, longest held ms]` */
type Few = [at: number, requests: number, failed?: number, held?: number, heldLongestMs?: number];

const second = ([at, requests, failed = 0, held = 0, heldLongestMs = 0]: Few): SiteSecond => ({
  second: BASE + at,
  requests,
  failed,
  held,
  heldLongestMs,
  longestMs: Math.max(10, heldLongestMs),
  latency: [[latencyClassOf(heldLongestMs > 0 ? heldLongestMs : 10), requests - failed]],
});
const count = (few: Few[]) => {
  const one = createImpactCount(LEVEL);
  one.take(few.map(second));
  return one.counted();
};

describe('seconds down, and for how long visitors were not served', () => {
  it.each<[string, Few[], number, number | null]>([
    [
      'nobody noticed',
      [
        [0, 100],
        [1, 100],
      ],
      0,
      0,
    ],
    [
      'one of a hundred failed',
      [
        [0, 100],
        [1, 100, 1],
        [2, 100],
      ],
      0,
      0,
    ],
    [
      'a tenth failed',
      [
        [0, 100],
        [1, 100, 10],
        [2, 100],
      ],
      1,
      1_000,
    ],
    [
      'all failed for three seconds',
      [
        [0, 100],
        [1, 90, 90],
        [2, 80, 80],
        [3, 100, 100],
        [4, 100],
      ],
      3,
      3_000,
    ],
    [
      '… and nobody came afterwards',
      [
        [0, 100],
        [1, 90, 90],
      ],
      1,
      null,
    ],
    [
      'held for less than a second',
      [
        [0, 100],
        [1, 180, 0, 80, 800],
        [2, 100],
      ],
      0,
      800,
    ],
    [
      'held for four: nobody was answered meanwhile',
      [
        [0, 100],
        [4, 400, 0, 300, 3_900],
        [5, 100],
      ],
      3,
      3_900,
    ],
    [
      '… except those who only read',
      [
        [0, 100],
        [1, 50],
        [2, 50],
        [3, 50],
        [4, 250, 0, 200, 3_900],
      ],
      0,
      3_900,
    ],
    [
      'down twice: to the end of the second time',
      [
        [0, 9],
        [1, 9, 9],
        [2, 9],
        [3, 9, 9],
        [4, 9],
      ],
      2,
      3_000,
    ],
    [
      'a failure much later does not stretch it',
      [
        [0, 100],
        [1, 100, 50],
        [2, 100],
        [60, 100, 1],
        [61, 100],
      ],
      1,
      1_000,
    ],
  ])('%s', (_, few, downSeconds, recoveredAfterMs) => {
    expect(count(few)).toMatchObject({ downSeconds, recoveredAfterMs });
  });

  it('waiting times are those of the seconds in which anybody was held or failed; of all when there were none', () => {
    const calm: Few[] = Array.from({ length: 600 }, (__, at): Few => [at, 100]);
    expect(count(calm).p99Ms).toBeCloseTo(10, -1);
    expect(count([...calm, [600, 100, 0, 100, 700]]).p50Ms).toBeGreaterThan(650);
  });

  it('comes to the same in whatever pieces it is taken', () => {
    const few = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(20), fc.nat(9_000));
    fc.assert(
      fc.property(fc.uniqueArray(few, { selector: ([at]) => at, maxLength: 30 }), fc.array(fc.nat(5)), (rows, cuts) => {
        const seconds = rows
          .toSorted(([one], [other]) => one - other)
          .map(
            ([at, requests, held, longest]): Few => [at, requests + held, requests % 7, held, held > 0 ? longest : 0],
          )
          .map(second);
        const whole = createImpactCount(LEVEL);
        whole.take(seconds);
        const pieces = createImpactCount(LEVEL);
        const left = [...seconds];
        for (const cut of cuts) pieces.take(left.splice(0, cut));
        pieces.take(left);
        expect(pieces.counted()).toEqual(whole.counted());
      }),
    );
  });
});

it('two edges are one site: a second is down by what both counted', () => {
  const row = (edge: string, site: string, few: Few): SecondRow => ({ ...second(few), edge, site });
  const sites = secondsBySite([
    row('e2', 'shop', [1, 90]),
    row('e1', 'shop', [2, 5]),
    row('e1', 'shop', [1, 9, 9, 1, 40]),
    row('e1', 'blog', [1, 3]),
  ]);
  expect(sites.get('shop')).toMatchObject([
    { second: BASE + 1, requests: 99, failed: 9, held: 1 },
    { second: BASE + 2 },
  ]);
  expect([...sites.keys()]).toEqual(['shop', 'blog']);
  const one = createImpactCount(LEVEL);
  one.take(sites.get('shop')!);
  expect(one.counted()).toMatchObject({ requests: 104, failed: 9, downSeconds: 0 });
});

it('the time line begins with the evidence and not with the finding', () => {
  const entries = [
    anEntry({ kind: 'finding', code: 'zone-dark', at: 10_000, forMs: 400 }),
    anEntry({ kind: 'finding', code: 'zone-dark', at: 12_000, forMs: 100 }),
    anEntry({ code: 'failover', at: 10_010 }),
    anEntry({ code: 'record-promotion', at: 10_200 }),
    anEntry({ code: 'record-open', at: 10_400 }),
    anEntry({ kind: 'result', code: 'record-in-sync', at: 15_000 }),
  ];
  expect(timeLineOf(entries.toReversed())).toEqual({
    began: 9_600,
    noticed: 10_000,
    decided: 10_010,
    moved: 10_200,
    serving: 10_400,
    protected: 15_000,
  });
});

describe('what is lost', () => {
  const kept = { id: 'x', bytes: 1, deletedAt: null, folder: '/salvage/x' };
  it('nothing, unless a person gave something up', () => {
    expect(lossOf(null, [{ zone: 'a', kept: { ...kept, keptSince: 5, transactions: 9 } }])).toEqual({
      transactionsLost: 0,
      lostIn: [],
    });
  });
  it('not known before the former copy was compared; then at most so many, and where they are', () => {
    expect(lossOf(100, [])).toMatchObject({ transactionsLost: null });
    const earlier = { zone: 'b', kept: { ...kept, keptSince: 50, transactions: 3 } };
    const later = { zone: 'a', kept: { ...kept, keptSince: 200, transactions: 12 } };
    expect(lossOf(100, [earlier, later])).toEqual({
      transactionsLost: 12,
      lostIn: [{ zone: 'a', transactions: 12, folder: '/salvage/x' }],
    });
    expect(lossOf(100, [{ ...later, kept: { ...later.kept, transactions: null } }]).transactionsLost).toBeNull();
  });
});

describe('in a sentence', () => {
  const impact: Impact = {
    site: 'shop',
    from: 0,
    to: 60_000,
    final: true,
    unheard: [],
    ...count([
      [0, 100],
      [1, 250, 1, 149, 812],
      [2, 100],
    ]),
    rtoMs: 640,
    transactionsLost: 0,
    lostIn: [],
    cold: ['cache'],
  };
  it.each<[string, Partial<Impact>, string]>([
    [
      'of a move',
      {},
      'shop: 1 of 450 requests failed and 149 were held for at most 812 ms; half of those meanwhile waited 812 ms, the longest 812 ms; no second was down. Served again 640 ms after the trouble began. No acknowledged transaction was lost. Cold after the move: the object cache.',
    ],
    [
      'nobody noticed',
      { failed: 0, held: 0, longestMs: 12, rtoMs: null, cold: [] },
      'shop: None of 450 requests failed or was held; the longest waited 12 ms; no second was down. No acknowledged transaction was lost.',
    ],
    [
      'down, lost, and an edge is missing',
      {
        downSeconds: 12,
        recoveredAfterMs: 12_400,
        transactionsLost: 3,
        lostIn: [{ zone: 'a', transactions: 3, folder: '/f' }],
        unheard: ['edge-2'],
        cold: [],
      },
      'shop: 1 of 450 requests failed and 149 were held for at most 812 ms; half of those meanwhile waited 812 ms, the longest 812 ms; 12 seconds were down. Served again 640 ms after the trouble began. Visitors went without for 12 s. At most 3 acknowledged transactions were lost; the list is in zone a: /f. What edge-2 counted is missing: no answer.',
    ],
  ])('%s', (_, change, sentence) => expect(impactSentence({ ...impact, ...change })).toBe(sentence));
});
