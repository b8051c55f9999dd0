/** Starts the process that writes on one file system, and reads what it tells. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { UserIds } from '../../platform/users.ts';

export interface DiskRoom {
  /** For others than root. */
  freeBytes: number;
  totalBytes: number;
}

export interface DiskProbeEvents {
  /** A write begins now. */
  began(room: DiskRoom): void;
  /** It came back: `code` is `ok` or the error's name (`ENOSPC`). */
  ended(room: DiskRoom, tookMs: number, code: string): void;
  /** No more will come. Called at most once, and not after `stop`. */
  gone(why: string): void;
}

/** Begins to write beside `folder`'s files; throws when that cannot be begun at all. */
export type StartDiskProbe = (folder: string, events: DiskProbeEvents) => { stop(): void };

const CHILD = new URL('./child.ts', import.meta.url).pathname;
const WRITE_EVERY_MS = 500;
const MOST_TROUBLE = 300;

/** `user`: whom the database runs as; null when this process is not root. Asked at every start; may throw. */
export function diskProbe(user: () => UserIds | null): StartDiskProbe {
  return (folder, events) => {
    const ids = user();
    const args = [CHILD, folder, String(WRITE_EVERY_MS), ...(ids === null ? [] : [String(ids.uid), String(ids.gid)])];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: {}, cwd: '/' });
    let stopped = false;
    let trouble = '';
    const gone = (why: string) => {
      if (!stopped) events.gone(why);
      stopped = true;
    };
    child.stderr.on('data', (text) => {
      trouble = `${trouble}${text}`.slice(0, MOST_TROUBLE);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!stopped) readLine(line, events);
    });
    child.stdin.on('error', () => {});
    child.on('error', (error) => gone(error.message));
    child.on('close', (status, signal) => gone(`ended with ${signal ?? status}: ${trouble.trim()}`));
    // It ends with us, and must not keep us.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref();
    return {
      stop() {
        stopped = true;
        child.kill('SIGKILL');
      },
    };
  };
}

function readLine(line: string, events: DiskProbeEvents): void {
  const [word, ...fields] = line.split(' ');
  const number = (at: number) => Number(fields[at]);
  if (word === 'B') events.began({ freeBytes: number(0), totalBytes: number(1) });
  else if (word === 'E') {
    events.ended({ freeBytes: number(1), totalBytes: number(2) }, number(0), fields[3] ?? 'unknown');
  }
}
