/** Small files that must be whole or not there at all, whatever dies while they are written. */
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes beside the target, syncs, and renames over it. `mode` holds from the first byte. */
export async function writeWhole(path: string, text: string, mode = 0o600): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.new`;
  rmSync(beside, { force: true });
  const file = await open(beside, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  renameSync(beside, path);
}

/** The parsed JSON of a file; null when it is not there, or is not JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
