/** Keeps a process's log file within a bound, also while the process goes on writing to it. */
import { copyFile, stat, truncate } from 'node:fs/promises';

/** With the older half beside it, a log takes at most twice this. */
export const MOST_LOG_BYTES = 8 * 1024 * 1024;

/** Copies a log that has grown too large to `FILE.1` and empties it. Writers append, so they simply go on at its start. */
export async function boundLog(file: string, mostBytes = MOST_LOG_BYTES): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= mostBytes) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}
