import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createManualClock } from '../platform/manual-clock.ts';
import { createProber, type Prober } from './prober.ts';

const EVERY_MS = 100;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(handler: http.RequestListener, port = 0) {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  closers.push(close);
  return { server, close, port: (server.address() as AddressInfo).port };
}

const healthy: http.RequestListener = (_, response) => {
  response.end(JSON.stringify({ zone: 'a', program: 'agent' }));
};

function start(...ports: number[]) {
  const clock = createManualClock();
  const targets = () => [{ zone: 'a', addresses: ports.map((port) => `127.0.0.1:${port}`) }];
  const prober = createProber({ clock, targets, everyMs: EVERY_MS, timeoutMs: 400 });
  closers.push(() => prober.stop());
  return { clock, prober, zone: () => prober.probes()[0]! };
}

/** Real sockets need real turns of the event loop; the manual clock stands still meanwhile. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return;
    await new Promise(setImmediate);
  }
  throw new Error(`never came true: ${what}`);
}

const answered = (prober: Prober) => () => prober.probes()[0]!.answeredAgoMs !== null;

test('an answer sets the age to nothing, and silence lets it grow into a timeout', async () => {
  let silent = false;
  const { port } = await listen((request, response) => {
    if (!silent) healthy(request, response as never);
  });
  const { clock, prober, zone } = start(port);
  await until('first answer', answered(prober));
  expect(zone()).toMatchObject({ zone: 'a', answeredAgoMs: 0, failure: null });
  silent = true;
  await clock.advance(300);
  expect(zone()).toMatchObject({ answeredAgoMs: 300, failure: null });
  await clock.advance(300);
  expect(zone()).toMatchObject({ answeredAgoMs: 600, failure: 'timeout' });
});

test('a refused connection is told from silence, and one answering target is enough', async () => {
  const dead = await listen(healthy);
  await dead.close();
  const alone = start(dead.port);
  await until('refusal', () => alone.zone().failure === 'refused');
  expect(alone.zone().answeredAgoMs).toBeNull();

  const alive = await listen(healthy);
  const both = start(dead.port, alive.port);
  await until('answer', answered(both.prober));
  expect(both.zone().failure).toBeNull();
});

test('another zone answering under this address is a bad answer', async () => {
  const { port } = await listen((_, response) => response.end('{"zone":"b","program":"agent"}'));
  const { zone } = start(port);
  await until('bad answer', () => zone().failure === 'bad-answer');
});

test('a kept connection that a restart closed is asked again at once on a fresh one', async () => {
  const failures: unknown[] = [];
  let answers = 0;
  const first = await listen((request, response) => {
    answers += 1;
    // The second request comes on the kept connection, which dies under it as when its program is restarted.
    if (answers === 2) request.socket.resetAndDestroy();
    else healthy(request, response as never);
  });
  const { clock, prober, zone } = start(first.port);
  await until('first answer', answered(prober));
  // The connection is given back to its pool one turn after the answer.
  await new Promise(setImmediate);
  await clock.advance(EVERY_MS);
  await until('answer after the reset', () => {
    failures.push(zone().failure);
    return answers === 3 && zone().answeredAgoMs === 0;
  });
  expect(failures.filter((failure) => failure !== null)).toEqual([]);
});

test('what ended lately is counted with what of it failed, over all targets and in listening time', async () => {
  const alive = await listen(healthy);
  const dead = await listen(healthy);
  await dead.close();
  const { clock, zone } = start(alive.port, dead.port);
  const ended = (count: number) => until(`${count} ended`, () => zone().ended === count);
  await ended(2);
  for (let turn = 1; turn <= 9; turn++) {
    await clock.advance(EVERY_MS);
    await ended(2 * (turn + 1));
  }
  expect(zone()).toMatchObject({ ended: 20, failed: 10, failure: null });
  // Nobody listened meanwhile: what was counted before is not older than that.
  clock.stall(3_600_000);
  expect(zone().ended).toBe(20);
  await clock.advance(0);
  for (let turn = 0; turn < 100; turn++) {
    await clock.advance(EVERY_MS);
    await until('both probes of this turn', () => zone().answeredAgoMs === 0);
  }
  expect(zone().ended, 'three seconds of two targets').toBeLessThanOrEqual(60);
  expect(zone().ended).toBeGreaterThanOrEqual(56);
});

test('trouble of our own is neither an end nor a failure', async () => {
  const clock = createManualClock();
  // No such name: it fails here, and nothing is sent.
  const targets = () => [{ zone: 'a', addresses: ['no name:80'] }];
  const prober = createProber({ clock, targets, everyMs: EVERY_MS, timeoutMs: 400 });
  closers.push(() => prober.stop());
  for (let turn = 0; turn < 3; turn++) {
    for (let wait = 0; wait < 2_000; wait++) await new Promise(setImmediate);
    await clock.advance(EVERY_MS);
  }
  expect(prober.probes()).toMatchObject([{ ended: 0, failed: 0, failure: null }]);
});

test('a pause of this process is not taken for silence of the zone', async () => {
  let silent = false;
  const { port } = await listen((request, response) => {
    if (!silent) healthy(request, response as never);
  });
  const { clock, prober, zone } = start(port);
  await until('first answer', answered(prober));
  silent = true;
  await clock.advance(100);
  clock.stall(60_000);
  expect(zone().answeredAgoMs).toBeLessThanOrEqual(300);
  await clock.advance(0);
  expect(zone()).toMatchObject({ failure: null });
  expect(zone().answeredAgoMs).toBeLessThanOrEqual(300);
  await clock.advance(500);
  expect(zone().failure).toBe('timeout');
  expect(zone().answeredAgoMs).toBeGreaterThanOrEqual(600);
});

test('unanswered probes are limited in number', async () => {
  let asked = 0;
  const { port } = await listen(() => {
    asked += 1;
  });
  const clock = createManualClock();
  const targets = () => [{ zone: 'a', addresses: [`127.0.0.1:${port}`] }];
  const prober = createProber({ clock, targets, everyMs: EVERY_MS, timeoutMs: 60_000 });
  closers.push(() => prober.stop());
  await clock.advance(3_000);
  await until('ten asked', () => asked === 10);
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
  expect(asked).toBe(10);
});
