/**
 * Brings what is being written onto the disk bit by bit: a gigabyte left to the kernel is written out at once some time later, and every
 * commit on that disk waits behind it.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Flusher {
  /** So much more was written into the folder; resolves at once, or as soon as no more than a few pieces are unwritten. */
  wrote(bytes: number): Promise<void> | null;
  /** Everything in the folder is on the disk. */
  finish(): Promise<void>;
}

const PIECE_BYTES = 16 * 1024 * 1024;
const MOST_PIECES_BEHIND = 3;
const AT_ONCE = 8;

export function createFlusher(folder: string): Flusher {
  let unwritten = 0;
  let flushing: Promise<void> | null = null;
  const flushed = new Map<string, number>();

  const flush = async () => {
    for (const path of await filesIn(folder)) {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      // Small files are many and cost little at the end.
      if (size - (flushed.get(path) ?? 0) < PIECE_BYTES / 4) continue;
      await syncFile(path);
      flushed.set(path, size);
    }
  };

  return {
    wrote(bytes) {
      unwritten += bytes;
      if (unwritten >= PIECE_BYTES && flushing === null) {
        unwritten = 0;
        flushing = flush()
          .catch(() => {})
          .finally(() => {
            flushing = null;
          });
      }
      return unwritten > MOST_PIECES_BEHIND * PIECE_BYTES ? flushing : null;
    },
    async finish() {
      await flushing;
      const files = await filesIn(folder);
      const next = files.values();
      const work = async () => {
        for (const path of next) await syncFile(path);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
  };
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Files and folders: a folder's entries have to be on the disk too. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() || entry.isDirectory());
  return [...paths.map((entry) => join(entry.parentPath, entry.name)), folder];
}
