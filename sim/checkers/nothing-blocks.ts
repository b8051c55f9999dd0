/**
 * I4: whatever died or stood still half-way, another goes on: no site stays in a phase that is to be left as long as faults reach
 * no further than one zone that is not its live one; and a lost live zone is left in time.
 */
import type { Phase, ZoneId } from '../../src/model/index.ts';
import type { Checker, SimRun } from '../trace.ts';
import type { Fault } from '../world/faults.ts';
import {
  anyEvacuated,
  type Breach,
  commitsOf,
  during,
  evacuatedSince,
  everAlone,
  faultsOf,
  type PhaseStretch,
  phasesOf,
  seconds,
  sitesOf,
  stoppedShort,
} from './history.ts';
import { isConfinedTo, serious, ZONES, zoneLostBy } from './reach.ts';
import { ATTENTION_MS, lossesOf } from './zone-losses.ts';

/** So long each phase may last where nothing stands in the way. Growing may have to build a copy. */
const LIMIT_MS: Partial<Record<Phase, number>> = { promoting: 5_000, single: 5_000, growing: 15_000 };
/** What happened so long before still has its after-effects. */
const AFTER_MS = 10_000;

export const nothingBlocks: Checker = {
  name: 'I4',
  says: 'whoever dies or stands still between two steps, another finishes, and nothing blocks it',
  check: (run) => [...stuckPhases(run), ...undecidedLosses(run)],
};

function stuckPhases(run: SimRun): Breach[] {
  const faults = serious(faultsOf(run));
  return sitesOf(run).flatMap((site) =>
    phasesOf(run, commitsOf(run, site)).flatMap((stretch) => {
      const { phase, from, to, placement } = stretch;
      const limitMs = LIMIT_MS[phase];
      if (limitMs === undefined || stoppedShort(run, site, placement) !== null) return [];
      // Who is to run in one zone may do so for ever; who comes back from that is looked at by the end of the run.
      if (phase !== 'promoting' && everAlone(run, site, from - AFTER_MS, to)) return [];
      const lately = during(faults, from - AFTER_MS, to);
      const others = ZONES.filter((zone) => zone !== placement.live && evacuatedSince(run, zone, to) === null);
      const obstacles = (zone: ZoneId) => lately.filter(({ fault }) => isInTheWay(stretch, zone, fault));
      // With a zone that is not to be used, none of the two that are left may be in trouble.
      const spared = others.length < 2 || anyEvacuated(run, from - AFTER_MS, to);
      const freeFrom = spared
        ? lastFree(lately, from, to)
        : Math.min(...others.map((zone) => lastFree(obstacles(zone), from, to)));
      if (to - freeFrom <= limitMs) return [];
      const breach = `${site} stayed ${phase} under epoch ${placement.epoch} from ${seconds(from)} to ${seconds(to)}, although nothing stood in the way since ${seconds(freeFrom)}`;
      return [{ at: freeFrom + limitMs, breach }];
    }),
  );
}

/** With only `zone` in trouble, everything goes on; but a copy that grows in a zone that is merely unwell may take its time. */
function isInTheWay({ phase, placement }: PhaseStretch, zone: ZoneId, fault: Fault): boolean {
  if (!isConfinedTo(zone, fault)) return true;
  return phase === 'growing' && placement.standby === zone && zoneLostBy(fault) !== zone;
}

/** From when on nothing stands in the way until `to`. */
function lastFree(obstacles: { to: number }[], from: number, to: number): number {
  return Math.max(from, ...obstacles.map((obstacle) => Math.min(obstacle.to + AFTER_MS, to)));
}

function undecidedLosses(run: SimRun): Breach[] {
  return lossesOf(run).flatMap(({ at, zone, site, decidedAt, endedAt }) => {
    if ((decidedAt ?? endedAt) - at <= ATTENTION_MS) return [];
    const outcome = decidedAt === null ? 'never left it' : `left it only at ${seconds(decidedAt)}`;
    return [
      { at: at + ATTENTION_MS, breach: `zone ${zone} was lost at ${seconds(at)}, alone, and ${site} ${outcome}` },
    ];
  });
}
