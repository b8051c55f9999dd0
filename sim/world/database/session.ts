/** The agent's connection to a simulated server: it understands the statements that the agent's actions say, and no others. */
import type { Row, Session } from '../../../src/agent/mariadb/session.ts';
import { type Clock, withDeadline } from '../../../src/platform/clock.ts';
import type { Process } from '../process.ts';
import type { Server } from './server.ts';
import { run, SqlError } from './statements.ts';

const STATEMENT_MS = 2_000;

export interface SessionOptions {
  /** Who asks: an answer reaches it only while it lives, and when it runs. */
  asker: Process;
  user: string;
  /** The server that listens now; null: nobody does. */
  server: () => Server | null;
  /** How long a statement or its answer travels; Infinity: never. */
  tripMs: () => number;
  /** Called before each statement is sent. */
  onStatement?: () => void;
  /** Ids of connections, unique in the run. */
  nextId: () => number;
}

interface Connection {
  id: number;
  server: Server;
  open: boolean;
  /** What the statement under way waits for: ended with the connection. */
  fail: (error: Error) => void;
}

export function createSimSession(options: SessionOptions): Session {
  const { asker } = options;
  const clock: Clock = asker.clock;
  let open: Connection | null = null;

  const drop = () => {
    const connection = open;
    open = null;
    if (connection === null || !connection.open) return;
    connection.open = false;
    const tripMs = options.tripMs();
    if (tripMs === Number.POSITIVE_INFINITY) return;
    connection.server.around.engine.after(tripMs, () => connection.server.sessions.delete(connection.id));
  };

  const connect = (): Connection => {
    const server = options.server();
    if (server === null || !server.ready || server.process.state() === 'ended') throw new Error('connect ECONNREFUSED');
    const connection: Connection = { id: options.nextId(), server, open: true, fail: () => {} };
    server.sessions.set(connection.id, {
      user: options.user,
      abort: () => {
        connection.open = false;
        server.sessions.delete(connection.id);
        if (open === connection) open = null;
        asker.deliver(() => connection.fail(new Error('Connection lost: The server closed the connection.')));
      },
    });
    return connection;
  };

  const query = async (sql: string, timeoutMs = STATEMENT_MS): Promise<Row[]> => {
    options.onStatement?.();
    // A fault may have struck at this very statement.
    if (asker.state() !== 'running') await clock.sleep(0);
    open ??= connect();
    const connection = open;
    const { server } = connection;
    const { engine } = server.around;
    const work = new Promise<Row[]>((resolve, reject) => {
      const settle = (finish: () => void) =>
        asker.deliver(() => {
          engine.stir();
          finish();
        });
      connection.fail = (error) => settle(() => reject(error));
      const answer = (rows: Row[]) => {
        const tripMs = options.tripMs();
        if (tripMs !== Number.POSITIVE_INFINITY && connection.open)
          engine.after(tripMs, () => settle(() => resolve(rows)));
      };
      const tripMs = options.tripMs();
      if (tripMs === Number.POSITIVE_INFINITY) return;
      engine.after(tripMs, () =>
        server.process.deliver(() => {
          if (!server.sessions.has(connection.id)) return;
          try {
            run(server, connection.id, sql, answer);
          } catch (error) {
            settle(() => reject(error));
          }
        }),
      );
    });
    work.catch(() => {});
    try {
      return await withDeadline(clock, sql.slice(0, 40), timeoutMs, work);
    } catch (error) {
      if (!(error instanceof SqlError)) drop();
      throw error;
    }
  };

  return {
    query,
    async queryAll(statements, timeoutMs = STATEMENT_MS) {
      const answers: Row[][] = [];
      for (const statement of statements) answers.push(await query(statement, timeoutMs));
      return answers;
    },
    async answers(withinMs) {
      const server = options.server();
      if (server === null) return false;
      if (server.process.state() !== 'running') await clock.sleep(withinMs);
      return options.server() === server && server.process.state() === 'running';
    },
    id: () => open?.id ?? null,
    close: drop,
  };
}
