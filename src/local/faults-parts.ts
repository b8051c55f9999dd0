/** Faults of single processes that `faults.ts` has no verb for: programs that stand still, the edge's nginx, half an application, everything. */
import { applicationPids } from './copies.ts';
import { killZone, programPid, startProgram, stopProgram } from './faults.ts';
import { killGroup, pidsOf } from './group.ts';
import type { Instance } from './instance.ts';
import { parentOf, programOf, signal } from './proc.ts';

/** False: it was not running. */
export function freezeProgram(instance: Instance, program: string): boolean {
  const pid = programPid(instance, program);
  return pid !== null && signal(pid, 'SIGSTOP');
}

export function thawProgram(instance: Instance, program: string): boolean {
  const pid = programPid(instance, program);
  return pid !== null && signal(pid, 'SIGCONT');
}

/** The edge's nginx: its master first, then its workers. */
export function edgeNginxPids(instance: Instance): number[] {
  const pids = pidsOf(instance.edge.group).filter((pid) => programOf(pid) === 'nginx');
  return pids.sort((x, y) => Number(pids.includes(parentOf(x))) - Number(pids.includes(parentOf(y))));
}

/** The application's web server (`nginx`), or what it hands requests to (everything else). */
export function applicationPartPids(instance: Instance, zone: string, site: string, part: 'web' | 'php'): number[] {
  return applicationPids(instance, zone, site).filter((pid) => (programOf(pid) === 'nginx') === (part === 'web'));
}

/** Signals all of them; how many there were. */
export function signalThem(pids: number[], name: NodeJS.Signals): number {
  return pids.filter((pid) => signal(pid, name)).length;
}

/** Ends every process of the platform at once, as a power cut would; it stays down until `startEverything`. */
export async function killEverything(instance: Instance): Promise<void> {
  stopProgram(instance, 'edge');
  await Promise.all([killGroup(instance.edge.group), ...instance.zones.map(({ zone }) => killZone(instance, zone))]);
}

export function startEverything(instance: Instance): void {
  for (const name of ['edge', ...instance.zones.map(({ zone }) => zone)]) startProgram(instance, name);
}
