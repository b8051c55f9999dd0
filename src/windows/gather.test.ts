/** Controllers that fetch from the same edges: each of them has the same figures, whatever was down when. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVERY_SITE } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { minutesOf } from '../record/level/minutes.ts';
import { parseBatch } from './batch.ts';
import { type EdgeBook, openEdgeBook } from './edge-book.ts';
import { type Gather, startGather } from './gather.ts';
import { parseHourText, toHourText } from './hours.ts';
import { openLevelBook } from './level-book.ts';

const log = createLog('test', {}, 'silent');
const HOUR = 494_000;
const MINUTE = HOUR * 60;

let folder: string;
let edges: Map<string, EdgeBook>;
let away: Set<string>;
const gathers: Gather[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-gather-'));
  edges = new Map(['edge-1', 'edge-2'].map((edge) => [edge, openEdgeBook(join(folder, edge), edge, log)]));
  away = new Set();
});
afterEach(async () => {
  for (const gather of gathers.splice(0)) await gather.stop();
  for (const edge of edges.values()) edge.close();
  rmSync(folder, { recursive: true });
});

function visit(edge: string, site: string, minute: number, requests = 10, failed = 0) {
  const line = `${site} ${(MINUTE + minute) * 60} ${requests} ${failed} 0 0 5 8:${requests}`;
  edges.get(edge)!.take(parseBatch(`${edge}-${minute}-${site}-${requests}\n${line}\n`));
}
const countingUntil = (minute: number) => {
  for (const edge of edges.values()) edge.counting((MINUTE + minute) * 60_000 + 5_000);
};

let asked: string[] = [];
function gather(file: string) {
  const clock = createManualClock();
  const one = startGather({
    path: join(folder, file),
    edges: () => [...edges.keys()].map((edge) => ({ edge, control: edge })),
    ask: {
      minutes: async (control, after, limit) => {
        asked.push(control);
        if (away.has(control)) throw new Error('no answer in time');
        return edges.get(control)!.minutes(after, limit);
      },
    },
    clock,
    log,
  });
  gathers.push(one);
  return { ...one, clock };
}

const rowsOf = ({ book }: Pick<Gather, 'book'>, site = 'shop') => book()!.rows(site, MINUTE, MINUTE + 1_440);
const ofSite = (gathered: Pick<Gather, 'book'>) => rowsOf(gathered).filter(({ site }) => site !== EVERY_SITE);

test('two controllers have the same minutes, although one of them was away, began anew, and an edge was away too', async () => {
  const [one, other] = [gather('a'), gather('b')];
  away.add('edge-2');
  visit('edge-1', 'shop', 0);
  visit('edge-2', 'shop', 0, 7, 2);
  countingUntil(1);
  await one.turn();
  await one.stop();
  away.clear();
  visit('edge-1', 'shop', 61, 20, 5);
  countingUntil(62);
  // A minute that was told already grows.
  visit('edge-1', 'shop', 0, 3, 3);
  const again = gather('a');
  await again.turn();
  await other.clock.advance(60_000);
  await other.turn();
  expect(rowsOf(again)).toEqual(rowsOf(other));
  expect(ofSite(again)).toEqual([
    { edge: 'edge-1', site: 'shop', minute: MINUTE, requests: 13, failed: 3 },
    { edge: 'edge-2', site: 'shop', minute: MINUTE, requests: 7, failed: 2 },
    { edge: 'edge-1', site: 'shop', minute: MINUTE + 61, requests: 20, failed: 5 },
  ]);
  expect(again.book()!.since('shop')).toBe(MINUTE);
  expect(minutesOf(rowsOf(again)).measured.size).toBeGreaterThan(1);
});

test('more than a page, each row once', async () => {
  for (let minute = 0; minute < 700; minute += 1) visit('edge-1', 'shop', minute);
  countingUntil(700);
  const one = gather('a');
  await one.turn();
  expect(ofSite(one).map(({ minute }) => minute - MINUTE)).toEqual(Array.from({ length: 700 }, (_, at) => at));
});

test('an edge that does not answer is asked more and more seldom, and keeps nobody waiting for the other', async () => {
  away.add('edge-2');
  const one = gather('a');
  await one.turn();
  asked = [];
  for (let turn = 0; turn < 24; turn += 1) {
    await one.clock.advance(5_000);
    await one.turn();
  }
  const ofTheOther = asked.filter((control) => control === 'edge-2').length;
  expect(ofTheOther).toBeGreaterThanOrEqual(3);
  expect(ofTheOther).toBeLessThanOrEqual(7);
  expect(asked.length - ofTheOther).toBeGreaterThanOrEqual(24);
  visit('edge-1', 'shop', 0);
  countingUntil(1);
  await one.turn();
  expect(ofSite(one)).toHaveLength(1);
});

test('an edge that answers under another name is not believed', async () => {
  visit('edge-1', 'shop', 0);
  countingUntil(1);
  const one = startGather({
    path: join(folder, 'a'),
    edges: () => [{ edge: 'edge-9', control: 'edge-1' }],
    ask: { minutes: async (control, after, limit) => edges.get(control)!.minutes(after, limit) },
    clock: createManualClock(),
    log,
  });
  gathers.push(one);
  await one.turn();
  expect(rowsOf(one)).toEqual([]);
});

test('figures that were worked out are forgotten when something comes in for them, or which minute was the first changes', () => {
  const book = openLevelBook(join(folder, 'a'), log);
  const day = Math.floor(MINUTE / 1_440);
  const noon = MINUTE + 600;
  const keep = () => {
    for (const site of ['shop', 'blog'])
      for (const at of [day, day + 1])
        book.keepFigures(site, { day: at, upTo: at === day ? noon : (at + 1) * 1_440, terms: 't', figures: site });
  };
  const kept = () =>
    ['shop', 'blog'].flatMap((site) =>
      book.figures(site, day, day + 2).map((one) => `${one.figures}+${one.day - day}`),
    );
  const take = (site: string, minute: number) =>
    book.take('edge-1', [{ edge: 'edge-1', site, minute, requests: 1, failed: 0 }], 'x:1');
  take('shop', noon - 1);
  keep();
  take('shop', noon - 1);
  take('shop', noon);
  expect(kept()).toEqual(['shop+0', 'shop+1', 'blog+0', 'blog+1']);
  take('shop', noon - 2);
  expect(kept()).toEqual(['blog+0', 'blog+1']);
  keep();
  take(EVERY_SITE, noon - 1);
  expect(kept()).toEqual(['shop+1', 'blog+1']);
  keep();
  take('shop', noon - 1_440);
  expect(kept()).toEqual(['blog+0', 'blog+1']);
  book.close();
});

test('what is older than 400 days goes, and the rest stays', () => {
  const book = openLevelBook(join(folder, 'a'), log);
  const row = (minute: number) => ({ edge: 'edge-1', site: 'shop', minute, requests: 1, failed: 0 });
  book.take('edge-1', [row(MINUTE), row(MINUTE + 60)], 'x:1');
  book.clear(MINUTE + 400 * 1_440 + 60);
  expect(book.rows('shop', MINUTE, MINUTE + 120).map(({ minute }) => minute - MINUTE)).toEqual([60]);
  book.close();
});

test('a damaged file is set aside, and everything that the edges keep is fetched again', async () => {
  visit('edge-1', 'shop', 0);
  countingUntil(1);
  const one = gather('a');
  await one.turn();
  await one.stop();
  writeFileSync(join(folder, 'a'), 'no database at all, and long enough to be read as one'.repeat(100));
  for (const file of readdirSync(folder)) if (/^a-/.test(file)) rmSync(join(folder, file));
  const again = gather('a');
  await again.turn();
  expect(ofSite(again)).toHaveLength(1);
});

test('an hour is read back from its text as it was', () => {
  const count = fc.record({ requests: fc.nat(1e9), failed: fc.nat(1e9) });
  fc.assert(
    fc.property(fc.dictionary(fc.integer({ min: 0, max: 59 }).map(String), count), (hour) => {
      const counts = new Map(Object.entries(hour).map(([minute, figures]) => [Number(minute), { ...figures }]));
      expect(parseHourText(toHourText(counts))).toEqual(counts);
    }),
  );
});
