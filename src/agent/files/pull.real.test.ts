import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
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

function fetch(changes: { overwrite?: boolean; clusterKey?: string; folder?: string } = {}): Promise<boolean> {
  return pull({
    clock: systemClock,
    agent,
    clusterKey: changes.clusterKey ?? 'key',
    module: moduleName('shop', changes.folder ?? 'uploads'),
    target: join(root, 'target'),
    overwrite: changes.overwrite ?? true,
    kept: join(root, 'kept', 'uploads'),
    user,
    signal: new AbortController().signal,
  });
}

const source = (name: string) => join(root, 'source', name);
const target = (name: string) => join(root, 'target', name);

test('files are mirrored, never deleted, and what is overwritten is kept (I13)', async () => {
  mkdirSync(source('2026'), { mode: 0o755 });
  writeFileSync(source('2026/photo'), 'first');
  chmodSync(source('2026/photo'), 0o644);
  expect(await fetch()).toBe(true);
  expect(readFileSync(target('2026/photo'), 'utf8')).toBe('first');
  if (user !== null) expect(statSync(target('2026/photo')).uid).toBe(user.uid);

  writeFileSync(target('only-here'), 'mine');
  writeFileSync(source('2026/photo'), 'second');
  utimesSync(source('2026/photo'), 2_000_000_000, 2_000_000_000);
  expect(await fetch({ overwrite: false })).toBe(true);
  expect(readFileSync(target('2026/photo'), 'utf8'), 'what is here stays').toBe('first');
  expect(await fetch()).toBe(true);
  expect(readFileSync(target('2026/photo'), 'utf8')).toBe('second');
  expect(readFileSync(target('only-here'), 'utf8')).toBe('mine');
  expect(readFileSync(join(root, 'kept', 'uploads', '2026', 'photo'), 'utf8')).toBe('first');
});

test('nobody without the key gets anything, and nothing else is to be had', async () => {
  expect(await fetch()).toBe(true);
  expect(await fetch({ clusterKey: 'guessed' })).toBe(false);
  expect(await fetch({ folder: '..' })).toBe(false);
});
