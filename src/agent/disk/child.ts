/**
 * A process of its own that writes and syncs 4 KB twice a second on one file system and tells how it went. A write that hangs can
 * be waited for by nobody else: in the agent it would take a thread of its pool away for good, and even a thread of its own would
 * keep the agent's sockets open after its end, so that the next agent could not listen. It writes as the database's user, so that
 * it meets the very limits that the database meets: the blocks kept for root, and the user's quota.
 *
 *   child.ts FOLDER EVERY_MS [UID GID]     one line before each write, `B FREE TOTAL`, and one after it, `E MS FREE TOTAL CODE`
 */
import { fchownSync, fdatasyncSync, ftruncateSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';

const OUTPUT = 1;
const BLOCK = Buffer.alloc(4096, 'holdfast ');

const [folder = '', everyMs = '', uid, gid] = process.argv.slice(2);
const file = openNameless(join(folder, `.disk-probe-${process.pid}`));
becomeUser();
// The agent's end closes our input, however it ended.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0));
process.stdin.resume();
round();
systemClock.every(Number(everyMs), round);

/** Its name is gone at once, so that nothing is left behind and no two of us meet. */
function openNameless(path: string): number {
  const opened = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return opened;
}

function becomeUser(): void {
  if (uid === undefined || gid === undefined) return;
  fchownSync(file, Number(uid), Number(gid));
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}

function round(): void {
  tell(`B ${room()}`);
  const startedAt = systemClock.mono();
  const code = writeAnew();
  tell(`E ${(systemClock.mono() - startedAt).toFixed(1)} ${room()} ${code}`);
}

/** Room has to be found anew each time: writing over what is there already succeeds on a full disk too. */
function writeAnew(): string {
  try {
    ftruncateSync(file, 0);
    writeSync(file, BLOCK, 0, BLOCK.length, 0);
    fdatasyncSync(file);
    return 'ok';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Bytes free for others than root, and in all. */
function room(): string {
  const { bavail, blocks, bsize } = statfsSync(`/proc/self/fd/${file}`);
  return `${bavail * bsize} ${blocks * bsize}`;
}

function tell(line: string): void {
  try {
    writeSync(OUTPUT, `${line}\n`);
  } catch {
    process.exit(0);
  }
}
