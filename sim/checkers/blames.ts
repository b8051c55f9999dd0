/** What of the recent past could be to blame for one move. */
import type { SimRun } from '../trace.ts';
import { during, type EventOf, faultsOf } from './history.ts';
import { type Blame, blameOf } from './reach.ts';

/** A fault's effects (repeated packets, restarts, windows of the detector) last so long after it. */
export const AFTER_EFFECTS_MS = 15_000;

export function blamesOf(run: SimRun, move: EventOf<'commit'>): Blame[] {
  const { placement, before, decidedAt } = move;
  const recent = during(faultsOf(run), decidedAt - AFTER_EFFECTS_MS, decidedAt);
  return recent.map(({ fault }) => blameOf(fault, placement.site, before!.live, placement.live));
}
