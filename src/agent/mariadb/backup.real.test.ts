/** Both ends of a backup with programs that stand in for MariaDB's and end as they are told: nothing but the agents tells a part from the whole. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock as clock } from '../../platform/clock.ts';
import { streamBackup } from './backup.ts';
import { trailerOf } from './backup-wire.ts';
import { build } from './build.ts';
import type { BuildProgress, Context, ReplicaGoal } from './context.ts';
import { type DatabaseOptions, pathsOf } from './options.ts';

const usualPath = process.env.PATH;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'bin'));
  process.env.PATH = `${join(folder, 'bin')}:${usualPath}`;
});

afterEach(() => {
  process.env.PATH = usualPath;
  rmSync(folder, { recursive: true, force: true });
});

function pretend(program: string, script: string): void {
  writeFileSync(join(folder, 'bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function optionsOf(connection: PassThrough | null): DatabaseOptions {
  const backup = async () => ({ connection: connection!, totalBytes: null });
  return {
    folder: join(folder, 'copy'),
    osUser: 'mysql',
    secrets: { adminPassword: 'secret' },
    fetchBackup: backup,
    clock,
  } as unknown as DatabaseOptions;
}

/** Asks for a backup, and answers what arrived of it and how sending it ended. */
async function send(signal: AbortSignal) {
  mkdirSync(join(folder, 'copy'), { recursive: true });
  const backup = await streamBackup(optionsOf(null), signal);
  const sink = new PassThrough();
  const chunks: Buffer[] = [];
  sink.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
  const outcome = await backup.send(sink).catch((error: Error) => error.message);
  await backup.ended;
  return { outcome, got: String(Buffer.concat(chunks)) };
}

test('a backup is sent when its program ended well, and not when it failed, were it after the last byte', async () => {
  const never = new AbortController().signal;
  pretend('mariabackup', 'printf all');
  expect(await send(never)).toEqual({ outcome: 3, got: 'all' });
  pretend('mariabackup', 'printf all; exit 1');
  expect(await send(never)).toEqual({ outcome: 'mariabackup ended with 1', got: 'all' });
  pretend('mariabackup', 'printf all; kill -9 $$');
  expect(await send(never)).toEqual({ outcome: 'mariabackup ended with a signal', got: 'all' });
});

test('a program that is called off, or whose receiver goes, is ended', async () => {
  pretend('mariabackup', 'while :; do printf more; done');
  const stop = new AbortController();
  const sending = send(stop.signal);
  await clock.sleep(200);
  stop.abort();
  expect(typeof (await sending).outcome).toBe('string');

  const gone = new AbortController();
  const backup = await streamBackup(optionsOf(null), gone.signal);
  const sink = new PassThrough();
  const failed = expect(backup.send(sink)).rejects.toThrow('gone');
  sink.destroy();
  await failed;
  gone.abort();
  await backup.ended;
});

/** Makes a copy from what `bytes` are; null: it became one, else why not. */
async function make(bytes: Buffer): Promise<string | null> {
  const connection = new PassThrough();
  const options = optionsOf(connection);
  rmSync(options.folder, { recursive: true, force: true });
  mkdirSync(options.folder);
  const signal = new AbortController().signal;
  const setBuild = (_: BuildProgress | null) => {};
  const paths = pathsOf(options.folder);
  const context = { options, paths, clock, signal, setBuild, current: () => true, dataChanged: async () => {} };
  const goal = { role: 'spare', source: { zone: 'a' }, promotion: { epoch: 1 } };
  connection.end(bytes);
  return build(context as unknown as Context, goal as unknown as ReplicaGoal).then(
    () => null,
    (error: Error) => error.message,
  );
}

test('what broke off never becomes a copy, although the program that unpacks it ends well', async () => {
  pretend('mbstream', 'exec cat > "$3/unpacked"');
  pretend('mariabackup', 'exit 0');
  const all = Buffer.from('everything');
  const data = join(folder, 'copy', 'data');
  expect(await make(Buffer.concat([all, trailerOf(10)]))).toBeNull();
  expect(readFileSync(join(data, 'unpacked'), 'utf8')).toBe('everything');
  const parts = [all, all.subarray(0, 5), Buffer.concat([all, trailerOf(11)]), Buffer.alloc(0)];
  for (const part of parts) {
    expect(await make(part)).toContain('broke off');
    expect([existsSync(data), existsSync(`${data}.partial`)]).toEqual([false, false]);
  }
  pretend('mbstream', 'exit 0');
  expect(await make(Buffer.concat([Buffer.alloc(3_000_000), trailerOf(3_000_000)]))).toMatch(
    /EPIPE|before it was whole/,
  );
  expect(existsSync(data)).toBe(false);
});
