import http from 'node:http';
import net from 'node:net';
import { type Duplex, Readable, Writable } from 'node:stream';
import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import { type Backup, BackupRefused } from './mariadb/backup.ts';
import { BACKUP_PROTOCOL, carryBackup, takeBackup } from './mariadb/backup-wire.ts';
import { sealedConnection, sealedGet, sealedUpgrade } from './sealed.ts';
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

const BACKUP = '/copies/shop/backup?reign=7';
type Give = (signal: AbortSignal, reign: number) => Promise<Readable>;

/** Starts the server; `give` is what the only copy, `shop`, streams, and `wentWell` how its program ends. Returns how to ask it. */
async function start(give: Give, throttled = false, wentWell = Promise.resolve()) {
  const address = `127.0.0.1:${await freePort()}`;
  const backup = async (signal: AbortSignal, reign: number): Promise<Backup> => {
    const stream = await give(signal, reign);
    const send = async (sink: Writable) => {
      const bytes = await carryBackup(stream, sink, () => null);
      await wentWell;
      return bytes;
    };
    return { send, ended: Promise.resolve(), throttled: () => throttled };
  };
  const databaseOf = (site: string) => (site === 'shop' ? { backup, dataBytes: async () => 4711 } : null);
  const log = createLog('test', {}, 'silent');
  const serveFiles = (connection: NodeJS.ReadWriteStream) => connection.pipe(connection);
  server = await startServer({ listen: address, zone: 'a', clusterKey: 'right', log, databaseOf, serveFiles });
  const ask = (path: string, clusterKey = 'right', signal = new AbortController().signal) =>
    sealedGet({ clusterKey, address, path, signal });
  const askBackup = (path = BACKUP, clusterKey = 'right', signal = new AbortController().signal) =>
    sealedUpgrade({ clusterKey, address, path, signal }, BACKUP_PROTOCOL);
  /** The backup, when it is whole. */
  const fetchWhole = async () => takeText((await askBackup()).connection!);
  return { ask, askBackup, fetchWhole, address };
}

async function takeText(connection: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  await takeBackup(connection, sink, () => null, new AbortController().signal);
  return String(Buffer.concat(chunks));
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

test('health is for everybody, and names the zone; nothing else is to be had without the key', async () => {
  const { address, ask } = await start(async () => Readable.from(['x']));
  const health = await fetch(`http://${address}/health`);
  expect(await health.json()).toEqual({ zone: 'a', program: 'agent' });
  const bare = await fetch(`http://${address}${BACKUP}`, { headers: { authorization: 'Bearer right' } });
  expect(bare.status).toBe(404);
  expect((await ask('/health')).statusCode).toBe(200);
});

const bytesOf = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));

test('a backup is for those who have the key, and says how large the data is', async () => {
  const reigns: number[] = [];
  const { ask, askBackup } = await start(async (_signal, reign) => {
    reigns.push(reign);
    return bytesOf('some', 'bytes');
  });
  await expect(askBackup(BACKUP, 'wrong')).rejects.toThrow();
  for (const path of ['/copies/other/backup?reign=7', '/copies/..%2Fshop/backup?reign=7', '/copies/shop/backup']) {
    const { response, connection } = await askBackup(path);
    expect([path, response.statusCode, connection]).toEqual([path, 404, null]);
  }
  expect((await ask(BACKUP)).statusCode, 'not over a way that knows no trailer').toBe(404);
  const { response, connection } = await askBackup();
  expect(response.headers['x-holdfast-data-bytes']).toBe('4711');
  expect(await takeText(connection!)).toBe('somebytes');
  expect(reigns).toEqual([7]);
});

test('a backup of many pieces, some larger than any buffer, arrives as it was sent', async () => {
  const texts = [...'abcdefg'].map((letter, index) => letter.repeat(70_000 + index * 90_000));
  const { fetchWhole } = await start(async () => bytesOf(...texts));
  expect((await fetchWhole()) === texts.join('')).toBe(true);
});

test('a copy that is no good donor says why', async () => {
  const { askBackup } = await start(async () => {
    throw new BackupRefused('its server doesn’t answer');
  });
  const { response, connection } = await askBackup();
  expect([response.statusCode, connection]).toEqual([409, null]);
  expect(JSON.parse(await textOf(response))).toEqual({ error: 'not-now', why: 'its server doesn’t answer' });
});

test('a backup that breaks off does not look like a whole one', async () => {
  const { fetchWhole } = await start(async () =>
    Readable.from(
      (async function* () {
        yield Buffer.from('half');
        await new Promise(setImmediate);
        throw new Error('the server went away');
      })(),
    ),
  );
  await expect(fetchWhole()).rejects.toThrow();
});

test('nor does one whose program failed after its last byte', async () => {
  const failed = Promise.reject(new Error('mariabackup ended with 1'));
  failed.catch(() => {});
  const { fetchWhole } = await start(async () => bytesOf('all of it'), false, failed);
  await expect(fetchWhole()).rejects.toThrow();
});

test('the stream is ended when the receiver goes, and the next may come; meanwhile it tells whether it is held back', async () => {
  const signals: AbortSignal[] = [];
  const { ask, askBackup } = await start(async (signal) => {
    signals.push(signal);
    const stream = new Readable({ read() {} });
    stream.push('start');
    signal.addEventListener('abort', () => stream.destroy());
    return stream;
  }, true);
  const state = async () => JSON.parse(await textOf(await ask('/copies/shop/backup/state')));
  expect(await state()).toEqual({ throttled: false });
  const { connection: first } = await askBackup();
  expect((await askBackup()).response.statusCode, 'one at a time').toBe(503);
  expect(await state()).toEqual({ throttled: true });
  first!.destroy();
  for (let turn = 0; turn < 5_000 && !signals[0]!.aborted; turn++) await new Promise(setImmediate);
  expect(signals[0]!.aborted).toBe(true);
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  const { connection: next } = await askBackup();
  expect(next).not.toBeNull();
  next!.destroy();
});

test('visitors’ files go over a connection of their own, to those who have the key', async () => {
  const { address } = await start(async () => Readable.from(['x']));
  const { signal } = new AbortController();
  const call = { clusterKey: 'right', address, path: '/files', signal };
  const connection = await sealedConnection(call, 'rsync');
  connection.write('echo');
  const [echo] = await new Promise<Buffer[]>((resolve) => connection.once('data', (data) => resolve([data])));
  expect(String(echo)).toBe('echo');
  connection.destroy();
  await expect(sealedConnection({ ...call, clusterKey: 'wrong' }, 'rsync')).rejects.toThrow();
  await expect(sealedConnection({ ...call, path: '/other' }, 'rsync')).rejects.toThrow('HTTP 404');
  await expect(sealedConnection(call, 'other')).rejects.toThrow('HTTP 404');
});

test('who listens without the key gets no question, whatever certificate it shows', async () => {
  const heard: string[] = [];
  const { key, cert } = SELF_SIGNED;
  const impostors = [
    tls.createServer({ key, cert, minVersion: 'TLSv1.2' }, (socket) =>
      socket.on('data', (data) => heard.push(`${data}`)),
    ),
    http.createServer((request, response) => {
      heard.push(request.url ?? '');
      response.end('come in');
    }),
    tls.createServer(
      {
        ciphers: 'TLS_AES_128_GCM_SHA256',
        pskCallback: () => Buffer.alloc(32),
      },
      (socket) => socket.on('data', (data) => heard.push(`${data}`)),
    ),
  ];
  for (const impostor of impostors) {
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    impostor.on('tlsClientError', () => {});
    const address = `127.0.0.1:${(impostor.address() as net.AddressInfo).port}`;
    const { signal } = new AbortController();
    await expect(sealedGet({ clusterKey: 'right', address, path: BACKUP, signal })).rejects.toThrow();
    await new Promise((resolve) => impostor.close(resolve));
  }
  expect(heard).toEqual([]);
});

/** Of nobody: made for this test, valid until 2126. */
const SELF_SIGNED = {
  key: [
    '-----BEGIN PRIVATE KEY-----',
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvUmS2kuF57xj1HlS',
    'QxPoi7kgQNnMRSJ2sZfcmDgacVqhRANCAARCZL5idZWhyx4NTPslYPtfmKZ5DtdQ',
    'y/HqM4l8ZILxjFqgR+DYST5mwk8OaWFaw+qnv2qaErINdoHuPohZv46s',
    '-----END PRIVATE KEY-----',
  ].join('\n'),
  cert: [
    '-----BEGIN CERTIFICATE-----',
    'MIIBfzCCASWgAwIBAgIUTALvrvuRNAQiTeFvv0eSoa1roHIwCgYIKoZIzj0EAwIw',
    'FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAwMTMxOFoYDzIxMjYxMDMw',
    'MDAxMzE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
    'PQMBBwNCAARCZL5idZWhyx4NTPslYPtfmKZ5DtdQy/HqM4l8ZILxjFqgR+DYST5m',
    'wk8OaWFaw+qnv2qaErINdoHuPohZv46so1MwUTAdBgNVHQ4EFgQU6YiNWVaBwW5H',
    'yh1yJcOuy3XwIg4wHwYDVR0jBBgwFoAU6YiNWVaBwW5Hyh1yJcOuy3XwIg4wDwYD',
    'VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAt7v5lRcXjnWiyWiRAZ2Ik',
    'Bc+wyopxQik1nYEdXgYrEwIhAKZExCad7qXQ9DOYnFmVJT2eMzJuMFjdHnD7iWIQ',
    'wEYq',
    '-----END CERTIFICATE-----',
  ].join('\n'),
};
