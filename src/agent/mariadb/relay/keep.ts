/**
 * Keeps what a follower had received when its server ended. With GTIDs a server throws its relay logs away before it connects, also
 * what it had acknowledged and not applied; so they are linked aside before it is started, and applied afterwards (replay.ts).
 */
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bootId } from '../../../platform/processes.ts';
import { exists, readJson, syncFolder, writeDurably } from '../files.ts';
import type { Paths } from '../options.ts';

/** The replication connection over which the kept logs are applied; it has no source and never connects. */
export const KEPT = 'kept';

export interface Kept {
  /** File names in the folder, in order. */
  files: string[];
  /** Why what is here may be less than what was acknowledged; null: it cannot be. */
  doubt: string | null;
  /** Inode of the data directory that they belong to: another one has nothing to do with them. */
  data: number;
}

/** Does nothing when some are kept already: the server has not connected since. Call only while nothing writes the relay logs. */
export async function keepReceived(paths: Paths): Promise<void> {
  await clearAttempt(paths);
  if ((await readKept(paths)) !== null) return;
  const files = await relayLogs(paths);
  if (files === null) return;
  const partial = `${paths.received}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  for (const [index, file] of files.entries()) {
    const to = join(partial, basename(file));
    // The newest is still written to by the server that starts.
    if (index === files.length - 1) await copyFile(file, to);
    else await link(file, to).catch(() => copyFile(file, to));
  }
  const kept: Kept = {
    files: files.map((file) => basename(file)),
    doubt: await doubtOf(paths),
    data: (await stat(paths.data)).ino,
  };
  await writeDurably(join(partial, 'kept.json'), JSON.stringify(kept));
  await syncFolder(partial);
  await rename(partial, paths.received);
  await syncFolder(paths.run);
}

/** Null: none are kept. Those of an earlier data directory are removed: that one was set aside or built anew. */
export async function readKept(paths: Paths): Promise<Kept | null> {
  const kept = await readJson<Kept>(join(paths.received, 'kept.json'));
  if (kept === null) return null;
  const data = await stat(paths.data).catch(() => null);
  if (data === null || data.ino === kept.data) return kept;
  await forgetKept(paths);
  return null;
}

/** All of it is applied. */
export async function forgetKept(paths: Paths): Promise<void> {
  await rm(paths.received, { recursive: true, force: true });
}

/** Removes what an unfinished replay left in the data directory; its server must not run, or must have forgotten the connection. */
export async function clearAttempt(paths: Paths): Promise<void> {
  const names: string[] = await readdir(paths.data).catch(() => []);
  const own = names.filter((name) => name.startsWith(`relay-${KEPT}.`) || /^(master|relay-log)-kept\.info$/.test(name));
  for (const name of own) await rm(join(paths.data, name), { force: true });
  const list = join(paths.data, 'multi-master.info');
  if (names.includes('multi-master.info') && (await readFile(list, 'utf8')).split('\n').includes(KEPT)) await rm(list);
}

/** Absolute paths, oldest first; null: this copy follows nobody. */
async function relayLogs(paths: Paths): Promise<string[] | null> {
  if (!(await exists(join(paths.data, 'master.info')))) return null;
  const index = await readFile(join(paths.data, 'relay.index'), 'utf8').catch(() => '');
  const named = index.split('\n').filter((line) => line !== '');
  const there = new Set(await readdir(paths.data));
  // The server removes a file before the line that names it.
  const files = named.map((line) => basename(line)).filter((name) => there.has(name));
  return files.length === 0 ? null : files.map((name) => join(paths.data, name));
}

/**
 * A server that is killed leaves all that it had handed to the system. A machine that ends may lose the newest of it: the relay log
 * is not synced before an acknowledgement (docs/reference/mariadb.md says what that would cost).
 */
async function doubtOf(paths: Paths): Promise<string | null> {
  const before = await readJson<{ boot?: string }>(paths.process);
  if (before?.boot === bootId()) return null;
  return 'the machine was started anew since: the newest that was received may not have reached its disk';
}
