/** Operating-system users by name: databases and applications run as users of their own, never as root. */
import { readFileSync } from 'node:fs';

export interface UserIds {
  uid: number;
  gid: number;
  home: string;
}

/**
 * The ids to run a child process as; null when this process is not root and can only be itself.
 * Throws when the user does not exist.
 */
export function userIds(name: string): UserIds | null {
  if (process.getuid?.() !== 0) return null;
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid, , home] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid), home: home || '/' };
  }
  throw new Error(`there is no operating-system user "${name}"`);
}
