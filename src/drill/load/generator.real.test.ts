/** The generator against a real server whose failures are known: its counts and times are exact. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import type { LoadPlan } from './plan.ts';
import { startLoadThread } from './thread.ts';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: http.RequestListener): Promise<number> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function plan(port: number, difference: Partial<LoadPlan> = {}): LoadPlan {
  return {
    address: { host: '127.0.0.1', port },
    host: 'guestbook.test',
    get: { path: '/', headers: {}, body: null, accepted: [200] },
    write: {
      path: '/entries',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'id={{id}}',
      accepted: [201],
    },
    getsPerSecond: 100,
    writesPerSecond: 50,
    clients: 4,
    timeoutMs: 700,
    runId: 'r1',
    ...difference,
  };
}

/** The thread needs a moment to start; how long depends on the machine. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const limit = systemClock.mono() + 10_000; !(await reached()); await systemClock.sleep(20)) {
    if (systemClock.mono() > limit) throw new Error('not reached within 10 s');
  }
}

test('counts every answer, failure, cut connection and time-out, each id once', async () => {
  const got = new Map<string, number>();
  const connections = new Set<unknown>();
  let writes = 0;
  const expected = { status500: 0, cut: 0, hung: 0 };
  const port = await serve((request, response) => {
    connections.add(request.socket);
    if (request.method === 'GET') return response.setHeader('x-holdfast-outcome', 'retried').end('hello');
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const id = new URLSearchParams(body).get('id')!;
      got.set(id, (got.get(id) ?? 0) + 1);
      writes += 1;
      if (writes % 10 === 3) {
        expected.status500 += 1;
        return response.writeHead(500).end();
      }
      if (writes % 10 === 5) {
        expected.cut += 1;
        return request.socket.destroy();
      }
      if (writes % 10 === 7) {
        expected.hung += 1;
        return;
      }
      response.writeHead(201).end('kept');
    });
  });
  const load = startLoadThread(plan(port));
  await until(async () => (await load.count()).finished >= 130);
  const samples = await load.stop();
  const of = (kind: string) => samples.filter((sample) => sample.kind === kind);

  expect(of('get').length).toBeGreaterThan(80);
  expect(of('write').length).toBeGreaterThan(40);
  expect(of('get').every((sample) => sample.ok && sample.outcome === 'retried')).toBe(true);
  expect(of('write').filter((sample) => sample.status === 500).length).toBe(expected.status500);
  expect(of('write').filter((sample) => sample.error === 'ECONNRESET').length).toBe(expected.cut);
  const late = of('write').filter((sample) => sample.error === 'timeout');
  expect(late.length).toBe(expected.hung);
  expect(late.every((sample) => sample.finishedAt - sample.sentAt >= 690)).toBe(true);
  expect(new Set(of('write').map((sample) => sample.id))).toEqual(new Set(got.keys()));
  expect([...got.values()].every((count) => count === 1)).toBe(true);
  expect(of('write').filter((sample) => sample.ok).length).toBe(
    writes - expected.status500 - expected.cut - expected.hung,
  );
  // Kept connections: far fewer than requests.
  expect(connections.size).toBeLessThan(60);
});

test('goes on sending at its times while the server answers nothing', async () => {
  let open = 0;
  const port = await serve(() => {
    open += 1;
  });
  const load = startLoadThread(plan(port, { timeoutMs: 600 }));
  await until(async () => open >= 60);
  const samples = await load.stop();
  expect(open).toBe(samples.length);
  expect(samples.length).toBeGreaterThanOrEqual(60);
  expect(samples.every((sample) => sample.error === 'timeout' && !sample.ok && sample.status === 0)).toBe(true);
  const gets = samples.filter((sample) => sample.kind === 'get').map((sample) => sample.scheduledAt);
  const steps = gets.sort((x, y) => x - y).map((at, i) => at - (gets[i - 1] ?? at - 10));
  expect(steps.every((step) => Math.abs(step - 10) < 0.01)).toBe(true);
});

test('refused connections and answers cut in the middle are failures', async () => {
  const port = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    systemClock.after(20, () => response.destroy());
  });
  const load = startLoadThread(plan(port, { writesPerSecond: 0 }));
  await until(async () => (await load.count()).finished > 5);
  const samples = await load.stop();
  expect(samples.length).toBeGreaterThan(5);
  expect(samples.every((sample) => !sample.ok && sample.status === 0)).toBe(true);

  servers.pop()?.close();
  const refused = startLoadThread(plan(port, { writesPerSecond: 0 }));
  await until(async () => (await refused.count()).finished > 5);
  const none = await refused.stop();
  expect(none.length).toBeGreaterThan(5);
  expect(none.every((sample) => sample.error === 'ECONNREFUSED')).toBe(true);
});
