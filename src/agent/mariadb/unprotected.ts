/** What no acknowledgement protects, told to people: tables without transactions, and XA transactions that somebody prepared and left. */
import type { Clock } from '../../platform/clock.ts';
import { quoted, type Session } from './session.ts';

const MOST_NAMED = 5;
const STATEMENT_MS = 5_000;
/** Prepared for so long, it is left rather than under way. */
const LEFT_MS = 60_000;

export interface Unprotected {
  /** One look; rejects when the server does not answer. */
  look(): Promise<void>;
  /** Null: there is nothing. */
  trouble(): string | null;
}

export function createUnprotected(clock: Clock, session: Session, databaseName: string): Unprotected {
  let sentences: string[] = [];
  let prepared = new Map<string, number>();
  return {
    async look() {
      const tables = await session.query(
        `SET STATEMENT max_statement_time=2 FOR SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES
         WHERE TABLE_SCHEMA=${quoted(databaseName)} AND TABLE_TYPE='BASE TABLE' AND ENGINE<>'InnoDB' ORDER BY 1 LIMIT ${MOST_NAMED + 1}`,
        STATEMENT_MS,
      );
      const names = (await session.query('XA RECOVER', STATEMENT_MS)).map((row) => String(row.data));
      prepared = new Map(names.map((name) => [name, prepared.get(name) ?? clock.mono()]));
      const left = [...prepared].filter(([, since]) => clock.mono() - since >= LEFT_MS).map(([name]) => name);
      sentences = [
        ...toSentence(
          'tables that are not InnoDB',
          tables.map((row) => `${row.name} (${row.engine})`),
        ),
        ...toSentence('XA transactions that were prepared and not ended', left),
      ];
    },
    trouble: () => (sentences.length === 0 ? null : sentences.join('; ')),
  };
}

function toSentence(what: string, names: string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMED ? ' and more' : '';
  return [`${what}: ${names.slice(0, MOST_NAMED).join(', ')}${more}`];
}
