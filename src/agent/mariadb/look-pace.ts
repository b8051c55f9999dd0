/** How often a copy's database is looked at: what looking costs a host is bounded, however many copies it has. */

const AT_MOST_EVERY_MS = 80;
const AT_LEAST_EVERY_MS = 500;
/** A look costs the database and its agent about a millisecond of processor time together: an eighth of a core in all. */
const LOOKS_A_SECOND = 125;

/**
 * Milliseconds between two looks at a database where nothing is under way, on a host with so many copies: 80 up to ten of
 * them, then in proportion, 500 from sixty-three on.
 */
export function lookEveryMs(copies: number): number {
  return Math.min(AT_LEAST_EVERY_MS, Math.max(AT_MOST_EVERY_MS, (copies * 1_000) / LOOKS_A_SECOND));
}
