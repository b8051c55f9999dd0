/** Faults of single processes: killed or made to stand still. */
import { applicationPids, databasePids } from '../../../src/local/copies.ts';
import { killDatabase, startProgram, stopProgram } from '../../../src/local/faults.ts';
import {
  applicationPartPids,
  edgeNginxPids,
  freezeProgram,
  signalThem,
  thawProgram,
} from '../../../src/local/faults-parts.ts';
import { type Broken, type FaultKind, nothing, type Stage, zoneOfRole } from './types.ts';

/** Down for as long as the fault lasts, then started by its supervisor. */
function programKill(weight: number, kind: 'agent' | 'controller' | 'etcd'): FaultKind {
  return ofZone(weight, ({ instance }, zone) => {
    stopProgram(instance, `${kind}-${zone}`);
    return { detail: '', mend: async () => startProgram(instance, `${kind}-${zone}`) };
  });
}

function programFreeze(weight: number, kind: 'agent' | 'controller' | 'etcd'): FaultKind {
  return ofZone(weight, ({ instance }, zone) => {
    if (!freezeProgram(instance, `${kind}-${zone}`)) return null;
    return { detail: '', mend: async () => void thawProgram(instance, `${kind}-${zone}`) };
  });
}

/** `pids` are looked for when the fault begins; only those are thawed. */
function freezes(weight: number, pidsOf: (stage: Stage, zone: string) => number[]): FaultKind {
  return ofZone(weight, (stage, zone) => {
    const pids = pidsOf(stage, zone);
    if (signalThem(pids, 'SIGSTOP') === 0) return null;
    return { detail: `${pids.length} processes`, mend: async () => void signalThem(pids, 'SIGCONT') };
  });
}

function kills(weight: number, pidsOf: (stage: Stage, zone: string) => number[]): FaultKind {
  return ofZone(weight, (stage, zone) => {
    const count = signalThem(pidsOf(stage, zone), 'SIGKILL');
    return count === 0 ? null : { detail: `${count} processes`, mend: nothing };
  });
}

function ofZone(weight: number, break_: (stage: Stage, zone: string) => Omit<Broken, 'to'> | null): FaultKind {
  return {
    size: 'part',
    weight,
    async inject(stage, { who }) {
      const zone = zoneOfRole(stage, who);
      const broken = zone === null ? null : break_(stage, zone);
      return broken && { to: `${who} ${zone}`, ...broken };
    },
  };
}

function ofEdge(weight: number, break_: (stage: Stage) => Omit<Broken, 'to'> | null): FaultKind {
  return {
    size: 'part',
    weight,
    async inject(stage) {
      const broken = break_(stage);
      return broken && { to: 'the edge', ...broken };
    },
  };
}

const web = ({ instance, site }: Stage, zone: string) => applicationPartPids(instance, zone, site, 'web');
const php = ({ instance, site }: Stage, zone: string) => applicationPartPids(instance, zone, site, 'php');

export const PROCESS_FAULTS = {
  // The host of the copy is gone, with its agent; its zone's controller and member of the store live on.
  'copy-kill': ofZone(3, ({ instance, site }, zone) => {
    stopProgram(instance, `agent-${zone}`);
    const pids = [...databasePids(instance, zone, site), ...applicationPids(instance, zone, site)];
    signalThem(pids, 'SIGKILL');
    return { detail: `${pids.length} processes`, mend: async () => startProgram(instance, `agent-${zone}`) };
  }),
  'database-kill': ofZone(4, ({ instance, site }, zone) => {
    return killDatabase(instance, zone, site) === 0 ? null : { detail: '', mend: nothing };
  }),
  'database-freeze': freezes(3, ({ instance, site }, zone) => databasePids(instance, zone, site)),
  'php-kill': kills(2, php),
  'php-freeze': freezes(1, php),
  'web-kill': kills(2, web),
  'web-freeze': freezes(1, web),
  'agent-kill': programKill(2, 'agent'),
  'agent-freeze': programFreeze(2, 'agent'),
  'controller-kill': programKill(1, 'controller'),
  'controller-freeze': programFreeze(1, 'controller'),
  'store-member-kill': programKill(1, 'etcd'),
  'store-member-freeze': programFreeze(1, 'etcd'),
  'companion-kill': ofEdge(1, ({ instance }) => {
    stopProgram(instance, 'edge');
    return { detail: '', mend: async () => startProgram(instance, 'edge') };
  }),
  'companion-freeze': ofEdge(1, ({ instance }) => {
    if (!freezeProgram(instance, 'edge')) return null;
    return { detail: '', mend: async () => void thawProgram(instance, 'edge') };
  }),
  'edge-nginx-kill': ofEdge(1, ({ instance }) => {
    const count = signalThem(edgeNginxPids(instance), 'SIGKILL');
    return count === 0 ? null : { detail: `${count} processes`, mend: nothing };
  }),
  'edge-nginx-freeze': ofEdge(1, ({ instance }) => {
    const pids = edgeNginxPids(instance);
    if (signalThem(pids, 'SIGSTOP') === 0) return null;
    return { detail: `${pids.length} processes`, mend: async () => void signalThem(pids, 'SIGCONT') };
  }),
} satisfies Record<string, FaultKind>;
