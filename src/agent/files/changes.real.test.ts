/** One agent tells, another hears: over their real server, with the cluster's key. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock as clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { sealedGet } from '../sealed.ts';
import { startServer } from '../server.ts';
import { type Changes, createChanges, MOST_LISTENERS } from './changes.ts';
import { createHearing, type Followed, type Hearing } from './hearing.ts';
import { CHANGES_PATH } from './module.ts';

const LIMIT = { timeout: 10_000, interval: 20 };
const log = createLog('test', {}, 'silent');
let root: string;
let address: string;
let changes: Changes;
let hearing: Hearing;
let server: { stop(): Promise<void> };
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-changes-'));
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(probe.address() as net.AddressInfo).port}`;
  await new Promise((resolve) => probe.close(resolve));
  changes = createChanges({ clock, log, most: 100 });
  hearing = createHearing({ clock, log, clusterKey: 'key' });
  server = await start();
});
afterEach(async () => {
  hearing.stop();
  changes.stop();
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

const start = () =>
  startServer({
    listen: address,
    zone: 'a',
    clusterKey: 'key',
    log,
    databaseOf: () => null,
    serveChanges: (to) => changes.serve(to),
  });

function watchOne(module: string): { write(): void; end(): void } {
  const folder = join(root, module);
  mkdirSync(folder);
  return { write: () => writeFileSync(join(folder, 'photo'), 'x'), end: changes.watch(module, folder) };
}

const stateOf = (followed: Followed) => {
  const news = followed.news();
  return 'state' in news ? news.state : null;
};

test('a change is another state, for those who follow that folder alone', async () => {
  const one = watchOne('one');
  watchOne('two');
  let woken = 0;
  const first = hearing.follow(address, 'one', () => {
    woken += 1;
  });
  const second = hearing.follow(address, 'two', () => {});
  await vi.waitFor(() => expect([stateOf(first), stateOf(second)]).not.toContain(null), LIMIT);
  await clock.sleep(500);
  const [before, other] = [stateOf(first), stateOf(second)];
  const wokenBefore = woken;
  one.write();
  await vi.waitFor(() => expect(stateOf(first)).not.toBe(before), LIMIT);
  expect(woken).toBeGreaterThan(wokenBefore);
  expect(stateOf(second)).toBe(other);
  one.end();
  await vi.waitFor(() => expect(stateOf(first)).toBeNull(), LIMIT);
  expect(stateOf(second)).toBe(other);
});

test('the agent is not reached for a while: silent, and afterwards nothing has changed if nothing has', async () => {
  const one = watchOne('one');
  const followed = hearing.follow(address, 'one', () => {});
  await vi.waitFor(() => expect(stateOf(followed)).not.toBeNull(), LIMIT);
  await clock.sleep(500);
  const before = stateOf(followed);
  const stoppedAt = clock.mono();
  await server.stop();
  await vi.waitFor(() => expect(stateOf(followed)).toBeNull(), LIMIT);
  expect((followed.news() as { silentSince: number }).silentSince).toBeGreaterThanOrEqual(stoppedAt);
  server = await start();
  await vi.waitFor(() => expect(stateOf(followed)).toBe(before), LIMIT);
  await server.stop();
  await vi.waitFor(() => expect(stateOf(followed)).toBeNull(), LIMIT);
  one.write();
  await clock.sleep(500);
  server = await start();
  await vi.waitFor(() => expect([null, before]).not.toContain(stateOf(followed)), LIMIT);
});

test('an agent that was started anew tells no state that it told before', async () => {
  watchOne('one');
  const followed = hearing.follow(address, 'one', () => {});
  await vi.waitFor(() => expect(stateOf(followed)).not.toBeNull(), LIMIT);
  const before = stateOf(followed);
  changes.stop();
  await vi.waitFor(() => expect(stateOf(followed)).toBeNull(), LIMIT);
  changes = createChanges({ clock, log, most: 100 });
  changes.watch('one', join(root, 'one'));
  await vi.waitFor(() => expect(stateOf(followed)).not.toBeNull(), LIMIT);
  expect(stateOf(followed)).not.toBe(before);
});

test('thousands of folders are all told of', async () => {
  for (let folder = 0; folder < 3_000; folder += 1)
    changes.watch(`absent-${folder}`, join(root, 'absent', String(folder)));
  watchOne('last');
  const followed = hearing.follow(address, 'last', () => {});
  await vi.waitFor(() => expect(stateOf(followed)).not.toBeNull(), LIMIT);
});

test('no more listeners than may be, one connection for all who follow, and it is given back', async () => {
  const leave = new AbortController();
  const ask = (): Promise<http.IncomingMessage> =>
    sealedGet({ clusterKey: 'key', address, path: CHANGES_PATH, signal: leave.signal });
  const followed = Array.from({ length: 50 }, (_, module) => hearing.follow(address, `m${module}`, () => {}));
  watchOne('m0');
  await vi.waitFor(() => expect(stateOf(followed[0]!)).not.toBeNull(), LIMIT);
  const listening: http.IncomingMessage[] = [];
  for (let listener = 1; listener < MOST_LISTENERS; listener += 1) {
    const response = await ask();
    response.on('error', () => {});
    listening.push(response);
  }
  expect(listening.every(({ statusCode }) => statusCode === 200)).toBe(true);
  const refused = await ask();
  expect(refused.statusCode).toBe(503);
  refused.resume();
  for (const one of followed) one.end();
  await vi.waitFor(async () => {
    const response = await ask();
    response.on('error', () => {});
    response.resume();
    expect(response.statusCode).toBe(200);
  }, LIMIT);
  leave.abort();
});

test('without the key nothing is told', async () => {
  const call = { address, path: CHANGES_PATH, signal: new AbortController().signal };
  await expect(sealedGet({ ...call, clusterKey: 'guessed' })).rejects.toThrow();
});
