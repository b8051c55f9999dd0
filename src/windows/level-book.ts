/**
 * The minutes of all edges, as one controller keeps them: an hour of a site at an edge is one row. What is taken in a second time
 * replaces what was there, so that it does not matter how often and in which order edges are asked.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type EdgeId, EVERY_SITE, type SiteId } from '../model/index.ts';
import type { Log } from '../platform/log.ts';
import { MINUTES_A_DAY } from '../record/level/calendar.ts';
import type { CountedRow } from '../record/level/minutes.ts';
import { inTransaction, keepOpen, openDatabase } from './database.ts';
import { type HourCounts, MINUTES_AN_HOUR, parseHourText, toHourText } from './hours.ts';

const KEEP_HOURS = 400 * 24;
/** Which sites failed when, for who looks at the newest hours. */
const KEEP_FAILING_HOURS = 48;
/** About six gigabytes: 10,000 sites that somebody visits in every minute, for three months. The oldest go first. */
const MOST_HOUR_ROWS = 20_000_000;
/** So many go at a time, so that nobody waits for long. */
const MOST_REMOVED = 2_000;

export interface LevelBook {
  /** Takes a page of an edge in, and where to go on with it. @throws Error when it cannot be written: then it has to come again */
  take(edge: EdgeId, rows: readonly CountedRow[], next: string): void;
  /** Where to go on with this edge; empty: at its beginning. */
  cursor(edge: EdgeId): string;
  /** From the first minute to before the last (minutes since 1970): the site's own, and `EVERY_SITE`'s for which were counted. */
  rows(site: SiteId, from: number, to: number): CountedRow[];
  /** The site's first minute of all with a request; null: nobody has asked for it yet. */
  since(site: SiteId): number | null;
  /** In which a request failed in an hour that reaches beyond this minute. */
  failingSites(minute: number): SiteId[];
  /** Figures that were worked out before and are still true: nothing has come in for them since. In the order of the days. */
  figures(site: SiteId, fromDay: number, toDay: number): KeptFigures[];
  /** For a later question. */
  keepFigures(site: SiteId, figures: KeptFigures): void;
  /** Clears some of what is too old, or too much, away. */
  clear(minute: number): void;
  close(): void;
}

/** Of one day, up to a minute. */
export interface KeptFigures {
  /** Days since 1970. */
  day: number;
  /** From the day's beginning to before this minute, since 1970. */
  upTo: number;
  /** Under which terms (`termsOf`). */
  terms: string;
  /** JSON. */
  figures: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS hours (site TEXT NOT NULL, hour INTEGER NOT NULL, edge TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (site, hour, edge)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hours_by_time ON hours (hour);
CREATE TABLE IF NOT EXISTS failing (hour INTEGER NOT NULL, site TEXT NOT NULL, PRIMARY KEY (hour, site)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (edge TEXT PRIMARY KEY, next TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS firsts (site TEXT PRIMARY KEY, minute INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS figures (site TEXT NOT NULL, day INTEGER NOT NULL, upTo INTEGER NOT NULL, terms TEXT NOT NULL, figures TEXT NOT NULL, PRIMARY KEY (site, day)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS figures_by_time ON figures (day, upTo);
`;

/** @throws Error when the file cannot be opened; a damaged one is begun anew */
export function openLevelBook(path: string, log: Log): LevelBook {
  const kept = keepOpen(() => openBook(path, log), path, log);
  return {
    take: (edge, rows, next) => kept.safely((book) => book.take(edge, rows, next)),
    cursor: (edge) => kept.safely((book) => book.cursor(edge)),
    rows: (site, from, to) => kept.safely((book) => book.rows(site, from, to)),
    since: (site) => kept.safely((book) => book.since(site)),
    failingSites: (minute) => kept.safely((book) => book.failingSites(minute)),
    figures: (site, fromDay, toDay) => kept.safely((book) => book.figures(site, fromDay, toDay)),
    keepFigures: (site, figures) => kept.safely((book) => book.keepFigures(site, figures)),
    clear: (minute) => kept.safely((book) => book.clear(minute)),
    close: () => kept.close(),
  };
}

function openBook(path: string, log: Log): LevelBook {
  const database = openDatabase(path, SCHEMA, log);
  const hours = keepHours(database);
  const figures = keepFigures(database);
  const firsts = keepFirsts(database);
  const cursor = database.prepare('SELECT next FROM cursors WHERE edge = ?');
  const setCursor = database.prepare(
    'INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next',
  );

  const noteFailing = database.prepare('INSERT INTO failing VALUES (?, ?) ON CONFLICT DO NOTHING');
  const failing = database.prepare('SELECT DISTINCT site FROM failing WHERE hour >= ?');
  const clearFailing = database.prepare('DELETE FROM failing WHERE hour < ?');

  const takeHour = (edge: EdgeId, site: SiteId, hour: number, rows: readonly CountedRow[]) => {
    if (!hours.put(site, hour, edge, rows)) return;
    if (rows.some(({ failed }) => failed > 0)) noteFailing.run(hour, site);
    const first = Math.min(...rows.map(({ minute }) => minute));
    if (site === EVERY_SITE) figures.forgetAll(first);
    else figures.forget(site, first);
    const asked = rows.filter(({ requests }) => requests > 0).map(({ minute }) => minute);
    if (asked.length === 0 || site === EVERY_SITE) return;
    if (firsts.note(site, Math.min(...asked))) figures.forgetSite(site);
  };

  return {
    take(edge, rows, next) {
      inTransaction(database, () => {
        for (const { site, hour, own } of byHour(rows)) takeHour(edge, site, hour, own);
        setCursor.run(edge, next);
      });
    },
    cursor: (edge) => (cursor.get(edge)?.next as string | undefined) ?? '',
    rows: (site, from, to) => [...hours.of(site, from, to), ...hours.of(EVERY_SITE, from, to)],
    since: firsts.of,
    failingSites: (minute) => failing.all(Math.floor(minute / MINUTES_AN_HOUR)).map(({ site }) => String(site)),
    figures: figures.of,
    keepFigures: figures.keep,
    clear(minute) {
      inTransaction(database, () => {
        hours.clear(Math.floor(minute / MINUTES_AN_HOUR) - KEEP_HOURS);
        clearFailing.run(Math.floor(minute / MINUTES_AN_HOUR) - KEEP_FAILING_HOURS);
        figures.clear(Math.floor(minute / MINUTES_A_DAY) - KEEP_HOURS / 24);
      });
    },
    close: () => database.close(),
  };
}

interface Hour {
  site: SiteId;
  hour: number;
  own: CountedRow[];
}

function byHour(rows: readonly CountedRow[]): Iterable<Hour> {
  const all = new Map<string, Hour>();
  for (const row of rows) {
    const hour = Math.floor(row.minute / MINUTES_AN_HOUR);
    const one = all.get(`${hour} ${row.site}`) ?? { site: row.site, hour, own: [] };
    one.own.push(row);
    all.set(`${hour} ${row.site}`, one);
  }
  return all.values();
}

function keepHours(database: DatabaseSync) {
  const read = database.prepare('SELECT counts FROM hours WHERE site = ? AND hour = ? AND edge = ?');
  const insert = database.prepare('INSERT INTO hours VALUES (?, ?, ?, ?)');
  const update = database.prepare('UPDATE hours SET counts = ? WHERE site = ? AND hour = ? AND edge = ?');
  const between = database.prepare(
    'SELECT hour, edge, counts FROM hours WHERE site = ? AND hour >= ? AND hour <= ? ORDER BY hour, edge',
  );
  const old = database.prepare('SELECT hour, site, edge FROM hours ORDER BY hour LIMIT ?');
  const remove = database.prepare('DELETE FROM hours WHERE site = ? AND hour = ? AND edge = ?');
  let count = Number((database.prepare('SELECT count(*) AS count FROM hours').get() as { count: number }).count);
  return {
    /** False: all of it was known. */
    put(site: SiteId, hour: number, edge: EdgeId, rows: readonly CountedRow[]): boolean {
      const before = read.get(site, hour, edge)?.counts as string | undefined;
      const counts: HourCounts = parseHourText(before ?? '');
      for (const { minute, requests, failed } of rows) counts.set(minute % MINUTES_AN_HOUR, { requests, failed });
      const after = toHourText(counts);
      if (after === before) return false;
      if (before === undefined) count += 1;
      if (before === undefined) insert.run(site, hour, edge, after);
      else update.run(after, site, hour, edge);
      return true;
    },
    *of(site: SiteId, from: number, to: number): Iterable<CountedRow> {
      const [first, last] = [Math.floor(from / MINUTES_AN_HOUR), Math.floor((to - 1) / MINUTES_AN_HOUR)];
      for (const { hour, edge, counts } of between.iterate(site, first, last)) {
        for (const [at, { requests, failed }] of parseHourText(String(counts))) {
          const minute = Number(hour) * MINUTES_AN_HOUR + at;
          if (minute >= from && minute < to) yield { edge: String(edge), site, minute, requests, failed };
        }
      }
    },
    clear(before: number): void {
      const tooMany = count - MOST_HOUR_ROWS;
      for (const [index, row] of old.all(MOST_REMOVED).entries()) {
        if (Number(row.hour) >= before && index >= tooMany) return;
        remove.run(row.site!, row.hour!, row.edge!);
        count -= 1;
      }
    },
  };
}

function keepFigures(database: DatabaseSync) {
  const read = database.prepare(
    'SELECT day, upTo, terms, figures FROM figures WHERE site = ? AND day >= ? AND day < ?',
  );
  const write = database.prepare(
    'INSERT INTO figures VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET (upTo, terms, figures) = (excluded.upTo, excluded.terms, excluded.figures)',
  );
  const forget = database.prepare('DELETE FROM figures WHERE site = ? AND day = ? AND upTo > ?');
  const forgetAll = database.prepare('DELETE FROM figures WHERE day = ? AND upTo > ?');
  const forgetSite = database.prepare('DELETE FROM figures WHERE site = ?');
  const clear = database.prepare('DELETE FROM figures WHERE day < ?');
  const dayOf = (minute: number) => Math.floor(minute / MINUTES_A_DAY);
  return {
    of: (site: SiteId, fromDay: number, toDay: number): KeptFigures[] =>
      read.all(site, fromDay, toDay).map(({ day, upTo, terms, figures }) => ({
        day: Number(day),
        upTo: Number(upTo),
        terms: String(terms),
        figures: String(figures),
      })),
    keep: (site: SiteId, { day, upTo, terms, figures }: KeptFigures) => void write.run(site, day, upTo, terms, figures),
    /** Those that this minute belongs to. */
    forget: (site: SiteId, minute: number) => void forget.run(site, dayOf(minute), minute),
    forgetAll: (minute: number) => void forgetAll.run(dayOf(minute), minute),
    forgetSite: (site: SiteId) => void forgetSite.run(site),
    clear: (before: number) => void clear.run(before),
  };
}

/** In memory too: nearly every row asks. */
function keepFirsts(database: DatabaseSync) {
  const write = database.prepare('INSERT INTO firsts VALUES (?, ?) ON CONFLICT DO UPDATE SET minute = excluded.minute');
  const known = new Map<SiteId, number>();
  for (const { site, minute } of database.prepare('SELECT site, minute FROM firsts').iterate())
    known.set(String(site), Number(minute));
  return {
    of: (site: SiteId) => known.get(site) ?? null,
    /** True: it is earlier than what was known. */
    note(site: SiteId, minute: number): boolean {
      if ((known.get(site) ?? Number.POSITIVE_INFINITY) <= minute) return false;
      write.run(site, minute);
      known.set(site, minute);
      return true;
    },
  };
}
