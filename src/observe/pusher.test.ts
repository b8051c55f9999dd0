import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Report } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { createPusher } from './pusher.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function controller(autoPong = true) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/observe', autoPong });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const seen = {
    connections: 0,
    keys: [] as (string | undefined)[],
    sequences: [] as number[],
    sockets: [] as WebSocket[],
  };
  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    seen.connections += 1;
    seen.keys.push(request.headers.authorization);
    seen.sockets.push(socket);
    socket.on('message', (data) => seen.sequences.push(JSON.parse(String(data)).sequence));
  });
  closers.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { seen, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function start(controllers: () => string[]) {
  const clock = createManualClock();
  let computed = 0;
  const report = (): Report => ({
    kind: 'agent',
    zone: 'a',
    incarnation: 'one',
    sequence: ++computed,
    probes: [],
    copies: [],
    room: null,
  });
  const log = createLog('test', {}, 'silent');
  const pusher = createPusher({ clock, log, controllers, clusterKey: 'k', everyMs: 100, report });
  closers.push(() => pusher.stop());
  return { clock, pusher, computed: () => computed };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return;
    await new Promise(setImmediate);
  }
  throw new Error(`never came true: ${what}`);
}

const turns = async (many = 100) => {
  for (let turn = 0; turn < many; turn++) await new Promise(setImmediate);
};

test('one report a turn is computed once and reaches every controller, with the key', async () => {
  const [one, two] = [await controller(), await controller()];
  const { clock, computed } = start(() => [one.address, two.address]);
  await until('both connected', () => one.seen.connections + two.seen.connections === 2);
  await turns();
  for (let turn = 0; turn < 3; turn++) await clock.advance(100);
  await until('three each', () => one.seen.sequences.length === 3 && two.seen.sequences.length === 3);
  expect(one.seen.sequences).toEqual([1, 2, 3]);
  expect(two.seen.sequences).toEqual([1, 2, 3]);
  expect(computed()).toBe(3);
  expect(one.seen.keys).toEqual(['Bearer k']);
});

test('a closed connection is opened again after the pause', async () => {
  const one = await controller();
  const { clock } = start(() => [one.address]);
  await until('connected', () => one.seen.connections === 1);
  one.seen.sockets[0]!.terminate();
  await turns();
  await clock.advance(200);
  await turns();
  expect(one.seen.connections).toBe(1);
  await clock.advance(100);
  await until('again', () => one.seen.connections === 2);
});

test('a controller that answers no ping is dropped and tried again', async () => {
  const mute = await controller(false);
  const { clock } = start(() => [mute.address]);
  await until('connected', () => mute.seen.connections === 1);
  await turns();
  await clock.advance(1_000);
  await turns();
  expect(mute.seen.connections).toBe(1);
  await clock.advance(1_000);
  await turns();
  await clock.advance(300);
  await until('again', () => mute.seen.connections === 2);
});

test('a controller that is no longer listed is let go, a new one is found', async () => {
  const [one, two] = [await controller(), await controller()];
  let listed = [one.address];
  const { clock } = start(() => listed);
  await until('connected', () => one.seen.connections === 1);
  listed = [two.address];
  await clock.advance(100);
  await until('moved', () => two.seen.connections === 1);
  const before = one.seen.sequences.length;
  await turns();
  await clock.advance(100);
  await until('told', () => two.seen.sequences.length > 0);
  expect(one.seen.sequences.length).toBe(before);
});

test('news goes out at once, and no sooner than 20 ms after the report before it', async () => {
  const one = await controller();
  const { clock, pusher, computed } = start(() => [one.address]);
  await until('connected', () => one.seen.connections === 1);
  await turns();
  await clock.advance(100);
  expect(computed()).toBe(1);
  await clock.advance(40);
  pusher.soon();
  pusher.soon();
  await clock.advance(1);
  expect(computed()).toBe(2);
  pusher.soon();
  await clock.advance(18);
  expect(computed()).toBe(2);
  await clock.advance(2);
  expect(computed()).toBe(3);
  await clock.advance(39);
  expect(computed(), 'the usual one, at its usual time').toBe(4);
  await until('all of them arrived', () => one.seen.sequences.length === 4);
});
