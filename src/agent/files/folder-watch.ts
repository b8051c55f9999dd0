/**
 * Watches a folder and every folder below it (inotify through `fs.watch`), and calls when something in there may have changed.
 * The recursive `fs.watch` of Node puts a watch on every file on Linux, chokidar likewise, and hundreds of thousands of uploads
 * have no need of it: a watch on a folder tells of its files. So this keeps one for each folder. What inotify cannot tell (its queue
 * was full, a folder above was moved) is found when all of it is looked through again.
 */
import { type FSWatcher, type Stats, watch } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Turnstile } from '../turnstile.ts';
import type { FolderBudget } from './folder-budget.ts';

export interface FolderWatchOptions {
  clock: Clock;
  /** Absolute. It may not be there yet. */
  root: string;
  budget: FolderBudget;
  /** All of this host's go through it, so that hundreds of sites leave threads and time for what cannot wait. */
  walks: Turnstile;
  /** Something in it changed, or may have. Called often. */
  changed(): void;
  /** From now on every folder in it is watched (null), or none is, and why: then it is tried again by itself. */
  watching(trouble: FolderWatchTrouble | null): void;
  /** Replaced in tests. */
  open?: typeof watch | undefined;
}

export interface FolderWatchTrouble {
  /** False: the folder is just not there yet. */
  worthTelling: boolean;
  sentence: string;
}

export interface FolderWatch {
  stop(): void;
}

const ABSENT_RETRY_MS = 2_000;
const FIRST_RETRY_MS = 5_000;
const MOST_RETRY_MS = 10 * 60_000;
const LOOK_THROUGH_EVERY_MS = 10 * 60_000;
const MOST_IN_ONE = 20_000;
/** More spots than this to look at: all of it is looked through instead. */
const MOST_SPOTS = 10_000;

interface Folder {
  path: string;
  parent: Folder | null;
  identity: string;
  watcher: FSWatcher;
  inside: Map<string, Folder>;
  closed: boolean;
}

/** Something that may be a folder now, or no longer. */
interface Spot {
  path: string;
  parent: Folder | null;
  /** Also when it is the folder that is watched already, all in it is looked at. */
  through: boolean;
}

export function watchFolder(options: FolderWatchOptions): FolderWatch {
  const { clock, root, budget, walks, changed, watching, open = watch } = options;
  const spots = new Map<string, Spot>();
  let top: Folder | null = null;
  let whole = false;
  let looking = false;
  /** A folder has come to be watched since `changed` was last called for that. */
  let grown = false;
  const ended = new AbortController();
  let failures = 0;
  let cancelRetry = () => {};

  const forget = (folder: Folder) => {
    if (folder.closed) return;
    folder.closed = true;
    folder.watcher.close();
    budget.giveBack();
    for (const inner of folder.inside.values()) forget(inner);
    folder.inside.clear();
    if (folder === top) top = null;
    else if (folder.parent?.inside.get(basename(folder.path)) === folder)
      folder.parent.inside.delete(basename(folder.path));
  };

  const giveUp = (trouble: FolderWatchTrouble, retryMs: number) => {
    spots.clear();
    if (top !== null) forget(top);
    if (ended.signal.aborted) return;
    whole = false;
    cancelRetry();
    cancelRetry = clock.after(retryMs, () => lookAt({ path: root, parent: null, through: false }));
    watching(trouble);
  };

  const fail = (error: unknown) => {
    failures += 1;
    const sentence = error instanceof Error ? error.message : String(error);
    giveUp({ worthTelling: true, sentence }, Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10)));
  };

  const lookAt = (spot: Spot) => {
    if (ended.signal.aborted) return;
    if (spots.size >= MOST_SPOTS) {
      spots.clear();
      spots.set(root, { path: root, parent: null, through: true });
    } else {
      spots.set(spot.path, { ...spot, through: spot.through || (spots.get(spot.path)?.through ?? false) });
    }
    void lookAtAll();
  };

  const lookAtAll = async () => {
    if (looking) return;
    looking = true;
    const pass = await walks.enter(ended.signal);
    try {
      for (let spot = takeSpot(); spot !== null && !ended.signal.aborted; spot = takeSpot()) await look(spot);
    } catch (error) {
      fail(error);
    } finally {
      looking = false;
      pass?.();
    }
    if (ended.signal.aborted || top === null) return;
    if (!whole) {
      whole = true;
      failures = 0;
      watching(null);
    }
    // What was put into a folder before it was watched was told by nobody.
    if (grown) changed();
    grown = false;
  };

  const takeSpot = (): Spot | null => {
    for (const spot of spots.values()) {
      spots.delete(spot.path);
      return spot;
    }
    return null;
  };

  /** Throws what stands against watching any further. */
  const look = async ({ path, parent, through }: Spot): Promise<void> => {
    const found = await folderAt(path, parent === null);
    if (ended.signal.aborted || parent?.closed) return;
    const known = parent === null ? top : (parent.inside.get(basename(path)) ?? null);
    if (known !== null && found !== null && known.identity === identityOf(found)) {
      if (through) await lookThrough(known);
      return;
    }
    if (known !== null) forget(known);
    const folder = found === null ? null : begin(path, parent, identityOf(found));
    if (folder !== null) {
      grown = true;
      await lookThrough(folder);
    } else if (parent === null) {
      giveUp({ worthTelling: false, sentence: `${path} is not there` }, ABSENT_RETRY_MS);
    }
  };

  const begin = (path: string, parent: Folder | null, identity: string): Folder | null => {
    if (!budget.take()) throw new Error('too many folders to watch on this host');
    let watcher: FSWatcher;
    try {
      watcher = open(path, { persistent: false });
    } catch (error) {
      budget.giveBack();
      if (isGone(error)) return null;
      throw error;
    }
    const folder: Folder = { path, parent, identity, watcher, inside: new Map(), closed: false };
    watcher.on('change', (event, name) => hear(folder, event, name === null ? null : String(name)));
    watcher.on('error', fail);
    if (parent === null) top = folder;
    else parent.inside.set(basename(path), folder);
    return folder;
  };

  const hear = (folder: Folder, event: string, name: string | null) => {
    if (folder.closed) return;
    changed();
    if (event !== 'rename') return;
    if (name === null) return lookAt({ path: folder.path, parent: folder.parent, through: true });
    lookAt({ path: join(folder.path, name), parent: folder, through: false });
    // So is told that the folder itself was moved or removed: its watch is of no use at its old place.
    if (name !== basename(folder.path)) return;
    forget(folder);
    lookAt({ path: folder.path, parent: folder.parent, through: false });
  };

  const lookThrough = async (folder: Folder): Promise<void> => {
    const names = new Set(folder.inside.keys());
    for (const name of await foldersIn(folder.path)) names.add(name);
    for (const name of names) await look({ path: join(folder.path, name), parent: folder, through: true });
  };

  lookAt({ path: root, parent: null, through: false });
  const stopLooking = clock.every(LOOK_THROUGH_EVERY_MS, () => {
    if (top !== null) lookAt({ path: root, parent: null, through: true });
  });
  return {
    stop() {
      ended.abort();
      stopLooking();
      cancelRetry();
      spots.clear();
      if (top !== null) forget(top);
    },
  };
}

/** Null: no folder, or a link to one, which a pull leaves out as well; the topmost one may be a link. */
async function folderAt(path: string, followLink: boolean): Promise<Stats | null> {
  try {
    const found = await (followLink ? stat(path) : lstat(path));
    return found.isDirectory() ? found : null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Inode numbers are given out again at once, so the time at which it was made belongs to it. */
function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino} ${birthtimeMs}`;
}

/** Names of the folders in it. One at a time is read, however many files are in there. */
async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (entry.isDirectory()) names.push(entry.name);
      if (names.length > MOST_IN_ONE) throw new Error(`too many folders in ${path}`);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return names;
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
