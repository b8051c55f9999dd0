/**
 * A file of rows that exist elsewhere too: written without ever waiting for the disk, so that nobody's loop stands still, and set aside
 * and begun anew when the machine's crash has damaged it.
 */
import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../platform/log.ts';

/** Of SQLite: SQLITE_CORRUPT, SQLITE_NOTADB. */
const DAMAGED = [11, 26];
/** So many pages (4 KB) are kept in memory. */
const CACHE_PAGES = 2_000;

export function openDatabase(path: string, schema: string, log: Log): DatabaseSync {
  try {
    return open(path, schema);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    setAside(path, log);
    return open(path, schema);
  }
}

function isDamaged(error: unknown): boolean {
  return DAMAGED.includes((error as { errcode?: number }).errcode ?? 0);
}

/** `open` answers what works on the file. A file that turns out to be damaged is begun anew, once, and the work is done again. */
export function keepOpen<T extends { close(): void }>(open: () => T, path: string, log: Log) {
  let opened = open();
  return {
    safely<R>(work: (opened: T) => R): R {
      try {
        return work(opened);
      } catch (error) {
        if (!isDamaged(error)) throw error;
        opened.close();
        setAside(path, log);
        opened = open();
        return work(opened);
      }
    },
    close: () => opened.close(),
  };
}

/** One that was set aside before goes. */
function setAside(path: string, log: Log): void {
  log.error({ path }, 'the file of counted requests is damaged: set aside, and begun anew');
  renameSync(path, `${path}.damaged`);
  for (const part of ['-wal', '-shm']) rmSync(`${path}${part}`, { force: true });
}

/** All of it or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function open(path: string, schema: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1_000 });
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = ${CACHE_PAGES}; PRAGMA temp_store = MEMORY`,
    );
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
