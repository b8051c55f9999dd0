/** The last words of a command, from the log that it wrote to. */
import { open, stat } from 'node:fs/promises';

const MOST_BYTES = 4_096;
const MOST_CHARACTERS = 200;

/** Where the log ends now; 0 when there is none. */
export async function endOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last line with anything in it after byte `from`, shortened, with `secrets` left out; empty when there is none. */
export async function lastLine(file: string, from: number, secrets: string[]): Promise<string> {
  const text = await readEnd(file, from).catch(() => '');
  const lines = text.split('\n').map((line) => line.replace(/[^\P{C}\t]/gu, '').trim());
  const line = lines.findLast((one) => one !== '') ?? '';
  const clean = secrets.filter((secret) => secret !== '').reduce((rest, secret) => rest.replaceAll(secret, '…'), line);
  return clean.length <= MOST_CHARACTERS ? clean : `${clean.slice(0, MOST_CHARACTERS)}…`;
}

async function readEnd(file: string, begin: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    // A log that was bounded meanwhile is shorter than it was.
    const from = Math.max(size < begin ? 0 : begin, size - MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
