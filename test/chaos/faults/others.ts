/** A full disk, a clock that jumps, and a process that dies at a named step. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk, freeDisk } from '../../../src/local/disks.ts';
import { zoneOf } from '../../../src/local/instance.ts';
import type { Armed } from '../hook/steps.ts';
import { type FaultKind, zoneOfRole } from './types.ts';

const FURTHEST_MS = 3_600_000;

export const OTHER_FAULTS = {
  'disk-full': {
    size: 'part',
    weight: 2,
    async inject(stage, { who }) {
      const zone = zoneOfRole(stage, who);
      if (zone === null) return null;
      const folder = zoneOf(stage.instance, zone).agentDir;
      await fillDisk(folder);
      return { to: `${who} ${zone}`, detail: 'nothing left', mend: async () => freeDisk(folder) };
    },
  },
  'clock-jump': {
    size: 'part',
    weight: 2,
    async inject(stage, { who, amount }) {
      const zone = zoneOfRole(stage, who);
      if (zone === null) return null;
      const files = ['agent', 'controller'].map((kind) => join(stage.folder, `clock-${kind}-${zone}`));
      const offsetMs = Math.round((2 * amount - 1) * FURTHEST_MS);
      for (const file of files) writeFileSync(file, String(offsetMs));
      const mend = async () => {
        for (const file of files) rmSync(file, { force: true });
      };
      return { to: `agent and controller of ${who} ${zone}`, detail: `by ${Math.round(offsetMs / 1000)} s`, mend };
    },
  },
  'step-kill': {
    size: 'part',
    weight: 0,
    async inject(stage, { who, step }) {
      const zone = zoneOfRole(stage, who);
      if (zone === null || step === null) return null;
      const file = join(stage.folder, `arm-agent-${zone}`);
      const copies = join(zoneOf(stage.instance, zone).agentDir, 'copies');
      const armed: Armed = { step: step.name, moment: step.moment, victim: step.victim, copies };
      writeFileSync(`${file}.new`, JSON.stringify(armed));
      renameSync(`${file}.new`, file);
      return {
        to: `${step.victim} of ${who} ${zone}`,
        detail: `${step.moment} "${step.name}"`,
        mend: async () => rmSync(file, { force: true }),
      };
    },
  },
} satisfies Record<string, FaultKind>;
