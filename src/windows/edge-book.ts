/** What one edge counted, kept by the edge itself: seconds for a day, minutes for 400 days, each request in both exactly once. */
import type { DatabaseSync } from 'node:sqlite';
import { type EdgeId, EVERY_SITE, type MinuteRow, type SecondRow, type SiteId, type WallMs } from '../model/index.ts';
import type { Log } from '../platform/log.ts';
import { newId } from '../platform/random.ts';
import type { Batch, Visits } from './batch.ts';
import { inTransaction, keepOpen, openDatabase } from './database.ts';
import { addFigures, COLUMN_TYPES, COLUMNS, type Figures, fromColumns, NOTHING, toColumns } from './figures.ts';

export const KEEP_SECONDS = 86_400;
export const KEEP_MINUTES = 400 * 1_440;
/** About half a gigabyte and four; the oldest go first. */
const MOST_SECOND_ROWS = 5_000_000;
const MOST_MINUTE_ROWS = 40_000_000;
/** So many go at a time, so that nobody waits for long. */
const MOST_REMOVED = 12_000;
/** A minute is told once it is over by so much: workers tell a second when it has passed. */
const SETTLED_MS = 3_000;

export interface MinutePage {
  edge: EdgeId;
  rows: MinuteRow[];
  /** Where to go on. */
  next: string;
  /** There is more already. */
  more: boolean;
}

export interface EdgeBook {
  /** Takes a batch in, once. @throws Error when it cannot be written: then it has to come again */
  take(batch: Batch): void;
  /** The newest batch that was taken in. */
  taken(): string;
  /** nginx has just answered: this edge is counting. Makes minutes that are over ready to be told, and clears old rows away. */
  counting(at: WallMs): void;
  /** Minutes that are over, in the order in which they were finished or changed; `after`: what an earlier page said, or empty. */
  minutes(after: string, limit: number): MinutePage;
  /** From the first second to before the last, by site and second, at most `limit`; null: there are more than that. */
  seconds(sites: readonly SiteId[], from: number, to: number, limit: number): SecondRow[] | null;
  close(): void;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS seconds (site TEXT NOT NULL, second INTEGER NOT NULL, ${COLUMN_TYPES}, PRIMARY KEY (site, second)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seconds_by_time ON seconds (second);
CREATE TABLE IF NOT EXISTS minutes (minute INTEGER NOT NULL, site TEXT NOT NULL, ${COLUMN_TYPES}, turn INTEGER, PRIMARY KEY (minute, site)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS minutes_by_turn ON minutes (turn, minute);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

export function openEdgeBook(path: string, edge: EdgeId, log: Log): EdgeBook {
  const kept = keepOpen(() => openBook(path, edge, log), path, log);
  return {
    take: (batch) => kept.safely((book) => book.take(batch)),
    taken: () => kept.safely((book) => book.taken()),
    counting: (at) => kept.safely((book) => book.counting(at)),
    minutes: (after, limit) => kept.safely((book) => book.minutes(after, limit)),
    seconds: (sites, from, to, limit) => kept.safely((book) => book.seconds(sites, from, to, limit)),
    close: () => kept.close(),
  };
}

function openBook(path: string, edge: EdgeId, log: Log): EdgeBook {
  const database = openDatabase(path, SCHEMA, log);
  const notes = keepNotes(database);
  const name = notes.get('name') ?? notes.set('name', newId());
  const seconds = keepRows(database, 'second');
  const minutes = keepRows(database, 'minute');
  /** Minutes before this one have been made ready to be told. */
  let readyTo = Number(notes.get('readyTo') ?? 0);
  let turn = Number(
    (database.prepare('SELECT max(turn) AS turn FROM minutes').get() as { turn: number | null }).turn ?? 0,
  );
  const setTurn = database.prepare('UPDATE minutes SET turn = ? WHERE minute = ? AND site = ?');
  const unready = database.prepare('SELECT minute, site FROM minutes WHERE turn IS NULL AND minute < ?');
  const page = database.prepare(
    `SELECT minute, site, ${COLUMNS}, turn FROM minutes WHERE turn > ? ORDER BY turn LIMIT ?`,
  );
  const ofSite = database.prepare(
    `SELECT site, second, ${COLUMNS} FROM seconds WHERE site = ? AND second >= ? AND second < ? ORDER BY second LIMIT ?`,
  );

  const add = (visits: Visits) => {
    const { site, second, ...figures } = visits;
    const minute = Math.floor(second / 60);
    seconds.add(site, second, figures);
    minutes.add(site, minute, figures);
    // One that was told already is told again.
    if (minute < readyTo) setTurn.run(++turn, minute, site);
  };

  const makeReady = (before: number) => {
    if (before <= readyTo) return;
    for (const row of unready.all(before)) setTurn.run(++turn, row.minute!, row.site!);
    readyTo = before;
    notes.set('readyTo', String(before));
  };

  return {
    take(batch) {
      if (batch.visits.length === 0 || notes.get('taken') === batch.name) return;
      inTransaction(database, () => {
        batch.visits.forEach(add);
        notes.set('taken', batch.name);
      });
    },
    taken: () => notes.get('taken') ?? '',
    counting(at) {
      const minute = Math.floor(at / 60_000);
      inTransaction(database, () => {
        minutes.begin(EVERY_SITE, minute);
        makeReady(Math.floor((at - SETTLED_MS) / 60_000));
        seconds.clear(Math.floor(at / 1_000) - KEEP_SECONDS, MOST_SECOND_ROWS);
        minutes.clear(minute - KEEP_MINUTES, MOST_MINUTE_ROWS);
      });
    },
    minutes(after, limit) {
      const [of, from = '0'] = after.split(':');
      const found = page.all(of === name ? Number(from) : 0, limit + 1);
      const rows = found.slice(0, limit);
      const last = rows.at(-1)?.turn ?? (of === name ? from : 0);
      return {
        edge,
        rows: rows.map((row) => ({ edge, site: String(row.site), minute: Number(row.minute), ...fromColumns(row) })),
        next: `${name}:${last}`,
        more: found.length > limit,
      };
    },
    seconds(sites, from, to, limit) {
      const rows: SecondRow[] = [];
      for (const site of sites) {
        for (const row of ofSite.all(site, from, to, limit + 1 - rows.length))
          rows.push({ edge, site, second: Number(row.second), ...fromColumns(row) });
        if (rows.length > limit) return null;
      }
      return rows;
    },
    close: () => database.close(),
  };
}

function keepNotes(database: DatabaseSync) {
  const read = database.prepare('SELECT value FROM notes WHERE name = ?');
  const write = database.prepare('INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
  return {
    get: (name: string): string | null => (read.get(name)?.value as string | undefined) ?? null,
    set: (name: string, value: string): string => {
      write.run(name, value);
      return value;
    },
  };
}

/** Rows by time and site, with their number known. */
function keepRows(database: DatabaseSync, time: 'second' | 'minute') {
  const table = `${time}s`;
  const read = database.prepare(`SELECT ${COLUMNS} FROM ${table} WHERE ${time} = ? AND site = ?`);
  const insert = database.prepare(`INSERT INTO ${table} (${time}, site, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = database.prepare(
    `UPDATE ${table} SET (${COLUMNS}) = (?, ?, ?, ?, ?, ?) WHERE ${time} = ? AND site = ?`,
  );
  const old = database.prepare(`SELECT ${time} AS time, site FROM ${table} ORDER BY ${time} LIMIT ?`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE ${time} = ? AND site = ?`);
  let count = Number((database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count);
  const begin = (site: SiteId, at: number, figures: Figures = NOTHING) => {
    if (read.get(at, site) !== undefined) return;
    insert.run(at, site, ...toColumns(figures));
    count += 1;
  };
  return {
    begin,
    add(site: SiteId, at: number, figures: Figures) {
      const before = read.get(at, site);
      if (before === undefined) begin(site, at, figures);
      else update.run(...toColumns(addFigures(fromColumns(before), figures)), at, site);
    },
    /** What is older than `before`, and the oldest beyond `most`; some of it at each call. */
    clear(before: number, most: number) {
      const tooMany = count - most;
      if (tooMany <= 0 && Number(old.get(1)?.time ?? before) >= before) return;
      for (const [index, row] of old.all(MOST_REMOVED).entries()) {
        if (Number(row.time) >= before && index >= tooMany) return;
        remove.run(row.time!, row.site!);
        count -= 1;
      }
    },
  };
}
