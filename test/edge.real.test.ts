/** The edge's data plane with a real nginx and real applications: routing, holding, cutting loose, surviving. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { type Answer, type EdgeBench, HOST, startBench, steady, until } from './support/edge-bench.ts';

let bench: EdgeBench;
const sleep = (ms: number) => systemClock.sleep(ms);

describe('routes', () => {
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  test('a request goes to the live copy of its site, with who asked for what', async () => {
    await bench.route(1, 'a', 'b');
    const answer = await bench.get('/page?x=1', { headers: { 'x-request-id': 'mine', 'x-forwarded-for': '9.9.9.9' } });
    expect(answer).toMatchObject({ status: 200, zone: 'a' });
    expect(answer.headers['x-request-id']).toBe('mine');
    const seen = JSON.parse(answer.body) as { url: string; headers: Record<string, string> };
    expect(seen.url).toBe('/page?x=1');
    expect(seen.headers).toMatchObject({
      host: HOST,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': HOST,
      'x-request-id': 'mine',
    });
    expect(await bench.get('/', { headers: { host: 'other.example' } })).toMatchObject({ status: 404 });
  });

  test('a new epoch is effective for the very next request, and an older one never again (I10)', async () => {
    await bench.route(1, 'a', 'b');
    for (let epoch = 2; epoch < 12; epoch += 1) {
      const live = epoch % 2 === 0 ? 'b' : 'a';
      await bench.route(epoch, live);
      const answers = await Promise.all([1, 2, 3, 4].map(() => bench.get()));
      expect(answers.map(({ zone }) => zone)).toEqual([live, live, live, live]);
    }
    await bench.route(4, 'b');
    expect((await bench.get()).zone).toBe('a');
  });
});

describe('a live zone that dies', () => {
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  test('killed: no GET fails, and every write is carried out exactly once by somebody (I9)', async () => {
    await bench.route(1, 'a', 'b');
    const gets = steady(100, () => bench.get());
    const posts = steady(50, (index) => bench.post(`w${index}`));
    await sleep(400);
    await bench.zones.a.kill();
    await sleep(800);
    await bench.route(2, 'b', null, 'shut');
    await sleep(200);
    await bench.route(3, 'b', null);
    await sleep(500);
    const [pages, writes] = await Promise.all([gets.stop(), posts.stop()]);
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    const failed = writes.filter(({ status }) => status !== 200);
    expect(failed.length).toBeLessThanOrEqual(2);
    for (const answer of failed) expect(answer.headers['x-holdfast-outcome']).toBe('unknown');
    const executed = bench.executed();
    expect([...executed.values()].filter((zones) => zones.length > 1)).toEqual([]);
    expect(executed.size).toBeGreaterThanOrEqual(writes.length - failed.length);
  });

  test('killed with no standby named yet: GETs wait too, and none fails', async () => {
    await bench.route(1, 'a');
    const gets = steady(100, () => bench.get());
    await sleep(200);
    await bench.zones.a.kill();
    await sleep(600);
    await bench.route(2, 'b');
    await sleep(200);
    const pages = await gets.stop();
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    expect(pages.at(-1)?.zone).toBe('b');
  });

  test('killed and started again in place: held requests go on by themselves', async () => {
    await bench.route(1, 'a');
    await bench.zones.a.kill();
    const held = [bench.post('one'), bench.post('two'), bench.get()];
    await sleep(2_500);
    await bench.zones.a.restart();
    const answers = await Promise.all(held);
    expect(answers.map(({ status, zone }) => [status, zone])).toEqual(Array(3).fill([200, 'a']));
    expect(bench.executed().get('POST one')).toEqual(['a']);
  });

  test('accepts and never answers: GETs move to the standby, hanging ones are cut loose, writes sent are told so', async () => {
    await bench.route(1, 'a', 'b');
    const gets = steady(100, () => bench.get());
    const posts = steady(50, (index) => bench.post(`w${index}`));
    await sleep(300);
    await bench.zones.a.mode('hang');
    await sleep(2_000);
    const executedBefore = bench.executed().size;
    await bench.route(2, 'b', null);
    await sleep(500);
    const [pages, writes] = await Promise.all([gets.stop(), posts.stop()]);
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    const failed = writes.filter(({ status }) => status !== 200);
    expect(failed.every((answer) => answer.headers['x-holdfast-outcome'] === 'unknown')).toBe(true);
    // Writes are held from about 600 ms on; without that it would be a hundred.
    expect(failed.length).toBeLessThanOrEqual(50);
    expect(failed.length).toBeGreaterThan(5);
    const executed = bench.executed();
    expect(executed.size).toBeGreaterThan(executedBefore);
    expect([...executed.values()].filter((zones) => zones.length > 1)).toEqual([]);
    const slowest = Math.max(...pages.slice(-30).map(({ tookMs }) => tookMs));
    expect(slowest, 'the last of them waited for nobody').toBeLessThan(1_900);
  });

  test('a hang that ends by itself un-sticks everything, with no new epoch', async () => {
    await bench.route(1, 'a');
    await bench.zones.a.mode('hang');
    const hanging = [1, 2, 3, 4].map((index) => bench.get(`/${index}`, { timeoutMs: 60_000 }));
    await sleep(900);
    const held = [bench.post('held'), bench.get()];
    await sleep(300);
    expect(bench.executed().size).toBe(0);
    await bench.zones.a.mode('ok');
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    await bench.route(2, 'b');
    expect((await Promise.all(hanging)).map(({ status, zone }) => [status, zone])).toEqual(Array(4).fill([200, 'b']));
  });

  test('frozen, and known to be quiet: writes are held before any verdict', async () => {
    await bench.route(1, 'a', 'b');
    expect((await bench.post('before')).status).toBe(200);
    bench.zones.a.signal('SIGSTOP');
    await sleep(250);
    bench.plane.setQuiet('a', true);
    await sleep(50);
    const posts = steady(50, (index) => bench.post(`w${index}`));
    const gets = steady(50, () => bench.get());
    await sleep(1_000);
    await bench.route(2, 'b');
    await sleep(300);
    const [writes, pages] = await Promise.all([posts.stop(), gets.stop()]);
    bench.zones.a.signal('SIGCONT');
    await sleep(200);
    expect(writes.map(({ status, zone }) => `${status} ${zone}`)).toEqual(writes.map(() => '200 b'));
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    expect([...bench.executed().values()].filter((zones) => zones.length > 1)).toEqual([]);
  });

  test('quiet is not believed while the zone answers visitors', async () => {
    await bench.route(1, 'a', 'b');
    bench.plane.setQuiet('a', true);
    await sleep(400);
    const posts = await steadyFor(500, 50, (index) => bench.post(`w${index}`));
    expect(posts.filter(({ status, tookMs }) => status !== 200 || tookMs > 400)).toEqual([]);
  });
});

describe('answers of the application', () => {
  beforeEach(async () => {
    bench = await startBench();
    await bench.route(1, 'a', 'b');
  });
  afterEach(() => bench.close());

  test('an error page from a copy that is just being promoted is not what a visitor gets', async () => {
    await bench.zones.b.mode('errors');
    await bench.route(2, 'b', null, 'shut');
    const page = bench.get();
    await sleep(150);
    await bench.zones.b.mode('ok');
    expect(await page).toMatchObject({ status: 200, zone: 'b' });
    await bench.zones.b.mode('errors');
    expect(await bench.get()).toMatchObject({ status: 500, zone: 'b' });
  });

  test('a 500 to a GET is tried at the standby; to a POST it is passed on, once', async () => {
    await bench.zones.a.mode('errors');
    expect(await bench.get()).toMatchObject({ status: 200, zone: 'b' });
    expect(await bench.post('p')).toMatchObject({ status: 500, zone: 'a' });
    await bench.zones.b.mode('errors');
    expect(await bench.get()).toMatchObject({ status: 500, zone: 'b' });
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      expect(await bench.post(method, { method })).toMatchObject({ status: 500, zone: 'a' });
      expect(bench.executed().get(`${method} ${method}`)).toEqual(['a']);
    }
    expect(bench.executed().get('POST p')).toEqual(['a']);
  });

  test('counts tell attempts, errors and who waits', async () => {
    bench.plane.traffic();
    await bench.zones.a.mode('errors');
    await bench.get();
    await bench.post('p');
    await bench.zones.a.mode('hang');
    const hanging = bench.get('/', { timeoutMs: 1_500 });
    await sleep(400);
    const seen = bench.plane.traffic();
    const a = seen.find(({ zone }) => zone === 'a');
    expect(a).toMatchObject({ site: 'shop', attempts: 3, answered: 0, serverErrors: 2, waiting: 1 });
    expect(a?.oldestWaitingMs).toBeGreaterThan(150);
    expect(a?.answeredAgoMs).toBeGreaterThan(150);
    expect(seen.find(({ zone }) => zone === 'b')).toMatchObject({ attempts: 1, answered: 1, serverErrors: 0 });
    await hanging;
  });

  test('latency is told in classes: of the attempt, not of the hold before it, and not of our own probes', async () => {
    const [slow, last] = [LATENCY_BOUNDS_MS.findIndex((bound) => bound > 300), LATENCY_BOUNDS_MS.length];
    bench.plane.traffic();
    const held = bench.route(2, 'a', 'b', 'shut').then(() => bench.post('held'));
    await sleep(1_200);
    await bench.route(3, 'a', 'b');
    expect(await held).toMatchObject({ status: 200, zone: 'a' });
    await sleep(250);
    const fast = latencyOf('a');
    expect(fast).toHaveLength(last + 1);
    expect(fast.reduce((sum, count) => sum + count)).toBe(1);
    expect(fast.slice(slow).every((count) => count === 0)).toBe(true);

    await bench.zones.a.mode('slow');
    await Promise.all([1, 2, 3].map((index) => bench.get(`/${index}`)));
    await sleep(250);
    expect(latencyOf('a').slice(slow)).toEqual([3, ...Array(last - slow).fill(0)]);

    await bench.zones.a.kill();
    const waiting = bench.post('waiting');
    await sleep(300);
    await bench.zones.a.restart();
    expect(await waiting).toMatchObject({ status: 200, zone: 'a' });
    await sleep(250);
    const again = bench.plane.traffic().find(({ zone }) => zone === 'a');
    expect(again?.answered, 'a probe found it back, and then the write went there').toBeGreaterThan(1);
    expect(again?.latency.reduce((sum, count) => sum + count)).toBe(1);
  });

  test('a large body is passed on whole, also after it was held', async () => {
    const body = Buffer.alloc(5_000_000, 'x');
    await bench.route(2, 'a', 'b', 'shut');
    const held = bench.post('big', { body });
    await sleep(300);
    expect(bench.plane.routeReports()[0]).toMatchObject({ epoch: 2, heldNow: 1, firstWriteAt: null });
    await bench.route(3, 'b');
    const answer = await held;
    expect(answer).toMatchObject({ status: 200, zone: 'b' });
    expect(JSON.parse(answer.body).bytes).toBe(5_000_000);
    await sleep(250);
    expect(bench.plane.routeReports()[0]).toMatchObject({ epoch: 3, heldNow: 0, firstWriteAt: expect.any(Number) });
  });

  test('the log tells what became of every request', async () => {
    await bench.get('/seen', { headers: { 'x-request-id': 'first' } });
    await bench.zones.a.mode('hang');
    const lost = bench.post('lost', { headers: { 'x-request-id': 'lost' } });
    await sleep(300);
    await bench.route(2, 'b');
    expect(await lost).toMatchObject({ status: 502 });
    await sleep(400);
    const log = new Map(bench.accessLog().map((entry) => [entry.id, entry]));
    expect(log.get('first')).toMatchObject({ method: 'GET', uri: '/seen', status: 200, site: 'shop', outcome: 'ok' });
    expect(log.get('lost')).toMatchObject({ method: 'POST', status: 502, epoch: 1, outcome: 'unknown' });
    expect(Number(log.get('lost')?.bytesSent)).toBeGreaterThan(0);
    expect(log.get('lost')?.upstream).toBe(bench.zones.a.address);
  });

  test('a WebSocket is passed through', async () => {
    expect(await upgrade(bench.config.listen)).toBe('a hello');
  });
});

describe('holding', () => {
  afterEach(() => bench.close());

  test('what waits longer than the limit gets 503, as does one more than may wait', async () => {
    bench = await startBench({
      change: (config) => {
        config.workers = 1;
        config.hold = { limitMs: 2_000, most: 3, releasePer10Ms: 20 };
      },
    });
    await bench.route(1, 'a', null, 'shut');
    const held = [1, 2, 3].map((index) => bench.post(`w${index}`, { headers: { accept: 'application/json' } }));
    await sleep(200);
    const fourth = await bench.post('w4');
    expect(fourth).toMatchObject({ status: 503 });
    expect(fourth.tookMs).toBeLessThan(1_500);
    expect(fourth.headers).toMatchObject({ 'retry-after': '2', 'x-holdfast-outcome': 'full' });
    expect(fourth.headers['content-type']).toContain('text/html');
    const answers = await Promise.all(held);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(JSON.parse(answers[0]!.body)).toMatchObject({ error: 'busy' });
    expect(answers.every(({ tookMs }) => tookMs > 1_900 && tookMs < 10_000)).toBe(true);
    expect(bench.executed().size).toBe(0);
    expect((await bench.get()).status).toBe(200);
  });

  test('a request whose limit runs out in the middle of a switch waits on', async () => {
    bench = await startBench({
      change: (config) => {
        config.hold.limitMs = 600;
      },
    });
    await bench.route(1, 'a', null, 'shut');
    const held = bench.post('patient');
    await sleep(400);
    await bench.route(2, 'b', null, 'shut');
    await sleep(500);
    await bench.route(3, 'b');
    expect(await held).toMatchObject({ status: 200, zone: 'b' });
  });

  test('2,000 held writes are released at a pace, each carried out once (I9)', async () => {
    bench = await startBench({
      change: (config) => {
        config.hold.releasePer10Ms = 5;
      },
    });
    await bench.route(1, 'a', null, 'shut');
    const held = Array.from({ length: 2_000 }, (_, index) => bench.post(`w${index}`, { timeoutMs: 60_000 }));
    await until('all are held', () => (bench.plane.routeReports()[0]?.heldNow ?? 0) === 2_000, 10_000);
    const began = performance.now();
    await bench.route(2, 'b');
    const answers = await Promise.all(held);
    const tookMs = performance.now() - began;
    expect(answers.filter(({ status }) => status !== 200).length).toBe(0);
    // 2 workers × 5 every 10 ms: two seconds at the earliest.
    expect(tookMs).toBeGreaterThan(1_800);
    expect([...bench.executed().values()].every((zones) => zones.length === 1)).toBe(true);
    expect(bench.executed().size).toBe(2_000);
  });

  test('a client that goes away while it is held leaves nothing behind, and its write is not carried out', async () => {
    bench = await startBench();
    await bench.route(1, 'a', null, 'shut');
    const gone = bench.post('gone', { timeoutMs: 300 });
    const stays = bench.post('stays');
    await gone;
    await until('it is forgotten', () => (bench.plane.routeReports()[0]?.heldNow ?? 0) === 1);
    await bench.route(2, 'b');
    expect((await stays).status).toBe(200);
    expect([...bench.executed().keys()]).toEqual(['POST stays']);
  });
});

describe('surviving', () => {
  beforeEach(async () => {
    bench = await startBench();
    await bench.route(5, 'a', 'b');
  });
  afterEach(() => bench.close());

  test('a restarted edge process adopts the nginx that went on serving', async () => {
    const gets = steady(100, () => bench.get());
    const posts = steady(30, (index) => bench.post(`w${index}`));
    const before = nginxPid();
    await sleep(200);
    const plane = await bench.reopen();
    expect(plane.found).toBe('adopted');
    expect(nginxPid()).toBe(before);
    expect(plane.routes().get('shop')).toEqual(bench.row(5, 'a', 'b'));
    await bench.route(4, 'c');
    await sleep(200);
    const answers = [...(await gets.stop()), ...(await posts.stop())];
    expect(answers.filter(({ status, zone }) => status !== 200 || zone !== 'a')).toEqual([]);
    await bench.route(6, 'b');
    expect((await bench.get()).zone).toBe('b');
  });

  test('a changed configuration is taken over without losing a request, held or not', async () => {
    await bench.route(6, 'a', 'b', 'shut');
    const held = bench.post('held');
    const gets = steady(100, () => bench.get('/', { agent: undefined }));
    await sleep(200);
    const plane = await bench.reopen({ workers: 1 });
    expect(plane.found).toBe('reloaded');
    await sleep(300);
    await bench.route(7, 'b');
    expect(await held).toMatchObject({ status: 200, zone: 'b' });
    expect((await gets.stop()).filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('an nginx that was killed, workers and all or only the master, comes back with its routes', async () => {
    for (const which of ['master', 'all'] as const) {
      const pids = which === 'master' ? [nginxPid()] : [nginxPid(), ...workerPids()];
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await until('nginx is back', async () => nginxPid() !== pids[0] && (await bench.get()).zone === 'a');
    }
    await bench.route(6, 'c');
    expect((await bench.get()).zone).toBe('c');
  });

  test('edge and nginx both gone and nobody to ask: the kept routes are served, and none older is taken (I5, I10)', async () => {
    for (const pid of [nginxPid(), ...workerPids()]) process.kill(pid, 'SIGKILL');
    const plane = await bench.reopen();
    expect(plane.found).toBe('started');
    expect((await bench.get()).zone).toBe('a');
    await bench.route(4, 'b');
    expect((await bench.get()).zone).toBe('a');
  });

  test('a stalled worker is noticed and replaced', async () => {
    const [stalled] = workerPids();
    process.kill(stalled!, 'SIGSTOP');
    await until('it is replaced', () => !workerPids().includes(stalled!) && workerPids().length === 2, 8_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.get()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  test('all workers stalled likewise', async () => {
    const before = workerPids();
    for (const pid of before) process.kill(pid, 'SIGSTOP');
    await until('all are replaced', () => workerPids().filter((pid) => !before.includes(pid)).length === 2, 8_000);
    expect((await bench.get()).status).toBe(200);
  });
});

/** Counts by latency of a zone's copy since the last look. */
function latencyOf(zone: string): number[] {
  return bench.plane.traffic().find((seen) => seen.zone === zone)?.latency ?? [];
}

function nginxPid(): number {
  return Number(readFileSync(`${bench.config.stateDir}/nginx.pid`, { encoding: 'utf8', flag: 'a+' }));
}

function workerPids(): number[] {
  const pid = nginxPid();
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

async function steadyFor(ms: number, perSecond: number, send: (index: number) => Promise<Answer>): Promise<Answer[]> {
  const running = steady(perSecond, send);
  await sleep(ms);
  return running.stop();
}

function upgrade(address: string): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, headers: { host: HOST, connection: 'Upgrade', upgrade: 'echo' } });
    request.on('error', reject);
    request.on('upgrade', (_, socket, head) => {
      let text = String(head);
      socket.on('data', (chunk: Buffer) => {
        text += chunk;
        if (!text.endsWith('hello')) return;
        resolve(text);
        socket.destroy();
      });
      socket.write('hello');
    });
    request.end();
  });
}
