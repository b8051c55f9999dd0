/** A disk of its own for one zone's copies, so that it can be full without filling this machine's: a file, mounted as a file system. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, runQuietly } from './run.ts';

const FILLER = 'filler';
const BY_HAND_KB = 4_096;

/** Makes an ext4 file system of `sizeMb` in the file `image` (sparse: it takes what is written) and mounts it at `folder`. */
export async function mountDisk(folder: string, image: string, sizeMb: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  await run('truncate', ['-s', `${sizeMb}M`, image]);
  // No blocks kept back for root: what is full is full for everybody.
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', image], {
    limitMs: 30_000,
  });
  await run('mount', ['-o', 'loop', image, folder]);
}

/** Takes all of the disk's room. */
export async function fillDisk(folder: string): Promise<void> {
  const filler = join(folder, FILLER);
  const free = (await run('df', ['--output=avail', '-k', folder])).trim().split('\n').at(-1);
  // The bulk in a moment; what the file system needs for itself and what others take meanwhile leaves a rest to be written.
  const bulkKb = Number(free) - BY_HAND_KB;
  if (bulkKb > 0) await runQuietly('fallocate', ['-l', `${bulkKb}K`, filler]);
  await runQuietly('dd', ['if=/dev/zero', `of=${filler}`, 'oflag=append', 'conv=notrunc', 'bs=4k', 'status=none']);
}

export function freeDisk(folder: string): void {
  rmSync(join(folder, FILLER), { force: true });
}

/** Unmounts every disk below a folder; their processes must have ended. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) {
    if (!(await runQuietly('umount', [point]))) await runQuietly('umount', ['-l', point]);
  }
}
