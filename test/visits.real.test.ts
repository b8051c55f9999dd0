/** What the edge counts of visitors' requests, with a real nginx, against what the visitors themselves saw. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startVisitsBook, type VisitsBook } from '../src/edge/visits-book.ts';
import { addLatencies, latencyQuantile, type SecondRow } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { type Answer, type EdgeBench, SITE, startBench, steady, until } from './support/edge-bench.ts';

let bench: EdgeBench;
let visits: VisitsBook;
const sleep = (ms: number) => systemClock.sleep(ms);

function open(): VisitsBook {
  return startVisitsBook({
    path: join(bench.folder, 'visits.sqlite'),
    edge: 'edge-test',
    take: (have) => bench.plane.visits(have),
    clock: systemClock,
    log: createLog('edge', {}, 'silent'),
  });
}

beforeEach(async () => {
  bench = await startBench();
  visits = open();
});
afterEach(async () => {
  await visits.stop();
  await bench.close();
});

function rows(): SecondRow[] {
  const now = Math.floor(systemClock.wall() / 1_000);
  return visits.book()?.seconds([SITE], now - 300, now + 10, 10_000) ?? [];
}
const sum = (figure: 'requests' | 'failed' | 'held') => rows().reduce((all, row) => all + row[figure], 0);
const failed = (answers: Answer[]) => answers.filter(({ status }) => status === 0 || status >= 500).length;
const within = (share: number, figure: number, truth: number) => {
  expect(figure).toBeGreaterThan(truth * (1 - share));
  expect(figure).toBeLessThan(truth * (1 + share));
};
const quantile = (times: number[], share: number) =>
  times.toSorted((x, y) => x - y)[Math.ceil(share * times.length) - 1]!;

test('a killed zone, a hold and a move: requests and failures are counted exactly, waiting times within 10 %', async () => {
  await bench.route(1, 'a', 'b');
  const gets = steady(100, () => bench.get());
  const posts = steady(50, (index) => bench.post(`w${index}`));
  await sleep(1_500);
  await bench.zones.a.kill();
  await sleep(1_500);
  await bench.route(2, 'b', null, 'shut');
  await sleep(500);
  await bench.route(3, 'b', null);
  await sleep(1_000);
  await bench.zones.b.mode('errors');
  await sleep(500);
  await bench.zones.b.mode('slow');
  await sleep(1_000);
  const answers = (await Promise.all([gets.stop(), posts.stop()])).flat();
  expect(failed(answers)).toBeGreaterThan(20);

  await until('all are counted', () => sum('requests') >= answers.length, 10_000);
  await sleep(1_500);
  expect(sum('requests')).toBe(answers.length);
  expect(sum('failed')).toBe(failed(answers));
  expect(sum('held')).toBeGreaterThan(50);
  const times = answers.map(({ tookMs }) => tookMs);
  const longest = Math.max(...rows().map(({ longestMs }) => longestMs));
  within(0.1, longest, Math.max(...times));
  within(0.1, Math.max(...rows().map(({ heldLongestMs }) => heldLongestMs)), Math.max(...times));
  const latency = addLatencies(rows().map((row) => row.latency));
  within(0.1, latencyQuantile(latency, 0.99), quantile(times, 0.99));
});

test('nothing is counted twice or left out when the process beside nginx is away, or is killed between taking and keeping', async () => {
  await bench.route(1, 'a');
  const gets = steady(100, () => bench.get());
  await sleep(1_300);
  await visits.stop();
  await sleep(1_500);
  // Taken, and lost on the way: the batch has to come again.
  const lost = await bench.plane.visits('');
  expect(lost.split('\n').length).toBeGreaterThan(2);
  expect(await bench.plane.visits('')).toBe(lost);
  visits = open();
  await sleep(1_000);
  await bench.reopen({ workers: 1 });
  await sleep(1_500);
  const answers = await gets.stop();
  expect(failed(answers)).toBe(0);
  await until('all are counted', () => sum('requests') >= answers.length, 10_000);
  await sleep(1_500);
  expect(sum('requests')).toBe(answers.length);
  expect(sum('failed')).toBe(0);
});

test('a visitor who leaves early counts as nobody; one whom a dying copy leaves with half of an answer has failed', async () => {
  await bench.route(1, 'a');
  await bench.zones.a.mode('hang');
  expect((await bench.get('/', { timeoutMs: 300 })).status).toBe(0);
  await bench.zones.a.mode('ok');
  expect((await bench.get()).status).toBe(200);
  await bench.route(2, 'a', 'b');
  await bench.zones.a.mode('half');
  const halves = [bench.get(), bench.get()];
  await sleep(200);
  await bench.zones.a.kill();
  expect((await Promise.all(halves)).map(({ status }) => status)).toEqual([0, 0]);
  expect(await bench.get()).toMatchObject({ status: 200, zone: 'b' });
  await until('all are counted', () => sum('requests') >= 4, 10_000);
  await sleep(1_500);
  expect(sum('requests')).toBe(4);
  expect(sum('failed')).toBe(2);
});
