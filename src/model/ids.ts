/** The names that everything else is keyed by; plain strings and numbers, so that they travel as JSON unchanged. */

/** A failure domain: what dies together. Lower-case letters, digits and dashes. */
export type ZoneId = string;
/** One site: host names, application, database, files. Lower-case letters, digits and dashes. */
export type SiteId = string;
/** One edge (point of presence). */
export type EdgeId = string;
/** Grows by one at each change of a placement; a higher one always wins. The first is 1. */
export type Epoch = number;
/** Wall-clock milliseconds since 1970. For people and records; never compared between machines to decide anything. */
export type WallMs = number;
/** Monotonic milliseconds of one process; only differences within that process mean something. */
export type MonoMs = number;
/** MariaDB GTID position, e.g. `0-1-42` or `0-1-42,1-7-3`; the empty string is "nothing yet". */
export type Gtid = string;
