/** Gives every decision that answers a finding its incident: the open one about the same thing, or a new one, which it then opens. */
import type { Decision } from '../decide/index.ts';
import { type Opening, type Placement, type SiteId, subjectOf, type WallMs } from '../model/index.ts';

/** An open incident about the same subject is joined only for so long: later it is another event. */
const JOIN_MS = 120_000;

/** What is known of incidents when decisions are to be given theirs. */
export interface KnownIncidents {
  placements: ReadonlyMap<SiteId, Placement>;
  /** Subject → the newest incident about it. */
  claims: ReadonlyMap<string, string>;
  /** For how long that one has been known here. */
  claimedForMs(subject: string): number;
}

/** A decision with its incident in `next`. `opens`: it is the first of that incident, and of a subject that sites have in common. */
export interface Assigned extends Decision {
  opens?: Opening;
}

/**
 * A site that is part of an open incident stays in it; all sites that the same finding moves in one turn, or within JOIN_MS on whichever
 * controller, share one. `create` names a new one. That several controllers do not open one each is up to the store, which is told
 * which incident was the newest here (`Assigned.opens`).
 */
export function assignIncidents(
  decisions: readonly Decision[],
  known: KnownIncidents,
  now: WallMs,
  create: (openedAt: WallMs, subject: string) => string,
): Assigned[] {
  const events = new Map<string, Event>();
  return decisions.map((decision) => {
    const { because, next } = decision;
    if (because === null || next.incident !== null || isPractice(decision)) return decision;
    const subject = subjectOf(because);
    // About this site alone: its epoch lets one controller win.
    if (because.site === next.site) return { ...decision, next: { ...next, incident: create(now, subject) } };
    const event = events.get(subject) ?? eventOf(subject, known, () => create(now, subject));
    events.set(subject, event);
    const { incident, ...opening } = event;
    return { ...decision, next: { ...next, incident }, ...opening };
  });
}

interface Event {
  incident: string;
  opens?: Opening;
}

function eventOf(subject: string, known: KnownIncidents, create: () => string): Event {
  const newest = known.claims.get(subject) ?? null;
  const isYoung = newest !== null && known.claimedForMs(subject) <= JOIN_MS;
  if (isYoung && [...known.placements.values()].some(({ incident }) => incident === newest))
    return { incident: newest };
  return { incident: create(), opens: { subject, after: newest } };
}

/** A fault that a drill made is no incident: what comes of it is written to the drill's record. */
function isPractice({ code, next }: Decision): boolean {
  return code === 'failover' && next.drill !== null;
}
