/** A site that is handed over, before a real nginx: nothing new is passed on, what is under way is counted exactly, and nobody waits for ever. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RouteReport } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { type Answer, type EdgeBench, HOST, startBench, steady, until } from './support/edge-bench.ts';

let bench: EdgeBench;
const sleep = (ms: number) => systemClock.sleep(ms);
const report = (): RouteReport => bench.plane.routeReports().find(({ site }) => site === 'shop')!;
const drained = (epoch: number) =>
  until('nothing is under way', () => report().epoch === epoch && report().inFlight === 0);
const journal = () => [...bench.executed().entries()];

beforeEach(async () => {
  bench = await startBench();
  await bench.route(1, 'a', 'b');
});
afterEach(() => bench.close());

function load() {
  const gets = steady(120, (index) => bench.get(`/${index}`));
  const posts = steady(80, (index) => bench.post(`w${index}`));
  return async () => {
    const [pages, writes] = await Promise.all([gets.stop(), posts.stop()]);
    return { pages, writes, all: [...pages, ...writes] };
  };
}

const bad = (answers: Answer[]) => answers.filter(({ status }) => status !== 200);

test('held for 300 ms under load and moved: nothing fails, nothing is carried out twice or at both places (I9)', async () => {
  const stop = load();
  await sleep(500);
  const began = performance.now();
  await bench.route(2, 'a', 'b', 'held');
  await drained(2);
  const drainedMs = performance.now() - began;
  const executed = journal().length;
  await sleep(300);
  expect(journal().length, 'nothing reaches the old copy any more').toBe(executed);
  expect(report()).toMatchObject({ inFlight: 0, failed: 0 });
  await bench.route(3, 'b', null, 'shut');
  await sleep(100);
  await bench.route(4, 'b', 'a');
  await sleep(500);
  const { all, writes } = await stop();
  expect(bad(all)).toEqual([]);
  expect(journal().filter(([, zones]) => zones.length > 1)).toEqual([]);
  expect(journal().length).toBe(writes.length);
  expect(bench.drained).toBe(1);
  expect(drainedMs, 'not only when the hold ends by itself').toBeLessThan(2_800);
  await until('all have ended', () => report().inFlight === 0);
});

test('held and let go again by a newer row: everybody goes on at the same copy', async () => {
  const stop = load();
  await sleep(200);
  for (let epoch = 2; epoch < 8; epoch += 2) {
    await bench.route(epoch, 'a', 'b', 'held');
    await sleep(150);
    await bench.route(epoch + 1, 'a', 'b');
    await sleep(150);
  }
  const { all } = await stop();
  expect(bad(all)).toEqual([]);
  expect(new Set(all.map(({ zone }) => zone))).toEqual(new Set(['a']));
  expect(Math.max(...all.map(({ tookMs }) => tookMs))).toBeLessThan(2_800);
});

test('no newer row: after 3 s the edge lets go to the live copy by itself, and stays so; a newer hold is one again', async () => {
  await bench.route(2, 'a', 'b', 'held');
  const began = performance.now();
  const [page, write] = await Promise.all([bench.get(), bench.post('held')]);
  expect([page.status, page.zone, write.status, write.zone]).toEqual([200, 'a', 200, 'a']);
  expect(performance.now() - began).toBeGreaterThan(2_800);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect((await bench.post('after')).tookMs).toBeLessThan(2_800);
  expect(readFileSync(`${bench.config.stateDir}/error.log`, 'utf8')).toMatch(/shop was held for 3 s under epoch 2/);
  // The same epoch once more, with another standby: no second hold.
  await bench.route(2, 'a', 'c', 'held');
  expect((await bench.post('same')).tookMs).toBeLessThan(2_800);
  await bench.route(3, 'a', 'b', 'held');
  const again = bench.get();
  await sleep(500);
  expect(report().heldNow).toBe(1);
  await bench.route(4, 'b', null);
  expect((await again).zone).toBe('b');
});

test('a hold outlives a restart of the process beside nginx and a reload, and its 3 s do not begin anew', async () => {
  await bench.route(2, 'a', 'b', 'held');
  const began = performance.now();
  const held = bench.get();
  await sleep(900);
  await bench.reopen();
  expect(bench.plane.found).toBe('adopted');
  expect(bench.plane.routes().get('shop')).toMatchObject({ epoch: 2, gate: 'held' });
  const second = bench.get();
  await sleep(900);
  await bench.reopen({ workers: 1 });
  expect(bench.plane.found).toBe('reloaded');
  await sleep(300);
  const third = bench.get();
  await until('the held of old and new workers are counted', () => report()?.heldNow === 3);
  expect((await Promise.all([held, second, third])).map(({ status, zone }) => [status, zone])).toEqual(
    Array(3).fill([200, 'a']),
  );
  expect(performance.now() - began).toBeGreaterThan(2_800);
  expect(performance.now() - began).toBeLessThan(4_700);
});

test('an nginx that begins anew under a hold holds, once more for 3 s', async () => {
  await bench.route(2, 'a', 'b', 'held');
  const pid = Number(readFileSync(`${bench.config.stateDir}/nginx.pid`, 'utf8'));
  for (const each of [pid, ...workerPids(pid)]) process.kill(each, 'SIGKILL');
  await until('nginx is back', async () => (await bench.get('/', { timeoutMs: 300 })).body.includes('in time'));
  await until('it knows what is under way', () => report().inFlight === 0);
  const began = performance.now();
  expect((await bench.get()).zone).toBe('a');
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('what is under way: long answers, upgrades, hanging requests; not clients that went away', async () => {
  await bench.zones.a.mode('slow');
  const slow = [bench.get('/slow1'), bench.get('/slow2'), bench.post('slow3')];
  const upgraded = await upgrade();
  await until('all are counted', () => report().inFlight === 4);
  await bench.zones.a.mode('hang');
  const gone = bench.get('/gone', { timeoutMs: 400 });
  await until('one more', () => report().inFlight === 5, 1_000);
  await bench.route(2, 'a', 'b', 'held');
  await gone;
  expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200]);
  await until('only the upgraded one is left', () => report().inFlight === 1);
  await sleep(100);
  expect(report()).toMatchObject({ epoch: 2, inFlight: 1 });
  expect(bench.drained).toBe(0);
  const began = performance.now();
  upgraded.destroy();
  await until('it was told', () => bench.drained === 1);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(report().inFlight).toBe(0);
});

test('a worker that died leaves no count behind', async () => {
  await bench.zones.a.mode('hang');
  const lost = Array.from({ length: 20 }, (_, index) => bench.get(`/${index}`));
  await until('all are counted', () => report().inFlight === 20);
  await bench.route(2, 'a', 'b', 'held');
  await sleep(100);
  expect(report().inFlight).toBe(20);
  const pid = Number(readFileSync(`${bench.config.stateDir}/nginx.pid`, 'utf8'));
  for (const each of workerPids(pid)) process.kill(each, 'SIGKILL');
  await drained(2);
  expect((await Promise.all(lost)).every(({ status }) => status === 0)).toBe(true);
});

test('a request whose copy resets it while its site is held waits with the others, and is nowhere under way', async () => {
  await bench.zones.a.mode('hang');
  const page = bench.get('/first');
  const write = bench.post('lost');
  await until('both are counted', () => report().inFlight === 2);
  await bench.route(2, 'a', 'b', 'held');
  await bench.zones.a.kill();
  await drained(2);
  expect((await write).headers['x-holdfast-outcome']).toBe('unknown');
  await until('it is held', () => report().heldNow === 1);
  await bench.route(3, 'b', null);
  expect(await page).toMatchObject({ status: 200, zone: 'b' });
});

test('failures are counted, each once: of a copy, of our own, and answers cut short by a move', async () => {
  await bench.route(2, 'a', null);
  await bench.zones.a.mode('errors');
  await Promise.all([bench.get('/1'), bench.get('/2'), bench.post('p1')]);
  await bench.zones.a.mode('ok');
  await bench.get('/fine');
  await until('three', () => report().failed === 3);
  await sleep(250);
  expect(report().failed).toBe(3);
  bench.plane.tellRoutes();
  await bench.zones.a.mode('hang');
  const lost = bench.post('lost');
  await until('it hangs', () => report().inFlight === 1);
  await bench.route(3, 'b', null);
  expect((await lost).status).toBe(502);
  await until('one more, under the next epoch', () => report().epoch === 3 && report().failed === 1);
});

function workerPids(master: number): number[] {
  return readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ').map(Number);
}

/** A connection that stays open. */
function upgrade(): Promise<net.Socket> {
  const [host, port] = bench.config.listen.split(':');
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, headers: { host: HOST, connection: 'Upgrade', upgrade: 'echo' } });
    request.on('error', reject);
    request.on('upgrade', (_, socket) => resolve(socket as net.Socket));
    request.end();
  });
}
