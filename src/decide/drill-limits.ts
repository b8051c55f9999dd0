/** How many sites practise at a time: what a drill puts at risk must stay small, and two in the same zones would disturb each other. */
import type { Placement, SiteId, ZoneId } from '../model/index.ts';

/** So many drills at once in the whole installation, and one for each pair of zones. As far as a controller knows of them. */
export const MOST_DRILLS = 3;

export interface Practices {
  /** Why no further drill between these zones begins now, or null. */
  against(one: ZoneId, other: ZoneId): { why: string } | null;
  /** One more begins. */
  note(one: ZoneId, other: ZoneId): void;
}

/** Looks at all placements once, and only when somebody asks. */
export function createPractices(placements: ReadonlyMap<SiteId, Placement>): Practices {
  let known: string[] | null = null;
  const pairs = (): string[] => {
    known ??= [...placements.values()].flatMap(({ drill }) => (drill === null ? [] : [pairOf(drill.home, drill.to)]));
    return known;
  };
  return {
    against(one, other) {
      if (pairs().length >= MOST_DRILLS) return { why: `${MOST_DRILLS} sites practise already` };
      const pair = pairOf(one, other);
      return pairs().includes(pair) ? { why: `another site practises between zones ${pair}` } : null;
    },
    note: (one, other) => void pairs().push(pairOf(one, other)),
  };
}

function pairOf(one: ZoneId, other: ZoneId): string {
  return [one, other].toSorted().join(' and ');
}
