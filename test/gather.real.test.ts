/** Two controllers fetch what a real edge counted, over its control listener, and have the figures that the visitors themselves saw. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStatusServer } from '../src/edge/status-server.ts';
import { startVisitsBook, type VisitsBook } from '../src/edge/visits-book.ts';
import { windowsAnswers } from '../src/edge/windows-answers.ts';
import { EVERY_SITE } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { askEdges } from '../src/windows/ask-edge.ts';
import { type Gather, startGather } from '../src/windows/gather.ts';
import { type EdgeBench, SITE, startBench, steady, until } from './support/edge-bench.ts';

const KEY = 'a key that both know, and nobody else';
const log = createLog('test', {}, 'silent');

let bench: EdgeBench;
let visits: VisitsBook;
let server: { close(): Promise<void> };
const gathers: Gather[] = [];
beforeEach(async () => {
  bench = await startBench();
  visits = startVisitsBook({
    path: join(bench.folder, 'visits.sqlite'),
    edge: 'edge-test',
    take: (have) => bench.plane.visits(have),
    clock: systemClock,
    log,
  });
  server = await startStatusServer(bench.config.control, {
    edge: 'edge-test',
    storeFresh: () => true,
    nginx: 'started',
    quietZones: () => [],
    rows: () => new Map(),
    reports: () => [],
    windows: windowsAnswers({ clusterKey: KEY, book: visits.book, clock: systemClock }),
  });
});
afterEach(async () => {
  for (const gather of gathers.splice(0)) await gather.stop();
  await server.close();
  await visits.stop();
  await bench.close();
});

function gather(file: string, key = KEY): Gather {
  const one = startGather({
    path: join(bench.folder, file),
    edges: () => [{ edge: 'edge-test', control: bench.config.control }],
    ask: askEdges(key),
    clock: systemClock,
    log,
  });
  gathers.push(one);
  return one;
}

const minuteNow = () => Math.floor(systemClock.wall() / 60_000);
const rowsOf = ({ book }: Gather) =>
  (book()?.rows(SITE, minuteNow() - 10, minuteNow() + 1) ?? []).filter(({ site }) => site !== EVERY_SITE);
const sum = (one: Gather, figure: 'requests' | 'failed') => rowsOf(one).reduce((all, row) => all + row[figure], 0);

test('requests and failures exactly, at both, also after a restart; without the key nothing', async () => {
  const [one, other, stranger] = [gather('one'), gather('other'), gather('stranger', 'another key')];
  await bench.route(1, 'a');
  const gets = steady(50, () => bench.get());
  await systemClock.sleep(1_000);
  await bench.zones.a.mode('errors');
  await systemClock.sleep(500);
  await one.stop();
  const answers = await gets.stop();
  const failed = answers.filter(({ status }) => status === 0 || status >= 500).length;
  expect(failed).toBeGreaterThan(5);
  // The minute has to be over.
  await until('all are fetched', () => sum(other, 'requests') >= answers.length, 75_000);
  const again = gather('one');
  await again.turn();
  for (const each of [again, other]) {
    expect(sum(each, 'requests')).toBe(answers.length);
    expect(sum(each, 'failed')).toBe(failed);
  }
  expect(rowsOf(again)).toEqual(rowsOf(other));
  expect(rowsOf(stranger)).toEqual([]);
});
