/** Keeps nginx's log files bounded: a file over its size is renamed to `.1`, replacing the one before. */
import { renameSync, statSync } from 'node:fs';

/** Answers whether anything was renamed; nginx then has to open its files anew. */
export function rotateLogs(files: string[], mostBytes: number): boolean {
  const full = files.filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > mostBytes);
  for (const file of full) renameSync(file, `${file}.1`);
  return full.length > 0;
}
