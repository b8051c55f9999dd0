import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVERY_SITE, latencyClassOf, latencyOfClass } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { parseBatch } from './batch.ts';
import { type EdgeBook, KEEP_SECONDS, openEdgeBook } from './edge-book.ts';

const log = createLog('test', {}, 'silent');
const SECOND = 1_764_374_400;
const MINUTE = SECOND / 60;
const MS = SECOND * 1_000;

let folder: string;
let path: string;
let book: EdgeBook;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-book-'));
  path = join(folder, 'visits.sqlite');
  book = openEdgeBook(path, 'edge-1', log);
});
afterEach(() => {
  book.close();
  rmSync(folder, { recursive: true });
});

const reopen = () => {
  book.close();
  book = openEdgeBook(path, 'edge-1', log);
};
const batch = (name: string, ...lines: string[]) => parseBatch([name, ...lines, ''].join('\n'));
const shop = (second: number, counts = '10 1 2 300 400 0:8,75:1') => `shop ${SECOND + second} ${counts}`;
const sitesOf = (after = '') => book.minutes(after, 100).rows.filter(({ site }) => site !== EVERY_SITE);

test('a batch is read line by line, and what is no line is left out', () => {
  expect(batch('17-1-99', shop(0), 'shop x', `blog ${SECOND} 1 0 0 0 3 -`)).toEqual({
    name: '17-1-99',
    visits: [
      {
        site: 'shop',
        second: SECOND,
        requests: 10,
        failed: 1,
        held: 2,
        heldLongestMs: 300,
        longestMs: 400,
        latency: [
          [0, 8],
          [75, 1],
        ],
      },
      { site: 'blog', second: SECOND, requests: 1, failed: 0, held: 0, heldLongestMs: 0, longestMs: 3, latency: [] },
    ],
  });
});

test('seconds and minutes hold the same requests, each once, whoever was killed when', () => {
  book.take(batch('1', shop(0), shop(0, '5 5 0 0 900 75:4')));
  reopen();
  expect(book.taken()).toBe('1');
  book.take(batch('1', shop(0), shop(0, '5 5 0 0 900 75:4')));
  book.take(batch('2', shop(59)));
  expect(book.seconds(['shop', 'blog'], SECOND, SECOND + 60, 10)).toMatchObject([
    {
      second: SECOND,
      requests: 15,
      failed: 6,
      held: 2,
      heldLongestMs: 300,
      longestMs: 900,
      latency: [
        [0, 8],
        [75, 5],
      ],
    },
    { second: SECOND + 59, requests: 10 },
  ]);
  book.counting(MS + 65_000);
  expect(sitesOf()).toMatchObject([{ edge: 'edge-1', site: 'shop', minute: MINUTE, requests: 25, failed: 7, held: 4 }]);
});

test('a minute is told once it is over, and again when something is added to it later', () => {
  book.take(batch('1', shop(0)));
  book.counting(MS + 59_000);
  expect(sitesOf()).toEqual([]);
  book.counting(MS + 64_000);
  const { next, more } = book.minutes('', 100);
  expect(more).toBe(false);
  expect(sitesOf()).toMatchObject([{ requests: 10 }]);
  expect(sitesOf(next)).toEqual([]);
  book.take(batch('2', shop(3), shop(61)));
  expect(sitesOf(next)).toMatchObject([{ minute: MINUTE, requests: 20 }]);
  book.counting(MS + 124_000);
  expect(sitesOf(next)).toMatchObject([
    { minute: MINUTE, requests: 20 },
    { minute: MINUTE + 1, requests: 10 },
  ]);
});

test('page by page, every minute once', () => {
  for (let minute = 0; minute < 25; minute += 1) book.take(batch(`b${minute}`, shop(minute * 60)));
  book.counting(MS + 3_600_000);
  const seen: number[] = [];
  for (let after = '', more = true; more; ) {
    const page = book.minutes(after, 10);
    expect(page.rows.length).toBeLessThanOrEqual(10);
    seen.push(...page.rows.map(({ minute }) => minute - MINUTE));
    ({ next: after, more } = page);
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, at) => at));
});

test('that this edge was counting is a row of its own', () => {
  book.counting(MS + 10_000);
  book.counting(MS + 11_000);
  book.counting(MS + 64_000);
  expect(book.minutes('', 100).rows).toMatchObject([{ site: EVERY_SITE, minute: MINUTE, requests: 0 }]);
});

test('a reader of another file begins at the beginning', () => {
  book.take(batch('1', shop(0)));
  book.counting(MS + 64_000);
  expect(sitesOf('another:999')).toHaveLength(1);
  expect(sitesOf('nonsense')).toHaveLength(1);
});

test('more seconds than may be asked for at once are refused, not cut off', () => {
  book.take(batch('1', ...Array.from({ length: 20 }, (_, at) => shop(at))));
  expect(book.seconds(['shop'], SECOND, SECOND + 20, 20)).toHaveLength(20);
  expect(book.seconds(['shop'], SECOND, SECOND + 20, 19)).toBeNull();
});

test('seconds are kept a day', () => {
  book.take(batch('1', shop(0), shop(10)));
  book.counting(MS + (KEEP_SECONDS + 5) * 1_000);
  expect(book.seconds(['shop'], SECOND, SECOND + 20, 20)).toMatchObject([{ second: SECOND + 10 }]);
});

test('a damaged file is set aside and begun anew', () => {
  book.take(batch('1', shop(0)));
  book.close();
  writeFileSync(path, 'this is no database, and it is long enough to be looked at as one'.repeat(100));
  book = openEdgeBook(path, 'edge-1', log);
  expect(book.taken()).toBe('');
  book.take(batch('2', shop(0)));
  expect(book.seconds(['shop'], SECOND, SECOND + 20, 20)).toHaveLength(1);
  expect(readFileSync(`${path}.damaged`, 'utf8')).toContain('no database');
});

test('the classes of waiting times are at most 4 % off, and the Lua side has the same', () => {
  for (let ms = 1; ms < 100_000; ms = Math.ceil(ms * 1.01)) {
    const off = latencyOfClass(latencyClassOf(ms)) / ms;
    expect(off).toBeGreaterThan(0.96);
    expect(off).toBeLessThan(1.04);
  }
  expect(latencyClassOf(0.4)).toBe(0);
  expect(latencyClassOf(1e9)).toBe(151);
  const lua = readFileSync(new URL('../edge/lua/visits.lua', import.meta.url), 'utf8');
  expect(lua).toContain('local STEP = math.log(1.08)\nlocal LAST_CLASS = 151\n');
});
