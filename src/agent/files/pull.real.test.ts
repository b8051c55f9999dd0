import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import { startServer } from '../server.ts';
import { moduleName } from './module.ts';
import { pull } from './pull.ts';
import { createFileServer } from './server.ts';

const user = userIds('www-data');
let root: string;
let agent: string;
let stop: () => Promise<void>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-files-'));
  chmodSync(root, 0o755);
  for (const name of ['source', 'target', 'kept']) {
    mkdirSync(join(root, name));
    if (user !== null) chownSync(join(root, name), user.uid, user.gid);
  }
  agent = `127.0.0.1:${await freePort()}`;
  const config = { stateDir: join(root, 'state'), applicationUser: 'www-data' };
  const shared = () => [{ site: 'shop', folder: 'uploads', path: join(root, 'source') }];
  const log = createLog('test', {}, 'silent');
  const files = createFileServer({ config, log, shared });
  const face = { listen: agent, zone: 'a', clusterKey: 'key', log, databaseOf: () => null, serveFiles: files.serve };
  const server = await startServer(face);
  stop = async () => {
    files.stop();
    await server.stop();
  };
});
afterEach(async () => {
  await stop();
  rmSync(root, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function fetch(changes: { kept?: null; clusterKey?: string; folder?: string } = {}): Promise<string | null> {
  return pull({
    clock: systemClock,
    agent,
    clusterKey: changes.clusterKey ?? 'key',
    module: moduleName('shop', changes.folder ?? 'uploads'),
    target: join(root, 'target'),
    kept: changes.kept === null ? null : { first: kept('first'), newest: kept('newest') },
    user,
    signal: new AbortController().signal,
  });
}

/** Processes of the pull on this side. */
function pulling(): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.filter((pid) => {
    const command = commandOf(pid);
    return command[0] === 'rsync' && command.includes(`${join(root, 'target')}/`);
  });
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Bytes of what was fetched so far of a file that is not finished. */
function unfinished(): number {
  const name = readdirSync(join(root, 'target')).find((name) => name.startsWith('.'));
  return name === undefined ? 0 : statSync(target(name)).size;
}

const source = (name: string) => join(root, 'source', name);
const kept = (which: string, ...path: string[]) => join(root, 'kept', which, 'public/uploads', ...path);
const target = (name: string) => join(root, 'target', name);

test('files are mirrored, never deleted, and what is overwritten is kept (I13)', async () => {
  mkdirSync(source('2026'), { mode: 0o755 });
  writeFileSync(source('2026/photo'), 'first');
  chmodSync(source('2026/photo'), 0o644);
  expect(await fetch()).toBe(null);
  expect(readFileSync(target('2026/photo'), 'utf8')).toBe('first');
  if (user !== null) expect(statSync(target('2026/photo')).uid).toBe(user.uid);

  writeFileSync(target('only-here'), 'mine');
  writeFileSync(source('2026/photo'), 'second');
  utimesSync(source('2026/photo'), 2_000_000_000, 2_000_000_000);
  expect(await fetch({ kept: null })).toBe(null);
  expect(readFileSync(target('2026/photo'), 'utf8'), 'what is here stays').toBe('first');
  expect(await fetch()).toBe(null);
  expect(readFileSync(target('2026/photo'), 'utf8')).toBe('second');
  expect(readFileSync(target('only-here'), 'utf8')).toBe('mine');
  expect(readFileSync(kept('newest', '2026', 'photo'), 'utf8')).toBe('first');
});

test('what was here before the first pull is kept for good, whatever is overwritten later (I13)', async () => {
  writeFileSync(target('photo'), 'exists only here');
  writeFileSync(source('photo'), 'half of th');
  expect(await fetch()).toBe(null);
  writeFileSync(source('photo'), 'half of the upload');
  expect(await fetch()).toBe(null);
  writeFileSync(source('photo'), 'the upload');
  expect(await fetch()).toBe(null);
  expect(readFileSync(target('photo'), 'utf8')).toBe('the upload');
  expect(readFileSync(kept('first', 'photo'), 'utf8')).toBe('exists only here');
  expect(readFileSync(kept('newest', 'photo'), 'utf8')).toBe('half of the upload');
});

test('a file that is written twice in one second, its size the same, is pulled twice', async () => {
  writeFileSync(source('photo'), 'first');
  utimesSync(source('photo'), 1_700_000_000.1, 1_700_000_000.1);
  expect(await fetch()).toBe(null);
  writeFileSync(source('photo'), 'other');
  utimesSync(source('photo'), 1_700_000_000.9, 1_700_000_000.9);
  expect(await fetch()).toBe(null);
  expect(readFileSync(target('photo'), 'utf8')).toBe('other');
});

test('a host that writes slower than the other one sends gets all of it', async () => {
  const film = Buffer.alloc(64 * 2 ** 20, 'film');
  writeFileSync(source('film'), film);
  const pulled = fetch();
  while (unfinished() === 0) await systemClock.sleep(1);
  const writers = pulling();
  expect(writers.length).toBeGreaterThan(0);
  for (const pid of writers) process.kill(pid, 'SIGSTOP');
  try {
    // By then every buffer on the way is full.
    await systemClock.sleep(500);
    expect(unfinished(), 'it is under way').toBeGreaterThan(0);
  } finally {
    for (const pid of writers) process.kill(pid, 'SIGCONT');
  }
  expect(await pulled).toBe(null);
  expect(readFileSync(target('film')).equals(film)).toBe(true);
});

test('nobody without the key gets anything, and nothing else is to be had', async () => {
  expect(await fetch()).toBe(null);
  expect(await fetch({ clusterKey: 'guessed' })).toMatch(/handshake|decrypt|alert|binder/i);
  expect(await fetch({ folder: '..' })).toContain('Unknown module');
});
