/** A secret from a file of its own, which nobody else on the host may read. Read anew each time, so that it can be exchanged. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

const LONGEST = 4_096;

/** Without the white space around it. @throws Error that says what is wrong, and never what it holds */
export function readSecret(file: string): string {
  let handle: number | null = null;
  try {
    handle = openSync(file, 'r');
    const { mode, size } = fstatSync(handle);
    if ((mode & 0o077) !== 0) throw new Error(`others can read it: chmod 600 ${file}`);
    if (size > LONGEST) throw new Error(`it is larger than ${LONGEST} bytes`);
    const secret = readFileSync(handle, 'utf8').trim();
    if (secret === '') throw new Error('it is empty');
    return secret;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`the secret in ${file} cannot be used: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
