/** What both stores do alike: what they demand of a change, and what becomes of a zone's record. */
import { type DrillResult, MOST_DRILL_RESULTS, type ZoneRecord } from '../model/index.ts';
import type { PlacementChange } from './store.ts';

/** @throws Error (a programmer's) when the change does not step to the next epoch. */
export function assertChange({ expected, next }: PlacementChange): void {
  if (next.epoch !== expected + 1) {
    throw new Error(`${next.site}: epoch ${next.epoch} does not follow the expected epoch ${expected}`);
  }
}

/** The zone's record once it is evacuated, or given back (null): evacuating it again does not begin anew. */
export function evacuate(known: ZoneRecord, evacuated: ZoneRecord['evacuated']): ZoneRecord {
  return { ...known, evacuated: evacuated === null ? null : (known.evacuated ?? evacuated) };
}

/** The list with one more result, its oldest dropped beyond `MOST_DRILL_RESULTS`. */
export function withDrill(known: readonly DrillResult[], result: DrillResult): DrillResult[] {
  return [...known, result].slice(-MOST_DRILL_RESULTS);
}
