/** Processes that outlive the program that started them, and are recognised again by the next one without ever mistaking another for them. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { UserIds } from './users.ts';

/** A process id is used again some day; together with its start time and the boot it is unique. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/PID/stat. */
  startTicks: string;
  bootId: string;
}

export interface DetachedSpec {
  command: string[];
  /** The whole environment. */
  environment: Record<string, string>;
  cwd: string;
  /** Null: as ourselves. */
  user: UserIds | null;
  /** Both output streams are appended here. Created with mode 0600. */
  logFile: string;
}

export interface StartedProcess {
  identity: ProcessIdentity;
  /** The exit status, or null when a signal ended it. Only known to the program that started it. */
  exited: Promise<number | null>;
}

/** Starts a process as the leader of a group of its own. Rejects when it cannot be started at all. */
export async function startDetached(spec: DetachedSpec): Promise<StartedProcess> {
  const [program, ...args] = spec.command;
  if (program === undefined) throw new Error('an empty command');
  const log = openSync(spec.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: spec.cwd,
      env: spec.environment,
      detached: true,
      stdio: ['ignore', log, log],
      ...(spec.user === null ? {} : { uid: spec.user.uid, gid: spec.user.gid }),
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', () => resolve());
      child.once('error', reject);
    });
    child.unref();
    return { identity: identityOfNew(child.pid!), exited };
  } finally {
    closeSync(log);
  }
}

/** A process that ended at once keeps its number until it is waited for, but has no start time to be read any more. */
function identityOfNew(pid: number): ProcessIdentity {
  return identityOf(pid) ?? { pid, startTicks: 'ended', bootId: bootId() };
}

/** Null when there is no such process, or only its remains (a zombie). */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may contain anything; the fields behind it are plain.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null;
  return { pid, startTicks, bootId: bootId() };
}

export function isRunning(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Signals the whole group of a process that is running; false when it is not. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isRunning(identity) && signalGroupId(identity.pid, signal);
}

/**
 * Ends what a leader that just died left behind in its group. Only right after it was seen to die: later its id may be
 * somebody else's.
 */
export function killOrphans(leader: ProcessIdentity): boolean {
  return identityOf(leader.pid) === null && signalGroupId(leader.pid, 'SIGKILL');
}

function signalGroupId(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-groupId, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

let knownBootId: string | null = null;

/** Another one after every start of the machine. */
export function bootId(): string {
  knownBootId ??= readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
  return knownBootId;
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
