/**
 * Everything that can be done to a running platform on purpose. Each works from any process on this machine: a marker file
 * tells the supervisor in the keeper that something is down because somebody wanted it so.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applicationPids, databasePids } from './copies.ts';
import { freezeGroup, killGroup, thawGroup } from './group.ts';
import { copyFolder, downMarker, type Instance, pidFile, zoneOf } from './instance.ts';
import { cutNetwork, mendNetwork } from './network.ts';
import { signal } from './proc.ts';

/** Ends every process of the zone at once; it stays down until it is healed. */
export async function killZone(instance: Instance, zone: string): Promise<void> {
  putDown(instance, zone);
  await killGroup(zoneOf(instance, zone).group);
}

/** Stops every process of the zone where it stands; its sockets stay open and its kernel still takes packets in. */
export async function freezeZone(instance: Instance, zone: string): Promise<void> {
  await freezeGroup(zoneOf(instance, zone).group);
}

/** Drops every packet into and out of the zone in silence; its processes go on. */
export async function cutZone(instance: Instance, zone: string): Promise<void> {
  await cutNetwork(zoneOf(instance, zone).namespace);
}

/** Undoes all three: packets pass, processes go on, and a killed zone's programs are started as after a reboot. */
export async function healZone(instance: Instance, zone: string): Promise<void> {
  const { namespace, group } = zoneOf(instance, zone);
  await mendNetwork(namespace);
  thawGroup(group);
  letUp(instance, zone);
}

/** Ends one program (`controller-a`, `agent-b`, `etcd-c`, `edge`) with SIGKILL; its supervisor starts it again. False: it was not running. */
export function killProgram(instance: Instance, program: string): boolean {
  const pid = programPid(instance, program);
  return pid !== null && signal(pid, 'SIGKILL');
}

/** Ends one program and keeps it down until `startProgram`. */
export function stopProgram(instance: Instance, program: string): boolean {
  putDown(instance, program);
  return killProgram(instance, program);
}

export function startProgram(instance: Instance, program: string): void {
  letUp(instance, program);
}

/** All members of etcd at once. */
export function stopStore(instance: Instance): void {
  for (const program of storeMembers(instance)) stopProgram(instance, program);
}

export function startStore(instance: Instance): void {
  for (const program of storeMembers(instance)) startProgram(instance, program);
}

/** Process number of a program of the platform, or null while it is down. */
export function programPid(instance: Instance, program: string): number | null {
  if (!instance.programs.includes(program)) {
    throw new Error(`there is no program "${program}"; there are ${instance.programs.join(', ')}`);
  }
  const file = pidFile(instance, program);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
}

/** Ends one copy's database with SIGKILL; what happens next is its agent's affair. Answers how many processes there were. */
export function killDatabase(instance: Instance, zone: string, site: string): number {
  return signalAll(databasePids(instance, zone, site), 'SIGKILL');
}

export function freezeDatabase(instance: Instance, zone: string, site: string): number {
  return signalAll(databasePids(instance, zone, site), 'SIGSTOP');
}

export function thawDatabase(instance: Instance, zone: string, site: string): number {
  return signalAll(databasePids(instance, zone, site), 'SIGCONT');
}

export function killApplication(instance: Instance, zone: string, site: string): number {
  return signalAll(applicationPids(instance, zone, site), 'SIGKILL');
}

/** The application accepts connections (its kernel does) and never answers. */
export function hangApplication(instance: Instance, zone: string, site: string): number {
  return signalAll(applicationPids(instance, zone, site), 'SIGSTOP');
}

export function resumeApplication(instance: Instance, zone: string, site: string): number {
  return signalAll(applicationPids(instance, zone, site), 'SIGCONT');
}

/** The example sites answer half of their requests with 500 while this file is there. */
export function breakApplication(instance: Instance, zone: string, site: string): void {
  writeFileSync(faultFile(instance, zone, site), 'errors\n', { mode: 0o644 });
}

export function mendApplication(instance: Instance, zone: string, site: string): void {
  rmSync(faultFile(instance, zone, site), { force: true });
}

function faultFile(instance: Instance, zone: string, site: string): string {
  return join(copyFolder(instance, zone, site), 'app', 'fault');
}

function storeMembers(instance: Instance): string[] {
  return instance.programs.filter((program) => program.startsWith('etcd-'));
}

function signalAll(pids: number[], name: NodeJS.Signals): number {
  return pids.filter((pid) => signal(pid, name)).length;
}

function putDown(instance: Instance, programOrZone: string): void {
  const marker = downMarker(instance, programOrZone);
  mkdirSync(dirname(marker), { recursive: true });
  writeFileSync(marker, '');
}

function letUp(instance: Instance, programOrZone: string): void {
  rmSync(downMarker(instance, programOrZone), { force: true });
}
