/** One agent or edge of the simulated world: probes, checks its copies or counts its visitors, and reports, each at its own rhythm. */
import type { Report } from '../../src/model/index.ts';
import { EDGES, ZONES } from './cluster.ts';
import { type Conditions, ZONE_COUNT } from './conditions.ts';
import { CHECK_EVERY_MS, createCopies } from './copies.ts';
import { createProbing, PROBE_EVERY_MS } from './probing.ts';
import { createTraffic } from './traffic.ts';
import type { WorldOptions } from './world.ts';

const REPORT_EVERY_MS = 100;

export interface Observer {
  /** Zones 0–2, edges 3–4. */
  node: number;
  dueAt(): number;
  /** Does what is due; answers a report when that was it. */
  act(now: number, conditions: Conditions): Report | null;
  /** The conditions are about to change: what held until now is lived through. */
  before(now: number, conditions: Conditions): void;
  changed(now: number, conditions: Conditions): void;
}

export function createObserver(node: number, options: WorldOptions): Observer {
  const { cluster, placements, chance, hour, start, onAsked } = options;
  const isEdge = node >= ZONE_COUNT;
  const probing = createProbing(node, cluster.wayMs, chance, start);
  const copies = isEdge ? null : createCopies(node, cluster, placements, chance, start);
  const traffic = isEdge
    ? createTraffic({ edge: node - ZONE_COUNT, cluster, placements, chance, hour, start, onAsked })
    : null;
  let sequence = 0;
  let pausedSince: number | null = null;
  let probeAt = start + chance.between(0, PROBE_EVERY_MS);
  let reportAt = start + chance.between(0, REPORT_EVERY_MS);
  let checkAt = copies === null ? Number.POSITIVE_INFINITY : start + chance.between(0, CHECK_EVERY_MS);

  const isPaused = (conditions: Conditions) =>
    isEdge ? conditions.edgePaused[node - ZONE_COUNT]! : conditions.agentPaused[node]! || conditions.zoneDead[node]!;

  const makeReport = (now: number, conditions: Conditions): Report => {
    sequence += 1;
    const probes = probing.report(now);
    if (copies !== null) {
      const room = {
        cores: 8,
        cpuBusy: conditions.cpuBusy[node]!,
        memoryAvailableBytes: 20e9,
        memoryTotalBytes: 32e9,
        machine: '',
      };
      const zone = ZONES[node]!;
      const own = copies.report(now, conditions);
      return { kind: 'agent', zone, incarnation: 'first', sequence, probes, copies: own, room };
    }
    traffic!.live(now, conditions);
    const edge = EDGES[node - ZONE_COUNT]!;
    const told = { probes, traffic: traffic!.take(now), routes: [] };
    return { kind: 'edge', edge, incarnation: 'first', sequence, sentAtMs: now, ...told };
  };

  return {
    node,
    dueAt: () => (pausedSince === null ? Math.min(probeAt, reportAt, checkAt) : Number.POSITIVE_INFINITY),
    act(now, conditions) {
      if (probeAt <= now) {
        probeAt += PROBE_EVERY_MS;
        probing.probe(now, conditions);
      } else if (checkAt <= now) {
        checkAt += CHECK_EVERY_MS;
        copies!.check(now, conditions);
      } else {
        reportAt += REPORT_EVERY_MS;
        return makeReport(now, conditions);
      }
      return null;
    },
    before(now, conditions) {
      traffic?.live(now, conditions);
    },
    changed(now, conditions) {
      const paused = isPaused(conditions);
      if (paused && pausedSince === null) pausedSince = now;
      if (paused || pausedSince === null) return;
      probing.stoodStill(now - pausedSince);
      pausedSince = null;
      probeAt = Math.max(probeAt, now);
      reportAt = Math.max(reportAt, now);
      checkAt = Math.max(checkAt, now);
    },
  };
}
