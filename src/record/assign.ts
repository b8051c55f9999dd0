/** Gives every decision that answers a finding its incident: the open one about the same thing, or a new one. */
import type { Decision } from '../decide/index.ts';
import { type Placement, subjectOf, type WallMs } from '../model/index.ts';

/** Open incidents about the same subject are joined only if they are this young: later it is another event. */
const JOIN_MS = 120_000;

export interface IncidentNaming {
  create(openedAt: WallMs, subject: string): string;
  parse(id: string): { openedAt: WallMs; subject: string } | null;
}

/**
 * The decisions with `next.incident` filled in. A site that is part of an open incident stays in it; all sites that the same
 * finding moves in one tick, or within JOIN_MS on whichever controller, share one.
 */
export function assignIncidents(
  decisions: Decision[],
  placements: Placement[],
  now: WallMs,
  naming: IncidentNaming,
): Decision[] {
  const open = new Map<string, string>();
  for (const { incident } of placements) {
    const parsed = incident === null ? null : naming.parse(incident);
    if (incident !== null && parsed !== null && now - parsed.openedAt <= JOIN_MS) open.set(parsed.subject, incident);
  }
  return decisions.map((decision) => {
    if (decision.because === null || decision.next.incident !== null) return decision;
    const subject = subjectOf(decision.because);
    const id = open.get(subject) ?? naming.create(now, subject);
    open.set(subject, id);
    return { ...decision, next: { ...decision.next, incident: id } };
  });
}
