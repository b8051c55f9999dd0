/** What is answered from kept figures is what the pure functions say of all rows at once, whatever came in when. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVERY_SITE, type Maintenance, type ServiceLevel } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { dayOf, monthPeriod } from '../record/level/calendar.ts';
import { budgetOf, creditOf, levelDays, levelOf } from '../record/level/level.ts';
import { type CountedRow, minutesOf } from '../record/level/minutes.ts';
import { type LevelBook, openLevelBook } from './level-book.ts';
import { createLevels } from './levels.ts';

const log = createLog('test', {}, 'silent');
const NOVEMBER = monthPeriod('2026-11')!;
const START = NOVEMBER.from;
const LEVEL: ServiceLevel = {
  target: 0.9995,
  badMinuteShare: 0.1,
  leastRequests: 10,
  excludeMaintenance: true,
  credits: [{ below: 0.9995, percent: 10 }],
};

let folder: string;
let book: LevelBook;
let now: number;
let maintenance: Maintenance[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-levels-'));
  book = openLevelBook(join(folder, 'windows.sqlite'), log);
  maintenance = [];
  at(3 * 1_440);
});
afterEach(() => {
  book.close();
  rmSync(folder, { recursive: true });
});

/** Minutes after the month's beginning. */
const at = (minute: number) => {
  now = (START + minute) * 60_000 + 15_000;
};
const levels = createLevels({
  book: () => book,
  service: () => ({ level: LEVEL, maintenance }),
  clock: { wall: () => now, sleep: async () => {} },
});
const row = (minute: number, requests: number, failed = 0, site = 'shop'): CountedRow => ({
  edge: 'edge-1',
  site,
  minute: START + minute,
  requests,
  failed,
});
const counting = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => row(from + index, 0, 0, EVERY_SITE));
const take = (rows: CountedRow[]) => book.take('edge-1', rows, 'x:1');

/** Worked out anew from the very rows, with nothing kept. */
function anew(month = '2026-11') {
  const period = monthPeriod(month)!;
  const rows = levels.rows('shop', period)!;
  const about = {
    site: 'shop',
    level: LEVEL,
    maintenance,
    minutes: minutesOf(rows),
    since: levels.since('shop'),
  };
  const { bad, ...figures } = levelOf(about, period, Math.floor((now - 15_000) / 60_000));
  return { figures, bad, budget: budgetOf(about, period, figures), credit: creditOf(figures, LEVEL.credits) };
}

test('a month with an outage, to the minute, and again from what is kept', async () => {
  take([...counting(0, 4_320), row(100, 50), row(1_500, 50, 50), row(1_501, 50, 50), row(4_319, 20, 20)]);
  for (const _ of ['worked out', 'kept']) {
    const month = await levels.month('shop', '2026-11');
    expect(month).toMatchObject({
      until: START + 4_320,
      figures: { requests: 170, failed: 120, minutes: 4_220, badMinutes: 3, availability: 1 - 3 / 4_220 },
      bad: [START + 1_500, START + 1_501, START + 4_319],
      credit: 10,
      target: 0.9995,
    });
    expect(month!.budget.minutes).toBeCloseTo(0.0005 * (43_200 - 100), 9);
    expect(month).toMatchObject(anew());
  }
  expect((await levels.days('shop', 3))!.map(({ day, badMinutes, minutes }) => [day, badMinutes, minutes])).toEqual([
    ['2026-11-01', 0, 1_340],
    ['2026-11-02', 2, 1_440],
    ['2026-11-03', 1, 1_440],
  ]);
});

test('ninety days, of which most have nothing', async () => {
  take([...counting(0, 4_320), row(100, 50)]);
  const days = (await levels.days('shop', 90))!;
  expect(days).toHaveLength(90);
  expect(days[0]).toMatchObject({ day: '2026-08-06', availability: null });
  expect(days.filter(({ availability }) => availability !== null).map(({ day }) => day)).toEqual([
    '2026-11-01',
    '2026-11-02',
    '2026-11-03',
  ]);
  expect((await levels.days('nobody', 2))!.map(({ availability }) => availability)).toEqual([null, null]);
});

test('maintenance that is announced later counts at once, and so does one that is taken back', async () => {
  take([...counting(0, 4_320), row(0, 50), row(200, 50, 50)]);
  const bad = async () => (await levels.month('shop', '2026-11'))!.figures.badMinutes;
  expect(await bad()).toBe(1);
  maintenance = [{ id: 'm', title: '', from: (START + 190) * 60_000, to: (START + 210) * 60_000, sites: ['shop'] }];
  expect(await bad()).toBe(0);
  expect(await levels.month('shop', '2026-11')).toMatchObject(anew());
  maintenance = [];
  expect(await bad()).toBe(1);
});

test('no file, no figures; no month, none either', async () => {
  const without = createLevels({
    book: () => null,
    service: () => ({ level: LEVEL, maintenance }),
    clock: { wall: () => now, sleep: async () => {} },
  });
  expect([
    await without.month('shop', '2026-11'),
    await without.days('shop', 9),
    without.rows('shop', NOVEMBER),
  ]).toEqual([null, null, null]);
  expect(await levels.month('shop', '2026-13')).toBeNull();
});

test('rows that come piece by piece, late, twice or changed, and questions in between: the same as all at once', async () => {
  const piece = fc.array(
    fc.record({
      edge: fc.constantFrom('edge-1', 'edge-2'),
      site: fc.constantFrom('shop', 'shop', EVERY_SITE, 'blog'),
      minute: fc.integer({ min: START + 1_300, max: START + 3_000 }),
      requests: fc.integer({ min: 0, max: 20 }),
      share: fc.constantFrom(0, 0, 0, 0.3, 1),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(piece, fc.integer({ min: 1_400, max: 3_100 })), { maxLength: 8 }),
      async (steps) => {
        book.close();
        rmSync(folder, { recursive: true });
        folder = mkdtempSync(join(tmpdir(), 'hf-levels-'));
        book = openLevelBook(join(folder, 'windows.sqlite'), log);
        for (const [rows, asked] of steps) {
          for (const edge of ['edge-1', 'edge-2']) {
            const own = rows.filter((one) => one.edge === edge);
            book.take(
              edge,
              own.map(({ share, ...one }) => ({ ...one, failed: Math.round(one.requests * share) })),
              'x',
            );
          }
          at(asked);
          const month = await levels.month('shop', '2026-11');
          const { since } = { since: levels.since('shop') };
          expect(month).toMatchObject(anew());
          const about = {
            site: 'shop',
            level: LEVEL,
            maintenance,
            minutes: minutesOf(levels.rows('shop', NOVEMBER)!),
            since,
          };
          const days = levelDays(about, NOVEMBER, START + asked);
          expect(month!.days.map(({ bad, ...day }) => day)).toEqual(days);
          expect(month!.days[0]!.day).toBe(dayOf(START));
        }
      },
    ),
    { numRuns: 40 },
  );
});
