/** Small files that must be whole or absent whatever is killed when: written aside, synced, renamed, folder synced. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { userIds } from '../../platform/users.ts';

export interface Owner {
  uid: number;
  gid: number;
}

/** Replaces `path` durably with `text`, mode 0600. */
export async function writeDurably(path: string, text: string, owner?: Owner | null): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  if (owner) await chown(aside, owner.uid, owner.gid);
  await rename(aside, path);
  await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The parsed file, or null when there is none. A file that is no JSON throws: ours are never half-written. */
export async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** An empty folder that belongs to `owner`. */
export async function freshFolder(path: string, owner: Owner | null): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await ownedFolder(path, owner);
}

export async function ownedFolder(path: string, owner: Owner | null, mode = 0o750): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
  if (owner) await chown(path, owner.uid, owner.gid);
}

export async function chownTo(path: string, owner: Owner | null): Promise<void> {
  if (owner) await chown(path, owner.uid, owner.gid);
}

/** Who child processes run as and files belong to; null when this process is not root and cannot become anybody else. */
export function ownerOf(user: string): Owner | null {
  const ids = userIds(user);
  return ids === null ? null : { uid: ids.uid, gid: ids.gid };
}
