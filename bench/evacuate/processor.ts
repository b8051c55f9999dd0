/** Which of the platform's programs use the processors, by /proc: what does not scale shows here first. */
import { readFileSync } from 'node:fs';
import { pidsOf } from '../../src/local/group.ts';
import type { Instance } from '../../src/local/instance.ts';
import { commandLineOf, programOf } from '../../src/local/proc.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';

export const PROGRAMS = ['mariadbd', 'agent', 'controller', 'edge', 'nginx', 'etcd', 'php', 'other'] as const;
/** Busy cores, by program. */
export type Busy = Record<(typeof PROGRAMS)[number], number>;

const TICKS_PER_SECOND = 100;

/** Over the time until `work` is done. Processes that end meanwhile count as far as they were seen at the beginning: not at all. */
export async function busyDuring(instance: Instance, work: () => Promise<unknown>): Promise<Busy> {
  const [before, begun] = [ticksOf(instance), clock.mono()];
  await work();
  const seconds = (clock.mono() - begun) / 1_000;
  const busy = Object.fromEntries(PROGRAMS.map((name) => [name, 0])) as Busy;
  for (const [pid, { program, ticks }] of ticksOf(instance))
    busy[program] += (ticks - (before.get(pid)?.ticks ?? 0)) / TICKS_PER_SECOND / seconds;
  return busy;
}

function ticksOf(instance: Instance) {
  const pids = [instance.edge.group, ...instance.zones.map(({ group }) => group)].flatMap(pidsOf);
  return new Map(
    pids.flatMap((pid) => {
      const ticks = ticksOfProcess(pid);
      return ticks === null ? [] : [[pid, { ticks, program: programFor(pid) }] as const];
    }),
  );
}

function programFor(pid: number): keyof Busy {
  const name = programOf(pid);
  const found = PROGRAMS.find((program) => name === program);
  if (found !== undefined) return found;
  const command = commandLineOf(pid);
  return (['agent', 'controller', 'edge'] as const).find((kind) => command.includes(`main.ts ${kind} `)) ?? 'other';
}

/** Fields 14 and 15 of /proc/PID/stat. */
function ticksOfProcess(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}
