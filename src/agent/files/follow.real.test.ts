/** Visitors' files of a live copy appear in the standby's folder: real folders, real agents' servers, real rsync. */
import {
  chmodSync,
  chownSync,
  existsSync,
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
} from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstPlacement, type Placement, type ZoneRecord } from '../../model/index.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import { startServer } from '../server.ts';
import { createChanges } from './changes.ts';
import { createHostFiles, type HostFiles } from './host.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { moduleName } from './module.ts';
import { NET_MS } from './pace.ts';
import { type PullOptions, pull } from './pull.ts';
import { createFileServer } from './server.ts';

const user = userIds('www-data');
const log = createLog('test', {}, 'silent');
const MODULE = moduleName('shop', 'uploads');
const placement: Placement = { ...firstPlacement('shop', 'a', 0), epoch: 5, standby: 'b', initialised: true };
/** An order of magnitude above what it takes, and far below the minute after which it would come without having been told. */
const AT_ONCE_MS = 2_000;
const LIMIT_MS = 30_000;

let root: string;
let address: string;
let here: HostFiles;
let there: HostFiles;
let mirrors: Record<'a' | 'b', Mirror>;
let stops: (() => void | Promise<void>)[];
let watchers: FSWatcher[];
let refuse: boolean;
/** In the order in which they began; `endedAt` null: under way. */
let pulls: { startedAt: number; endedAt: number | null; well: boolean; why?: string }[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-follow-'));
  chmodSync(root, 0o755);
  for (const zone of ['a', 'b']) {
    mkdirSync(join(root, zone));
    mkdirSync(join(root, zone, 'app'));
    if (user !== null)
      for (const folder of [zone, join(zone, 'app')]) chownSync(join(root, folder), user.uid, user.gid);
  }
  address = `127.0.0.1:${await freePort()}`;
  watchers = [];
  refuse = false;
  pulls = [];
  here = createHostFiles({ clock, log, clusterKey: 'key' });
  here.changes = createChanges({ clock, log, open });
  there = createHostFiles({ clock, log, clusterKey: 'key' });
  mirrors = { a: mirrorIn('a', here), b: mirrorIn('b', there) };
  stops = [mirrors.a.stop, mirrors.b.stop, here.stop, () => here.changes.stop(), there.stop];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

const open = ((path: string, options: object) => {
  if (refuse) throw Object.assign(new Error('ENOSPC: no more of them'), { code: 'ENOSPC' });
  const watcher = watch(path, options);
  watchers.push(watcher);
  return watcher;
}) as typeof watch;

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function mirrorIn(zone: string, host: HostFiles): Mirror {
  const fetch = async (options: PullOptions) => {
    const one: (typeof pulls)[number] = { startedAt: clock.mono(), endedAt: null, well: false };
    pulls.push(one);
    const why = await pull(options);
    one.well = why === null;
    one.endedAt = clock.mono();
    if (why !== null) one.why = why;
    return why;
  };
  return createMirror({ clock, log, zone, clusterKey: 'key', user, folder: join(root, zone), host, fetch });
}

async function serve(changes = true): Promise<void> {
  const config = { stateDir: join(root, 'state'), applicationUser: 'www-data' };
  const shared = () => [{ site: 'shop', folder: 'uploads', path: upload() }];
  const files = createFileServer({ config, log, shared });
  const server = await startServer({
    listen: address,
    zone: 'a',
    clusterKey: 'key',
    log,
    databaseOf: () => null,
    serveFiles: files.serve,
    ...(changes ? { serveChanges: (response) => here.changes.serve(response) } : {}),
  });
  stops.push(files.stop, server.stop);
}

function pursue(): void {
  const zones = new Map([['a', { zone: 'a', agent: address } as ZoneRecord]]);
  for (const zone of ['a', 'b'] as const) {
    const plan = { appFolder: join(root, zone, 'app'), files: ['uploads'] } as ApplicationPlan;
    mirrors[zone].pursue(plan, placement, zones);
  }
}

const upload = (...path: string[]) => join(root, 'a', 'app', 'uploads', ...path);
const copied = (...path: string[]) => join(root, 'b', 'app', 'uploads', ...path);
const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);

async function until(what: string, holds: () => boolean, limitMs = LIMIT_MS): Promise<void> {
  const deadline = clock.mono() + limitMs;
  while (!holds()) {
    if (clock.mono() > deadline) throw new Error(`never came true: ${what}\n${JSON.stringify(pulls)}`);
    await clock.sleep(5);
  }
}

/** Everything is as it will be until somebody uploads something. */
async function begin(): Promise<void> {
  mkdirSync(upload(), { recursive: true });
  await serve();
  pursue();
  const followed = there.hearing.follow(address, MODULE, () => {});
  stops.push(followed.end);
  await until('told', () => 'state' in followed.news());
  await quiet();
}

async function quiet(): Promise<void> {
  for (let count = -1; count !== pulls.length || pulls.at(-1)?.endedAt === null; ) {
    count = pulls.length;
    await clock.sleep(1_000);
  }
  expect(pulls.at(-1)?.well).toBe(true);
}

const neverTwo = () => pulls.every(({ startedAt }, index) => index === 0 || pulls[index - 1]!.endedAt! <= startedAt);

test('an upload into new folders is there at once', async () => {
  expect(AT_ONCE_MS * 10).toBeLessThan(NET_MS);
  await begin();
  const before = pulls.length;
  await mkdir(upload('2026', '11'), { recursive: true });
  await writeFile(upload('2026', '11', 'photo'), 'pixels');
  await until('followed', () => textOf(copied('2026', '11', 'photo')) === 'pixels', AT_ONCE_MS);
  await quiet();
  await writeFile(upload('2026', '11', 'another'), 'pixels');
  await until('followed', () => textOf(copied('2026', '11', 'another')) === 'pixels', AT_ONCE_MS);
  await quiet();
  expect(pulls.length - before).toBeLessThanOrEqual(6);
});

test('a picture that is changed again and again, its size the same, is changed there too', async () => {
  await begin();
  for (let version = 10; version < 20; version += 1) {
    await writeFile(upload('photo'), `version ${version}`);
    await until('followed', () => textOf(copied('photo')) === `version ${version}`);
  }
});

test('five hundred files at once: all of them, in few pulls, never two at a time', async () => {
  await begin();
  const before = pulls.length;
  const names = Array.from({ length: 500 }, (_, file) => `file-${file}`);
  for (const name of names) await writeFile(upload(name), name);
  await until('followed', () => readdirSync(copied()).filter((name) => name.startsWith('file-')).length === 500);
  await quiet();
  for (const name of names) expect(textOf(copied(name))).toBe(name);
  expect(pulls.length - before).toBeLessThanOrEqual(20);
  expect(neverTwo()).toBe(true);
});

test('a file that is being written while it is pulled is whole in the end', async () => {
  await begin();
  const before = pulls.length;
  let whole = '';
  for (let part = 0; part < 60; part += 1) {
    const text = `${part} `.repeat(20_000);
    whole += text;
    await appendFile(upload('film'), text);
    await clock.sleep(25);
  }
  const during = pulls.length - before;
  await until('followed', () => textOf(copied('film')) === whole, 10_000);
  expect(during, 'it was pulled while it was written').toBeGreaterThan(0);
  expect(neverTwo()).toBe(true);
});

test('no folder can be watched: it comes by the periodic pull', async () => {
  mkdirSync(upload(), { recursive: true });
  refuse = true;
  await serve();
  pursue();
  await until('the first pull', () => pulls.at(-1)?.well === true);
  await writeFile(upload('photo'), 'pixels');
  await until('followed', () => textOf(copied('photo')) === 'pixels');
  await until('the pull is over', () => pulls.at(-1)?.well === true);
  const later = pulls.filter(({ well }) => well);
  expect(later[1]!.startedAt - later[0]!.endedAt!, 'not told of').toBeGreaterThan(4_000);
});

test('the watcher dies: the periodic pull goes on, and it is told again once the folder is watched again', async () => {
  await begin();
  const followed = there.hearing.follow(address, MODULE, () => {});
  stops.push(followed.end);
  refuse = true;
  watchers[0]!.emit('error', new Error('it died'));
  await until('silent', () => 'silentSince' in followed.news());
  await writeFile(upload('photo'), 'pixels');
  await until('followed', () => textOf(copied('photo')) === 'pixels');
  refuse = false;
  await until('told again', () => 'state' in followed.news());
  await quiet();
  await writeFile(upload('another'), 'pixels');
  await until('followed', () => textOf(copied('another')) === 'pixels', AT_ONCE_MS);
});

test('an agent that tells nobody of changes: it comes all the same', async () => {
  mkdirSync(upload(), { recursive: true });
  await serve(false);
  pursue();
  await until('the first pull', () => pulls.at(-1)?.well === true);
  await writeFile(upload('photo'), 'pixels');
  await until('followed', () => textOf(copied('photo')) === 'pixels');
});
