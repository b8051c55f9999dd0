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
    if (decision.because === null || decision.next.incident !== null || isPractice(decision)) return decision;
    const subject = subjectOf(decision.because);
    const id = open.get(subject) ?? naming.create(now, subject);
    open.set(subject, id);
    return { ...decision, next: { ...decision.next, incident: id } };
  });
}

/** Decisions in the order in which they may be committed, so that controllers that decide at the same moment open one incident and not one each. */
export interface CommitOrder {
  /** Of each incident that is opened, the site by whose compare-and-set one controller wins: all of them try the same one first. */
  leading: Decision[];
  /** The other sites of these incidents, once that was won. */
  following: Decision[];
  /** They open nothing. */
  others: Decision[];
}

export function commitOrder(decisions: readonly Decision[], placements: Iterable<Placement>): CommitOrder {
  const known = new Set<string | null>([null]);
  for (const { incident } of placements) known.add(incident);
  const leaders = new Map<string, Decision>();
  for (const decision of decisions) {
    const { incident, site } = decision.next;
    if (incident === null || known.has(incident)) continue;
    const leader = leaders.get(incident);
    if (leader === undefined || site < leader.next.site) leaders.set(incident, decision);
  }
  const order: CommitOrder = { leading: [...leaders.values()], following: [], others: [] };
  for (const decision of decisions) {
    const leader = leaders.get(decision.next.incident ?? '');
    if (leader === undefined) order.others.push(decision);
    else if (leader !== decision) order.following.push(decision);
  }
  return order;
}

/** A fault that a drill made is no incident: what comes of it is written to the drill's record. */
function isPractice({ code, next }: Decision): boolean {
  return code === 'failover' && next.drill !== null;
}
