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
import { agentConfig } from '../../config/programs.ts';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import * as launcher from '../../platform/processes.ts';
import { userIds } from '../../platform/users.ts';
import { mirrorPassword, moduleUrl } from './module.ts';
import { pull } from './pull.ts';
import { createFileServer } from './server.ts';

const user = userIds('www-data');
let root: string;
let server: { stop(): void };
let portBase: number;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-files-'));
  chmodSync(root, 0o755);
  for (const name of ['source', 'target', 'kept']) {
    mkdirSync(join(root, name));
    if (user !== null) chownSync(join(root, name), user.uid, user.gid);
  }
  portBase = (await freePort()) + 1;
  const config = agentConfig.parse({
    zone: 'a',
    listen: '127.0.0.1:1',
    address: '127.0.0.1',
    portBase,
    store: { endpoints: ['http://127.0.0.1:1'] },
    clusterKeyFile: '/none',
    stateDir: join(root, 'state'),
  });
  const shared = () => [{ site: 'shop', folder: 'uploads', path: join(root, 'source') }];
  const log = createLog('test', {}, 'silent');
  server = createFileServer({ config, clusterKey: 'key', clock: systemClock, log, launcher, shared });
});
afterEach(() => {
  server.stop();
  rmSync(root, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function fetch(changes: { overwrite?: boolean; password?: string; folder?: string } = {}): Promise<boolean> {
  const zone = { zone: 'a', agent: null, controller: null, host: '127.0.0.1', portBase };
  return pull({
    clock: systemClock,
    url: moduleUrl(zone, 'shop', changes.folder ?? 'uploads')!,
    target: join(root, 'target'),
    overwrite: changes.overwrite ?? true,
    kept: join(root, 'kept', 'uploads'),
    user,
    password: changes.password ?? mirrorPassword('key'),
    signal: new AbortController().signal,
  });
}

async function fetchWhenUp(): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await fetch()) return true;
    await systemClock.sleep(100);
  }
  return false;
}

const source = (name: string) => join(root, 'source', name);
const target = (name: string) => join(root, 'target', name);

test('files are mirrored, never deleted, and what is overwritten is kept (I13)', async () => {
  mkdirSync(source('2026'), { mode: 0o755 });
  writeFileSync(source('2026/photo'), 'first');
  chmodSync(source('2026/photo'), 0o644);
  expect(await fetchWhenUp()).toBe(true);
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
  expect(await fetchWhenUp()).toBe(true);
  expect(await fetch({ password: 'guessed' })).toBe(false);
  expect(await fetch({ folder: '..' })).toBe(false);
});
