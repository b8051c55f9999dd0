/**
 * The routes on disk, for a restart while the store is down. A row is written before it is pushed: whatever survives a crash,
 * the file is never behind the data plane, so no restart can go back to a lower epoch (I10).
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import type { SiteId } from '../model/index.ts';
import { parseLine, type RouteRow, toLine } from './route-row.ts';

export interface RouteFile {
  /** The newest row of every site. */
  rows: ReadonlyMap<SiteId, RouteRow>;
  /** Keeps those rows that are new, and answers them; rows with a lower epoch than the one kept are dropped. */
  write(rows: RouteRow[]): RouteRow[];
}

/** Superseded lines that may pile up before the file is written anew. */
const MOST_STALE_LINES = 1_000;

export function openRouteFile(path: string): RouteFile {
  const rows = new Map<SiteId, RouteRow>();
  let lines = 0;

  const keep = (row: RouteRow): boolean => {
    const before = rows.get(row.site);
    if (before !== undefined && (row.epoch < before.epoch || toLine(row) === toLine(before))) return false;
    rows.set(row.site, row);
    return true;
  };

  const rewrite = () => {
    const file = openSync(`${path}.new`, 'w', 0o600);
    writeSync(file, [...rows.values()].map((row) => `${toLine(row)}\n`).join(''));
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.new`, path);
    lines = rows.size;
  };

  if (existsSync(path)) {
    // The last line has no end when its writer was killed while writing it.
    for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
      const row = parseLine(line);
      if (row !== null) keep(row);
    }
  }
  rewrite();

  return {
    rows,
    write(wanted) {
      const fresh = wanted.filter(keep);
      if (fresh.length === 0) return fresh;
      lines += fresh.length;
      if (lines - rows.size > MOST_STALE_LINES + rows.size) rewrite();
      else appendFileSync(path, fresh.map((row) => `${toLine(row)}\n`).join(''), { mode: 0o600 });
      return fresh;
    },
  };
}
