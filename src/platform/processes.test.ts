import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identityOf, isRunning, killOrphans, signalGroup, startDetached } from './processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-processes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PATH = process.env.PATH ?? '/usr/bin:/bin';
const spec = (command: string[]) => ({
  command,
  environment: { PATH },
  cwd: '/',
  user: null,
  logFile: join(folder, 'log'),
});

test('a process is recognised by its start time, not by its number alone', async () => {
  const { identity, exited } = await startDetached(spec(['sleep', '60']));
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, startTicks: '1' })).toBe(false);
  expect(isRunning({ ...identity, bootId: 'another' })).toBe(false);
  expect(signalGroup({ ...identity, startTicks: '1' }, 'SIGKILL')).toBe(false);
  expect(isRunning(identity)).toBe(true);
  expect(signalGroup(identity, 'SIGKILL')).toBe(true);
  expect(await exited).toBeNull();
  expect(isRunning(identity)).toBe(false);
});

test('output goes to a log that only its owner can read, and the exit status is known', async () => {
  const { exited } = await startDetached(spec(['sh', '-c', 'echo said; exit 3']));
  expect(await exited).toBe(3);
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('said\n');
  expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o600);
});

test('what a dead leader left behind in its group is ended', async () => {
  const { identity, exited } = await startDetached(spec(['sh', '-c', 'sleep 60 & echo $!; exit 0']));
  await exited;
  const child = Number(readFileSync(join(folder, 'log'), 'utf8'));
  expect(identityOf(child)).not.toBeNull();
  expect(killOrphans(identity)).toBe(true);
  for (let turn = 0; turn < 10_000 && identityOf(child) !== null; turn++) await new Promise(setImmediate);
  expect(identityOf(child)).toBeNull();
});

test('a program that is not there is told at once', async () => {
  await expect(startDetached(spec(['/no/such/program']))).rejects.toThrow('ENOENT');
});
