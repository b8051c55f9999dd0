import net from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import type { Database } from './mariadb/goal.ts';
import { startServer } from './server.ts';

let server: { stop(): Promise<void> } | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts the server; `backup` is what the only copy, `shop`, streams. Returns how to ask it. */
async function start(backup: (signal: AbortSignal) => Promise<NodeJS.ReadableStream>) {
  const listen = `127.0.0.1:${await freePort()}`;
  const database = { backup, dataBytes: async () => 4711 } as Partial<Database> as Database;
  const databaseOf = (site: string) => (site === 'shop' ? database : null);
  const log = createLog('test', {}, 'silent');
  server = await startServer({ listen, zone: 'a', clusterKey: 'right', log, databaseOf });
  return (path: string, key = 'right', signal?: AbortSignal) =>
    fetch(`http://${listen}${path}`, { headers: { authorization: `Bearer ${key}` }, signal });
}

test('health is for everybody, and names the zone', async () => {
  const ask = await start(async () => Readable.from(['x']));
  const answer = await ask('/health', 'none');
  expect(await answer.json()).toEqual({ zone: 'a', program: 'agent' });
});

test('a backup is for those who have the key, and says how large the data is', async () => {
  const ask = await start(async () => Readable.from(['some', 'bytes']));
  expect((await ask('/copies/shop/backup', 'wrong')).status).toBe(401);
  expect((await ask('/copies/other/backup')).status).toBe(404);
  expect((await ask('/copies/..%2Fshop/backup')).status).toBe(404);
  const answer = await ask('/copies/shop/backup');
  expect(answer.headers.get('x-holdfast-data-bytes')).toBe('4711');
  expect(await answer.text()).toBe('somebytes');
});

test('a backup that breaks off does not look like a whole one', async () => {
  const ask = await start(async () =>
    Readable.from(
      (async function* () {
        yield 'half';
        await new Promise(setImmediate);
        throw new Error('the server went away');
      })(),
    ),
  );
  const answer = await ask('/copies/shop/backup');
  await expect(answer.text()).rejects.toThrow();
});

test('the stream is ended when the receiver goes, and the next may come', async () => {
  const signals: AbortSignal[] = [];
  const ask = await start(async (signal) => {
    signals.push(signal);
    const stream = new Readable({ read() {} });
    stream.push('start');
    signal.addEventListener('abort', () => stream.destroy());
    return stream;
  });
  const leave = new AbortController();
  await ask('/copies/shop/backup', 'right', leave.signal);
  expect((await ask('/copies/shop/backup')).status, 'one at a time').toBe(503);
  leave.abort();
  for (let turn = 0; turn < 5_000 && !signals[0]!.aborted; turn++) await new Promise(setImmediate);
  expect(signals[0]!.aborted).toBe(true);
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  const second = new AbortController();
  expect((await ask('/copies/shop/backup', 'right', second.signal)).status).toBe(200);
  second.abort();
});
