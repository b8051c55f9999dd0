/** Real disks, as small as they come: one that fills up, one that stands still. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DiskReport } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import { diskProbe } from './probe.ts';
import { createDiskWatch, type DiskWatch } from './watch.ts';

const LIMIT_MS = 10_000;

let folder: string;
let disk: string;
let watch: DiskWatch;
let report: () => DiskReport | null;
const undo: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-disk-'));
  disk = join(folder, 'disk');
  mkdirSync(disk);
  watch = createDiskWatch({
    clock: systemClock,
    log: createLog('agent', {}, process.env.HOLDFAST_LOG ?? 'silent'),
    start: diskProbe(() => userIds('mysql')),
  });
});
afterEach(async () => {
  watch.stop();
  // What was stuck ends only after its disk moves again, and holds the disk until then.
  for (const step of undo.splice(0).reverse()) await insist(step);
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' });
}

async function insist(step: () => void): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      return step();
    } catch (error) {
      if (turn === 50) throw error;
    }
    await systemClock.sleep(100);
  }
}

function mount(...args: string[]): void {
  run('mount', ...args, disk);
  undo.push(() => run('umount', disk));
}

/** An ext4 of 32 MB in a file. */
function mountImage(): void {
  const image = join(folder, 'image');
  writeFileSync(image, '');
  truncateSync(image, 32 * 1024 * 1024);
  run('mkfs.ext4', '-q', '-m', '10', image);
  mount('-o', 'loop', image);
}

async function until(what: string, holds: (seen: DiskReport) => boolean): Promise<DiskReport> {
  const deadline = systemClock.mono() + LIMIT_MS;
  for (;;) {
    const seen = report();
    if (seen !== null && holds(seen)) return seen;
    if (systemClock.mono() > deadline) throw new Error(`never came true: ${what}; last seen ${JSON.stringify(seen)}`);
    await systemClock.sleep(20);
  }
}

const well = (seen: DiskReport) => !seen.full && seen.stuckForMs === 0;

test('a disk that fills up is full, also for a while after there is room again; nothing is left on it', async () => {
  mount('-t', 'tmpfs', '-o', 'size=8m', 'none');
  report = watch.over(disk);
  const first = await until('well', well);
  expect(first).toMatchObject({ totalBytes: 8 * 1024 * 1024 });
  expect(readdirSync(disk)).toEqual([]);
  const file = join(disk, 'data');
  expect(() => writeFileSync(file, Buffer.alloc(9 * 1024 * 1024))).toThrow('ENOSPC');
  await until('full', ({ full }) => full);
  rmSync(file);
  const after = await until('room again', ({ freeBytes }) => freeBytes > first.freeBytes / 2);
  expect(after.full, 'a database may be waiting for a minute').toBe(true);
});

test('full is what is full for the database, though root could still write', async () => {
  mountImage();
  report = watch.over(disk);
  await until('well', well);
  const room = statfsSync(disk);
  // Into the blocks kept for root, not to their end.
  writeFileSync(join(disk, 'data'), Buffer.alloc((room.bavail + 100) * room.bsize));
  const seen = await until('full', ({ full }) => full);
  expect(seen.freeBytes).toBe(0);
  writeFileSync(join(disk, 'more'), Buffer.alloc(4096));
});

test('a disk that stands still is seen at once and for as long; the agent goes on, and ends without it', async () => {
  mountImage();
  report = watch.over(disk);
  await until('well', well);
  run('fsfreeze', '--freeze', disk);
  let frozen = true;
  const thaw = () => {
    if (frozen) run('fsfreeze', '--unfreeze', disk);
    frozen = false;
  };
  undo.push(thaw);
  const seen = await until('stuck for a second', ({ stuckForMs }) => stuckForMs > 1_000);
  expect(seen.full).toBe(false);
  thaw();
  await until('well again', well);

  run('fsfreeze', '--freeze', disk);
  frozen = true;
  await until('stuck again', ({ stuckForMs }) => stuckForMs > 0);
  // A file elsewhere is written meanwhile by the same process, which has only a few threads for that.
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((index) => writeFile(join(folder, `elsewhere-${index}`), 'text')));
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  watch.stop();
  await new Promise((resolve) => server.close(resolve));
  const next = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve, reject) => next.once('listening', resolve).once('error', reject));
  await new Promise((resolve) => next.close(resolve));
});
