/** One lazily opened connection to the own server's socket, on which no statement can hang longer than it was given. */
// With callbacks: the driver's promises take a stack trace with every statement, a twentieth of what an agent does.
import mysql from 'mysql2';
import { type Clock, withDeadline } from '../../platform/clock.ts';

export type Row = Record<string, unknown>;

export interface Session {
  /** Runs one statement. After a failure or a missed deadline the connection is dropped; the next query opens another. */
  query(sql: string, timeoutMs?: number): Promise<Row[]>;
  /**
   * Several at once, one answer to each in their order: sent, answered and waited for as one. Only for statements without any value from
   * outside, over a session that was opened for it (`several`).
   */
  queryAll(statements: readonly string[], timeoutMs?: number): Promise<Row[][]>;
  /** Does the server say anything at all within this time? Asked over a connection of its own. Never throws. */
  answers(withinMs: number): Promise<boolean>;
  /** The server's id of the open connection, or null. */
  id(): number | null;
  close(): void;
}

export interface SessionTarget {
  socketPath?: string;
  host?: string;
  port?: number;
  user: string;
  password: string | undefined;
  /** May send several statements in one text. */
  several?: boolean;
}

const CONNECT_MS = 1_000;
const STATEMENT_MS = 2_000;

/** Opens nothing yet. */
export function createSession(clock: Clock, { several = false, ...target }: SessionTarget): Session {
  let open: mysql.Connection | null = null;

  const drop = () => {
    open?.destroy();
    open = null;
  };

  const connect = async (timeoutMs: number) => {
    const pending = connected({
      ...target,
      multipleStatements: several,
      connectTimeout: timeoutMs,
      // None is prepared; the driver would make room for sixteen thousand with every connection.
      maxPreparedStatements: 1,
      dateStrings: true,
      supportBigNumbers: true,
    });
    try {
      const connection = await withDeadline(clock, 'connecting to the database', timeoutMs, pending);
      connection.on('error', drop);
      return connection;
    } catch (error) {
      pending.then(
        (late) => late.destroy(),
        () => {},
      );
      throw error;
    }
  };

  const send = async (sql: string, timeoutMs: number): Promise<unknown> => {
    open ??= await connect(Math.min(timeoutMs, CONNECT_MS));
    const connection = open;
    try {
      // The driver's own time limit does not fire while the process that it talks to is stopped: race it as well.
      const work = answered(connection, { sql, timeout: timeoutMs });
      work.catch(() => {});
      return await withDeadline(clock, nameOf(sql), timeoutMs, work);
    } catch (error) {
      // A statement that the server refused leaves the connection in order; anything else leaves it unknown.
      if (!isRefusal(error)) {
        connection.destroy();
        if (open === connection) open = null;
      }
      throw error;
    }
  };

  return {
    query: async (sql, timeoutMs = STATEMENT_MS) => rowsOf(await send(sql, timeoutMs)),
    async queryAll(statements, timeoutMs = STATEMENT_MS) {
      const results = await send(statements.join(';'), timeoutMs);
      return statements.length === 1 ? [rowsOf(results)] : (results as unknown[]).map(rowsOf);
    },
    async answers(withinMs) {
      const until = clock.mono() + withinMs;
      try {
        const connection = await connect(withinMs);
        const work = answered(connection, { sql: 'DO 0' });
        await withDeadline(clock, 'asking the database for a sign of life', until - clock.mono(), work).finally(() =>
          connection.destroy(),
        );
        return true;
      } catch (error) {
        return isRefusal(error);
      }
    },
    id: () => open?.threadId ?? null,
    close: drop,
  };
}

function connected(options: mysql.ConnectionOptions): Promise<mysql.Connection> {
  return new Promise((resolve, reject) => {
    const connection = mysql.createConnection(options);
    connection.connect((error) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
}

function answered(connection: mysql.Connection, statement: mysql.QueryOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(statement, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** What changes something is answered without rows. */
function rowsOf(result: unknown): Row[] {
  return Array.isArray(result) ? (result as Row[]) : [];
}

function isRefusal(error: unknown): boolean {
  const { sqlState, fatal } = error as { sqlState?: string; fatal?: boolean };
  return typeof sqlState === 'string' && sqlState !== '' && fatal !== true;
}

/** First words only: a statement may hold a password. */
function nameOf(sql: string): string {
  return sql.trim().split(/\s+/).slice(0, 4).join(' ').slice(0, 60);
}

/** Quotes a text value. */
export function quoted(text: string): string {
  return mysql.escape(text);
}
