/** Reads the cluster's shared key, and refuses one that others on the host could have read. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { HoldfastError } from '../errors.ts';
import { reasonOf } from './load.ts';

const SHORTEST_KEY = 16;
const LONGEST_FILE = 4_096;

/**
 * The key without the white space around it.
 * @throws HoldfastError `key-file-unreadable`, `key-file-open` (with the chmod to run) or `key-file-empty`
 */
export function readClusterKey(file: string): string {
  const { mode, text } = readPrivately(file);
  if ((mode & 0o077) !== 0) {
    throw new HoldfastError('key-file-open', { file, mode: (mode & 0o777).toString(8).padStart(4, '0') });
  }
  const key = text.trim();
  if (key.length < SHORTEST_KEY) {
    const why = key === '' ? 'it is empty' : `a key has at least ${SHORTEST_KEY} characters`;
    throw new HoldfastError('key-file-empty', { file, why });
  }
  return key;
}

/** Mode and content of the same file, even if its name is given to another one meanwhile. */
function readPrivately(file: string): { mode: number; text: string } {
  let handle: number | null = null;
  try {
    handle = openSync(file, 'r');
    const { mode, size } = fstatSync(handle);
    if (size > LONGEST_FILE) throw new Error(`it is larger than ${LONGEST_FILE} bytes`);
    return { mode, text: readFileSync(handle, 'utf8') };
  } catch (error) {
    throw new HoldfastError('key-file-unreadable', { file, why: reasonOf(error) }, [], error);
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
