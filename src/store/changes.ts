/** What both stores do alike: what they demand of a change, and what becomes of a zone's record. */
import { type DrillResult, MOST_DRILL_RESULTS, type Opening, type ZoneRecord } from '../model/index.ts';
import type { PlacementChange } from './store.ts';

/** @throws Error (a programmer's) when a change does not step to the next epoch, or opens what is not its incident. */
export function assertChanges(changes: readonly PlacementChange[]): void {
  const opened = new Map<string, string>();
  for (const change of changes) {
    assertStep(change);
    if (change.opens !== undefined) assertOpening(change, change.opens, opened);
  }
}

function assertStep({ expected, next }: PlacementChange): void {
  if (next.epoch !== expected + 1) {
    throw new Error(`${next.site}: epoch ${next.epoch} does not follow the expected epoch ${expected}`);
  }
}

function assertOpening(
  { next, incident }: PlacementChange,
  { subject, after }: Opening,
  opened: Map<string, string>,
): void {
  const id = next.incident;
  if (id === null || id !== incident?.id || id === after) {
    throw new Error(`${next.site}: incident ${id} cannot be opened by this change`);
  }
  const other = opened.get(subject) ?? id;
  if (other !== id) throw new Error(`${next.site}: incidents ${other} and ${id} are opened about ${subject} at once`);
  opened.set(subject, id);
}

/** The zone's record once it is evacuated, or given back (null): evacuating it again does not begin anew. */
export function evacuate(known: ZoneRecord, evacuated: ZoneRecord['evacuated']): ZoneRecord {
  return { ...known, evacuated: evacuated === null ? null : (known.evacuated ?? evacuated) };
}

/** The list with one more result, its oldest dropped beyond `MOST_DRILL_RESULTS`. */
export function withDrill(known: readonly DrillResult[], result: DrillResult): DrillResult[] {
  return [...known, result].slice(-MOST_DRILL_RESULTS);
}
