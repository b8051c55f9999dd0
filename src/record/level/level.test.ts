import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVERY_SITE, type Maintenance, type ServiceLevel } from '../../model/index.ts';
import { burnAlert } from './burn.ts';
import { MINUTE_MS, monthPeriod } from './calendar.ts';
import { daysOf } from './days.ts';
import { budgetOf, creditOf, type LevelInput, levelDays, levelOf } from './level.ts';
import { type CountedRow, minutesOf } from './minutes.ts';

const NOVEMBER = monthPeriod('2026-11')!;
const START = NOVEMBER.from;
const LEVEL: ServiceLevel = {
  target: 0.9995,
  badMinuteShare: 0.1,
  leastRequests: 10,
  excludeMaintenance: true,
  credits: [
    { below: 0.9995, percent: 5 },
    { below: 0.999, percent: 10 },
    { below: 0.99, percent: 30 },
  ],
};

/** `[minute from the start, requests, failed]` */
type Few = [at: number, requests: number, failed: number];

const row = ([at, requests, failed]: Few, edge = 'edge-1'): CountedRow => ({
  edge,
  site: 'shop',
  minute: START + at,
  requests,
  failed,
});
const counting = (from: number, to: number): CountedRow[] =>
  Array.from({ length: to - from }, (_, at) => ({ ...row([from + at, 0, 0]), site: EVERY_SITE }));

function input(rows: CountedRow[], changes: Partial<LevelInput> = {}): LevelInput {
  return { site: 'shop', minutes: minutesOf(rows), level: LEVEL, maintenance: [], since: START, ...changes };
}

/** Bad minutes of the first two hours, from the start. */
function badOf(few: Few[], changes: Partial<LevelInput> = {}): number[] {
  const rows = [...counting(0, 120), ...few.map((each) => row(each))];
  return levelOf(input(rows, changes), { from: START, to: START + 120 }).bad.map((minute) => minute - START);
}

const maintenance = (from: number, to: number, sites: string[] = []): Maintenance => ({
  id: 'm',
  title: '',
  from: (START + from) * MINUTE_MS,
  to: (START + to) * MINUTE_MS,
  sites,
});

describe('which minutes are bad', () => {
  test.each<[string, Few[], number[]]>([
    ['none failed', [[0, 100, 0]], []],
    ['just the share', [[0, 100, 10]], [0]],
    ['less than the share', [[0, 100, 9]], []],
    ['all', [[0, 100, 100]], [0]],
    [
      'each by itself',
      [
        [0, 100, 50],
        [1, 100, 0],
        [2, 100, 50],
      ],
      [0, 2],
    ],
    ['as many as are needed', [[0, 10, 1]], [0]],
    [
      'fewer: together with the next ones',
      [
        [0, 4, 0],
        [1, 4, 0],
        [2, 4, 1],
      ],
      [],
    ],
    [
      '… which may make them bad, but only where a request failed',
      [
        [0, 4, 0],
        [1, 4, 0],
        [2, 4, 2],
      ],
      [2],
    ],
    [
      'an outage with little traffic: the empty minutes between failures too',
      [
        [0, 6, 6],
        [4, 2, 2],
        [9, 3, 3],
      ],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
    [
      '… but not those in which somebody was served',
      [
        [0, 6, 6],
        [1, 1, 0],
        [3, 3, 3],
      ],
      [0, 2, 3],
    ],
    [
      'one with enough next to it stays by itself',
      [
        [0, 3, 0],
        [1, 100, 10],
      ],
      [1],
    ],
    [
      '… and lends its requests to the few before it',
      [
        [0, 3, 3],
        [1, 100, 0],
      ],
      [],
    ],
    [
      'the end of the hour looks back',
      [
        [50, 20, 0],
        [58, 3, 1],
      ],
      [],
    ],
    [
      '… and only to its own hour',
      [
        [59, 3, 1],
        [60, 100, 0],
      ],
      [59],
    ],
    [
      'a whole hour with few requests is judged as it is',
      [
        [5, 3, 0],
        [40, 3, 1],
      ],
      [40],
    ],
    [
      'one failure among nine in an hour',
      [
        [5, 8, 0],
        [40, 1, 1],
      ],
      [40],
    ],
    [
      'one failure among eleven',
      [
        [5, 8, 0],
        [30, 2, 0],
        [40, 1, 1],
      ],
      [],
    ],
    [
      'hours are judged by themselves',
      [
        [59, 5, 5],
        [60, 5, 5],
      ],
      [59, 60],
    ],
  ])('%s', (_, few, bad) => expect(badOf(few)).toEqual(bad));

  test('two edges are one site', () => {
    const rows = [...counting(0, 60), row([0, 100, 9]), row([0, 10, 2], 'edge-2')];
    expect(levelOf(input(rows), { from: START, to: START + 60 })).toMatchObject({
      requests: 110,
      failed: 11,
      badMinutes: 1,
    });
  });
});

describe('what counts', () => {
  test('announced maintenance does not, unless it is said to', () => {
    const few: Few[] = [
      [9, 50, 50],
      [10, 50, 50],
      [19, 50, 50],
      [20, 50, 50],
    ];
    const announced = [maintenance(10, 20, ['shop'])];
    expect(badOf(few, { maintenance: announced })).toEqual([9, 20]);
    for (const all of [[], ['*']]) expect(badOf(few, { maintenance: [maintenance(10, 20, all)] })).toEqual([9, 20]);
    expect(badOf(few, { maintenance: [maintenance(10, 20, ['other'])] })).toEqual([9, 10, 19, 20]);
    expect(badOf(few, { maintenance: announced, level: { ...LEVEL, excludeMaintenance: false } })).toHaveLength(4);
  });

  test('two overlapping ones are excluded once; a minute that one only touches is excluded', () => {
    const announced = [maintenance(10, 20), { ...maintenance(15, 30), from: (START + 15) * MINUTE_MS - 1 }];
    expect(levelOf(input(counting(0, 60), { maintenance: announced }), { from: START, to: START + 60 })).toMatchObject({
      excludedMinutes: 20,
      minutes: 40,
      unmeasuredMinutes: 0,
    });
  });

  test('a minute in which nobody came is good, one in which nobody counted is neither', () => {
    const figures = levelOf(input([...counting(0, 30), row([10, 100, 100])]), { from: START, to: START + 60 });
    expect(figures).toMatchObject({ minutes: 30, unmeasuredMinutes: 30, badMinutes: 1, availability: 1 - 1 / 30 });
  });

  test('nothing before the first request of all, and nothing after now', () => {
    const rows = [...counting(0, 60), row([20, 100, 0])];
    const figures = levelOf(input(rows, { since: START + 20 }), NOVEMBER, START + 50);
    expect(figures).toMatchObject({ minutes: 30, unmeasuredMinutes: 0, availability: 1 });
    expect(levelOf(input(rows, { since: null }), NOVEMBER)).toMatchObject({ minutes: 0, availability: null });
  });
});

describe('budget and credit', () => {
  const month = (bad: number) => {
    const rows = [...counting(0, 43_200), ...Array.from({ length: bad }, (_, at) => row([at * 60, 100, 100]))];
    const about = input(rows);
    const figures = levelOf(about, NOVEMBER);
    return { figures, budget: budgetOf(about, NOVEMBER, figures) };
  };

  test('a month of 30 days at 99.95 % allows 21.6 bad minutes', () => {
    const { budget } = month(27);
    expect(budget.minutes).toBeCloseTo(21.6, 9);
    expect(budget.left).toBeCloseTo(-5.4, 9);
    expect(budget.burn).toBeCloseTo(1.25, 9);
  });

  test('a target of 100 % allows none, and is no division by zero', () => {
    const about = input([...counting(0, 60), row([0, 10, 10])], { level: { ...LEVEL, target: 1 } });
    expect(budgetOf(about, NOVEMBER, levelOf(about, NOVEMBER))).toMatchObject({ minutes: 0, used: 1, burn: null });
  });

  test.each([
    [0, 0],
    [21, 0],
    [22, 5],
    [43, 5],
    [44, 10],
    [432, 10],
    [433, 30],
  ])('%i bad minutes of 43,200 give back %i percent', (bad, percent) => {
    expect(creditOf(month(bad).figures, LEVEL.credits)).toBe(percent);
  });

  test('exactly at a row is not below it', () => {
    const figures = { ...month(0).figures, minutes: 40_000, badMinutes: 20 };
    expect(creditOf(figures, LEVEL.credits)).toBe(0);
    expect(creditOf({ ...figures, badMinutes: 21 }, LEVEL.credits)).toBe(5);
    expect(creditOf({ ...figures, minutes: 0 }, LEVEL.credits)).toBe(0);
  });
});

describe('recomputed from the stored rows', () => {
  const rows = fc
    .array(
      fc.record({
        edge: fc.constantFrom('edge-1', 'edge-2'),
        site: fc.constantFrom('shop', EVERY_SITE, 'blog'),
        minute: fc.integer({ min: START + 1_300, max: START + 3_000 }),
        requests: fc.integer({ min: 0, max: 20 }),
        failed: fc.integer({ min: 0, max: 20 }),
      }),
      { maxLength: 300 },
    )
    .map((all) =>
      all
        .map((one) => ({ ...one, failed: Math.min(one.failed, one.requests) }))
        .filter(
          (one, at) =>
            at === all.findIndex((o) => o.edge === one.edge && o.site === one.site && o.minute === one.minute),
        ),
    );

  test('the order of the rows, and rows that came twice, change nothing', () => {
    fc.assert(
      fc.property(rows, fc.integer(), (all, turn) => {
        const at = all.length === 0 ? 0 : Math.abs(turn) % all.length;
        const others = [...all.slice(at), ...all.slice(0, at)].reverse();
        expect(levelOf(input([...others, ...others.slice(0, 5)]), NOVEMBER)).toEqual(levelOf(input(all), NOVEMBER));
      }),
    );
  });

  test('a month is the sum of its days', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const about = input(all, { maintenance: [maintenance(1_400, 1_500)] });
        const whole = levelOf(about, NOVEMBER);
        const days = levelDays(about, NOVEMBER);
        for (const figure of [
          'requests',
          'failed',
          'minutes',
          'badMinutes',
          'excludedMinutes',
          'unmeasuredMinutes',
        ] as const)
          expect(days.reduce((sum, day) => sum + day[figure], 0)).toBe(whole[figure]);
      }),
    );
  });

  test('an hour read by itself is judged as in its month', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const month = levelOf(input(all), NOVEMBER).bad;
        const hours = Array.from({ length: 30 }, (_, hour) => ({
          from: START + 1_260 + hour * 60,
          to: START + 1_320 + hour * 60,
        }));
        const alone = hours.flatMap((hour) => {
          const own = all.filter(({ minute }) => minute >= hour.from && minute < hour.to);
          return levelOf(input(own), hour).bad;
        });
        expect(alone).toEqual(month);
      }),
    );
  });
});

test('days of many sites, each from its first request on', () => {
  const blog: CountedRow = { ...row([1_500, 20, 20]), site: 'blog' };
  const days = daysOf([...counting(0, 2_880), row([100, 50, 0]), row([1_441, 50, 25]), blog], {
    level: LEVEL,
    maintenance: [],
    period: { from: START, to: START + 2_880 },
    until: START + 2_880,
  });
  expect(days).toEqual([
    { site: 'blog', day: '2026-11-01', availability: null, badMinutes: 0, requests: 0 },
    { site: 'blog', day: '2026-11-02', availability: 1 - 1 / 1_380, badMinutes: 1, requests: 20 },
    { site: 'shop', day: '2026-11-01', availability: 1, badMinutes: 0, requests: 50 },
    { site: 'shop', day: '2026-11-02', availability: 1 - 1 / 1_440, badMinutes: 1, requests: 50 },
  ]);
});

describe('burn alerts', () => {
  /** Requests a minute, and how many failed in the newest so many minutes. */
  const traffic =
    (rate: number, failedMinutes: number, share: number, endedAgo = 0) =>
    (minutes: number) => ({
      requests: rate * minutes,
      failed: Math.round(rate * share * Math.max(0, Math.min(minutes - endedAgo, failedMinutes))),
    });

  test.each<[string, ReturnType<typeof traffic>, string | null]>([
    ['nothing fails', traffic(600, 0, 1), null],
    ['everything fails, for 26 s', traffic(600, 26 / 60, 1), 'fast'],
    ['everything fails, for 25 s', traffic(600, 25 / 60, 1), null],
    ['it is over: the short window says so', traffic(600, 5, 1, 10), 'steady'],
    ['… and over for long', traffic(600, 5, 1, 400), null],
    ['1 % for an hour', traffic(600, 60, 0.01), 'fast'],
    ['0.4 % for an hour', traffic(600, 60, 0.004), null],
    ['0.4 % for six hours', traffic(600, 360, 0.004), 'steady'],
    ['0.1 % for three days', traffic(600, 4_320, 0.001), 'slow'],
    ['0.04 % for three days', traffic(600, 4_320, 0.0004), null],
    ['two failures with hardly any traffic', () => ({ requests: 12, failed: 2 }), null],
    ['three of twelve', () => ({ requests: 12, failed: 3 }), 'fast'],
    ['three of nine: too few to say', () => ({ requests: 9, failed: 3 }), null],
  ])('%s', (_, sum, name) => expect(burnAlert(sum, LEVEL)?.rule.name ?? null).toBe(name));
});
