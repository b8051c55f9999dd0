/** Looks processes up in /proc: who is alive, since when, whose child, in which network namespace. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot at which it started (field 22 of /proc/PID/stat). */
  startTicks: string;
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statFields(pid: number): string[] | null {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  if (text === '') return null;
  // The command stands in brackets and may hold anything, also spaces and brackets.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

export function identityOf(pid: number): ProcessIdentity | null {
  const fields = statFields(pid);
  return fields ? { pid, startTicks: fields[19] ?? '' } : null;
}

export function isAlive(identity: ProcessIdentity): boolean {
  const fields = statFields(identity.pid);
  return fields !== null && fields[19] === identity.startTicks && fields[0] !== 'Z';
}

/** R, S, D, T (stopped), Z (dead, not yet collected); null when there is no such process. */
export function stateOf(pid: number): string | null {
  return statFields(pid)?.[0] ?? null;
}

export function parentOf(pid: number): number {
  return Number(statFields(pid)?.[1] ?? 0);
}

export function commandLineOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

export function programOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/comm`).trim();
}

export function environmentOf(pid: number): string[] {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0');
}

export function workingDirectoryOf(pid: number): string {
  return linkOrEmpty(`/proc/${pid}/cwd`);
}

/** `net:[4026532000]`. */
export function networkOf(pid: number): string {
  return linkOrEmpty(`/proc/${pid}/ns/net`);
}

/** Sends the signal; false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
