/** How often a copy's database is looked at: what looking costs a host is bounded, however many copies it has and whatever is under way. */

const AT_MOST_EVERY_MS = 80;
const AT_LEAST_EVERY_MS = 500;
/** A look costs the database and its agent about a millisecond of processor time together: an eighth of a core in all. */
const LOOKS_A_SECOND = 125;
/** Beside these, of copies where something is under way: a quarter of a core. Fifty that move at once are looked at five times a second. */
const LOOKS_UNDER_WAY_A_SECOND = 250;

/** The copies of one host. */
export interface HostLooks {
  /** One copy more. */
  join(): Looker;
}

export interface Looker {
  /** Milliseconds between two looks at this copy's database. */
  everyMs(isUnderWay: boolean): number;
  leave(): void;
}

export function createHostLooks(): HostLooks {
  let copies = 0;
  let underWay = 0;
  return {
    join() {
      let counted = false;
      let here = true;
      copies++;
      const count = (isUnderWay: boolean) => {
        if (isUnderWay !== counted) underWay += isUnderWay ? 1 : -1;
        counted = isUnderWay;
      };
      return {
        everyMs(isUnderWay) {
          if (here) count(isUnderWay);
          return isUnderWay ? pace(underWay, LOOKS_UNDER_WAY_A_SECOND) : pace(copies, LOOKS_A_SECOND);
        },
        leave() {
          if (!here) return;
          count(false);
          here = false;
          copies--;
        },
      };
    },
  };
}

function pace(copies: number, aSecond: number): number {
  return Math.min(AT_LEAST_EVERY_MS, Math.max(AT_MOST_EVERY_MS, (copies * 1_000) / aSecond));
}
