/** How many folders this host watches in all: each costs the kernel about a kilobyte, and there is a limit for the whole user. */
import { readFileSync } from 'node:fs';

export interface FolderBudget {
  /** False: there is none left. */
  take(): boolean;
  giveBack(): void;
}

const MOST_FOLDERS = 20_000;
const LIMIT_FILE = '/proc/sys/fs/inotify/max_user_watches';

export function createFolderBudget(most: number): FolderBudget {
  let taken = 0;
  return {
    take() {
      if (taken >= most) return false;
      taken += 1;
      return true;
    },
    giveBack() {
      taken -= 1;
    },
  };
}

/** Half of what inotify allows at most: other programs of this user watch folders too. */
export function mostFolders(limitFile = LIMIT_FILE): number {
  try {
    const limit = Number(readFileSync(limitFile, 'utf8'));
    return Number.isSafeInteger(limit) ? Math.min(MOST_FOLDERS, Math.floor(limit / 2)) : MOST_FOLDERS;
  } catch {
    return MOST_FOLDERS;
  }
}
