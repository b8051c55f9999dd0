/** All faults by name, and how everything is mended whatever was broken. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freeDisk } from '../../../src/local/disks.ts';
import { healZone, startProgram } from '../../../src/local/faults.ts';
import { mendAll } from '../../../src/local/faults-network.ts';
import { startEverything } from '../../../src/local/faults-parts.ts';
import { pidsOf } from '../../../src/local/group.ts';
import { signal } from '../../../src/local/proc.ts';
import { MOVES } from './moves.ts';
import { NETWORK_FAULTS } from './network.ts';
import { OTHER_FAULTS } from './others.ts';
import { PLANTED } from './planted.ts';
import { PROCESS_FAULTS } from './processes.ts';
import type { FaultKind, Stage } from './types.ts';
import { ZONE_FAULTS } from './zones.ts';

export const FAULTS: Record<string, FaultKind> = {
  ...ZONE_FAULTS,
  ...NETWORK_FAULTS,
  ...PROCESS_FAULTS,
  ...OTHER_FAULTS,
  ...MOVES,
  ...PLANTED,
};

/** Mends whatever may still be broken. Safe to repeat. */
export async function mendEverything({ instance, folder }: Stage): Promise<void> {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('arm-') || name.startsWith('clock-')) rmSync(join(folder, name), { force: true });
  }
  for (const { zone, agentDir } of instance.zones) {
    await mendAll(instance, zone);
    freeDisk(agentDir);
    await healZone(instance, zone);
  }
  for (const group of [instance.edge.group, ...instance.zones.map((zone) => zone.group)]) {
    for (const pid of pidsOf(group)) signal(pid, 'SIGCONT');
  }
  for (const program of instance.programs) startProgram(instance, program);
  startEverything(instance);
}
