/**
 * All processes of one zone (or of the edge) as one thing that can be ended or frozen at once: a cgroup where the machine
 * has cgroup v2, otherwise everybody who carries the group's mark in its environment or lives in its network namespace.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { allPids, environmentOf, networkOf, signal } from './proc.ts';

export interface GroupAddress {
  /** Unique on this machine; stands in every member's environment as HOLDFAST_GROUP. */
  mark: string;
  /** Folder of the cgroup, or null where there is none. */
  cgroup: string | null;
  /** File of the network namespace whose inhabitants belong to the group, or null. */
  namespaceFile: string | null;
}

const MARK = 'HOLDFAST_GROUP';
const LIMIT_MS = 10_000;

/** Folder under which groups can be made (`…/holdfast-NAME`), or null when this machine has no usable cgroup v2. */
export function cgroupBase(name: string): string | null {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find((fields) => fields[2] === 'cgroup2')?.[1];
  if (mount === undefined) return null;
  const base = join(mount, `holdfast-${name}`);
  try {
    mkdirSync(base, { recursive: true });
    return existsSync(join(base, 'cgroup.kill')) && existsSync(join(base, 'cgroup.freeze')) ? base : null;
  } catch {
    return null;
  }
}

export function createGroup(address: GroupAddress): void {
  if (address.cgroup !== null) mkdirSync(address.cgroup, { recursive: true });
}

/** Environment and leading words of a command line that make the command start inside the group and namespace. */
export function entering(address: GroupAddress): { environment: Record<string, string>; prefix: string[] } {
  const intoGroup =
    address.cgroup === null ? [] : ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(address.cgroup, 'cgroup.procs')];
  const intoNamespace = address.namespaceFile === null ? [] : ['nsenter', `--net=${address.namespaceFile}`];
  return { environment: { [MARK]: address.mark }, prefix: [...intoGroup, ...intoNamespace] };
}

export function pidsOf(address: GroupAddress): number[] {
  if (address.cgroup !== null) return pidsBelow(address.cgroup);
  const mark = `${MARK}=${address.mark}`;
  const network = networkInode(address.namespaceFile);
  return allPids().filter(
    (pid) => pid !== process.pid && (networkOf(pid) === network || environmentOf(pid).includes(mark)),
  );
}

/** Ends every process of the group with SIGKILL, also frozen ones, and waits until none is left. */
export async function killGroup(address: GroupAddress): Promise<void> {
  const until = systemClock.mono() + LIMIT_MS;
  while (pidsOf(address).length > 0) {
    if (systemClock.mono() > until) throw new Error(`processes of ${address.mark} did not end: ${pidsOf(address)}`);
    if (address.cgroup !== null) writeIfThere(join(address.cgroup, 'cgroup.kill'), '1');
    else for (const pid of pidsOf(address)) signal(pid, 'SIGKILL');
    await systemClock.sleep(5);
  }
}

/** Stops every process of the group where it stands, and waits until all of them do. */
export async function freezeGroup(address: GroupAddress): Promise<void> {
  if (address.cgroup === null) {
    // Twice: a process may have started another one between the look and the signal.
    for (let turn = 0; turn < 2; turn++) for (const pid of pidsOf(address)) signal(pid, 'SIGSTOP');
    return;
  }
  writeFileSync(join(address.cgroup, 'cgroup.freeze'), '1');
  const events = join(address.cgroup, 'cgroup.events');
  const until = systemClock.mono() + LIMIT_MS;
  while (!readFileSync(events, 'utf8').includes('frozen 1')) {
    if (systemClock.mono() > until) throw new Error(`processes of ${address.mark} did not freeze`);
    await systemClock.sleep(2);
  }
}

export function thawGroup(address: GroupAddress): void {
  if (address.cgroup !== null) writeIfThere(join(address.cgroup, 'cgroup.freeze'), '0');
  else for (const pid of pidsOf(address)) signal(pid, 'SIGCONT');
}

/** Removes the emptied cgroup and those below it. */
export async function removeGroup(address: GroupAddress): Promise<void> {
  if (address.cgroup !== null) await removeCgroup(address.cgroup);
}

/** Removes a cgroup folder with everything below it; its processes must have ended. */
export async function removeCgroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const child of childrenOf(folder)) await removeCgroup(child);
  for (let turn = 0; turn < 100; turn++) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      // The kernel may take a moment to let go of members that have just ended.
      if (!existsSync(folder)) return;
      await systemClock.sleep(10);
    }
  }
  throw new Error(`${basename(dirname(folder))}/${basename(folder)} could not be removed`);
}

/** Groups of an instance that were left behind, found by their folders. */
export function childrenOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function pidsBelow(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const own = readIfThere(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...childrenOf(folder).flatMap(pidsBelow)];
}

function networkInode(file: string | null): string | null {
  if (file === null || !existsSync(file)) return null;
  return `net:[${statSync(file).ino}]`;
}

function writeIfThere(path: string, text: string): void {
  if (existsSync(path)) writeFileSync(path, text);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
