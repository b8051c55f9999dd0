/** Comparing MariaDB GTID positions. Only valid between servers of one linear history (one domain, strict mode). */
import type { Gtid } from './ids.ts';

export interface GtidEntry {
  domain: number;
  server: number;
  sequence: number;
}

/** `0-1-42,1-7-3` → entries; the empty string → none. Throws on anything else: a server never answers with it. */
export function parseGtid(position: Gtid): GtidEntry[] {
  if (position.trim() === '') return [];
  return position.split(',').map((text) => {
    const match = /^\s*(\d+)-(\d+)-(\d+)\s*$/.exec(text);
    if (match === null) throw new Error(`not a GTID position: ${JSON.stringify(position)}`);
    return { domain: Number(match[1]), server: Number(match[2]), sequence: Number(match[3]) };
  });
}

/** True when everything up to `wanted` is contained in `had`, domain by domain. */
export function covers(had: Gtid, wanted: Gtid): boolean {
  const reached = new Map(parseGtid(had).map((entry) => [entry.domain, entry.sequence]));
  return parseGtid(wanted).every((entry) => (reached.get(entry.domain) ?? -1) >= entry.sequence);
}
