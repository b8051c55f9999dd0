/** The agent's connection to a simulated server: it understands the statements that the agent's actions say, and no others. */
import type { Row, Session } from '../../../src/agent/mariadb/session.ts';
import { type Clock, withDeadline } from '../../../src/platform/clock.ts';
import type { Process } from '../process.ts';
import { closeFeed, receivedPosition, resetReplica, sequenceIn, startReplica, stopIo, stopSql } from './replication.ts';
import type { Server } from './server.ts';

const STATEMENT_MS = 2_000;

/** A statement that the server refused: the connection stays as it is. */
class SqlError extends Error {
  readonly errno: number;
  readonly sqlState = 'HY000';
  constructor(errno: number, message: string) {
    super(message);
    this.errno = errno;
  }
}

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

  return {
    async query(sql, timeoutMs = STATEMENT_MS) {
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
    },
    id: () => open?.id ?? null,
    close: drop,
  };
}

type Statement = (server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void, id: number) => void;

function run(server: Server, id: number, sql: string, answer: (rows: Row[]) => void): void {
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  for (const [pattern, statement] of STATEMENTS) {
    const match = pattern.exec(text);
    if (match !== null) {
      statement(server, match, answer, id);
      return;
    }
  }
  throw new Error(`the simulated server does not know this statement: ${text}`);
}

const VALUES: Record<string, (server: Server) => string | number> = {
  gtid_slave_pos: (server) => server.dir.slavePosition,
  gtid_binlog_pos: (server) => server.binlogPosition(),
  read_only: (server) => Number(server.readOnly),
  rpl_semi_sync_master_enabled: (server) => Number(server.waiting),
};

const SETTERS: Record<string, (server: Server, value: string) => void> = {
  read_only: (server, value) => server.setReadOnly(value === '1'),
  rpl_semi_sync_master_enabled: (server, value) => server.setWaiting(value === '1'),
  rpl_semi_sync_slave_enabled: (server, value) => {
    server.acknowledging = value === '1';
  },
  gtid_slave_pos: (server, value) => {
    if (server.replica.sqlRunning && server.replica.io !== 'no') throw new SqlError(1198, 'slave is running');
    server.dir.slavePosition = value;
  },
};

const done =
  (act: (server: Server, match: RegExpExecArray) => void): Statement =>
  (server, match, answer) => {
    act(server, match);
    answer([]);
  };

const STATEMENTS: [RegExp, Statement][] = [
  [/^(DO 1|SELECT SLEEP|SET SESSION sql_log_bin)/, done(() => {})],
  [/^STOP SLAVE IO_THREAD$/, (server, _, answer) => stopIo(server, () => answer([]))],
  [/^STOP SLAVE$/, (server, _, answer) => stopIo(server, () => answerAfter(() => stopSql(server), answer))],
  [/^START SLAVE SQL_THREAD$/, done((server) => startReplica(server, 'sql'))],
  [/^START SLAVE$/, done((server) => startReplica(server, 'both'))],
  [/^RESET SLAVE ALL$/, done(resetReplica)],
  [/^SHOW SLAVE STATUS$/, (server, _, answer) => answer(slaveStatus(server))],
  [/^SELECT MASTER_GTID_WAIT\('(.*)', ([\d.]+)\)/, waitForGtid],
  [
    /^SELECT ID AS id, USER AS user FROM information_schema.PROCESSLIST$/,
    (server, _, answer) => answer(everybody(server)),
  ],
  [/^SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '(.*)' AND ID <> CONNECTION_ID\(\)$/, others],
  [/^SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE USER = '(.*)' AND COMMAND/, dumpsOf],
  [/^KILL (\d+)$/, done((server, match) => kill(server, Number(match[1])))],
  [
    /^SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'$/,
    (server, _, answer) => answer([{ Value: clients(server) }]),
  ],
  [
    /^SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_status'$/,
    (server, _, answer) => answer([{ Value: server.waiting ? 'ON' : 'OFF' }]),
  ],
  [/^ALTER USER 'holdfast_sync_(.*)'@'%' ACCOUNT (LOCK|UNLOCK)$/, done(lock)],
  [/^CHANGE MASTER TO MASTER_HOST='(.*?)', MASTER_PORT=(\d+), MASTER_USER='(.*?)'/, done(changeMaster)],
  [/^REPLACE INTO holdfast.reigns/, (server, _, answer) => server.commit(null, true, () => answer([]))],
  [/^SET (GLOBAL .*)$/, done(setAll)],
  [/^SELECT (@@global\..*)$/, (server, match, answer) => answer([select(server, match[1]!)])],
];

function answerAfter(act: () => void, answer: (rows: Row[]) => void): void {
  act();
  answer([]);
}

function setAll(server: Server, match: RegExpExecArray): void {
  for (const part of match[1]!.split(',')) {
    const [, name, value] = /^\s*GLOBAL (\w+)='?([^']*)'?$/.exec(part) ?? [];
    const setter = SETTERS[name ?? ''];
    if (setter === undefined) throw new Error(`the simulated server does not know this variable: ${part}`);
    setter(server, value!);
  }
}

function select(server: Server, list: string): Row {
  return Object.fromEntries(
    list.split(',').map((part) => {
      const [, name = '', alias = ''] = /@@global\.(\w+) AS (\w+)/.exec(part) ?? [];
      return [alias, VALUES[name]!(server)];
    }),
  );
}

function slaveStatus(server: Server): Row[] {
  const { replica } = server;
  if (replica.source === null) return [];
  const io = { yes: 'Yes', connecting: 'Connecting', no: 'No' }[replica.io];
  return [
    {
      Slave_IO_Running: replica.ghost ? 'No' : io,
      Slave_SQL_Running: replica.sqlRunning ? 'Yes' : 'No',
      Master_Host: replica.source.host,
      Master_Port: replica.source.port,
      Master_User: replica.source.user,
      Gtid_IO_Pos: receivedPosition(server),
      Gtid_Slave_Pos: server.dir.slavePosition,
      Last_IO_Errno: replica.ioErrno,
      Last_IO_Error: replica.ioError,
      Last_SQL_Errno: replica.sqlErrno,
      Last_SQL_Error: replica.sqlError,
    },
  ];
}

function waitForGtid(server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void): void {
  const wanted = sequenceIn(match[1]!);
  const { waitsForApply } = server.replica;
  const look = () => {
    if (sequenceIn(server.dir.slavePosition) < wanted && sequenceIn(server.binlogPosition()) < wanted) return;
    end(0);
  };
  const end = (reached: number) => {
    if (waitsForApply.delete(look)) answer([{ reached }]);
  };
  waitsForApply.add(look);
  server.around.engine.after(Number(match[2]) * 1_000, () => server.process.deliver(() => end(-1)));
  look();
}

/** Connections of replicas have numbers too: the feed's place plus this. */
const FEED_IDS = 1_000_000;
const NUMBERS: Record<string, number> = { a: 1, b: 2, c: 3 };

function everybody(server: Server): Row[] {
  const feeds = [...server.feeds].map((feed) => ({
    id: FEED_IDS + NUMBERS[feed.replica.zone]!,
    user: userOf(feed.replica),
  }));
  return [...[...server.sessions].map(([id, { user }]) => ({ id, user })), ...feeds];
}

function others(server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void, own: number): void {
  answer([...server.sessions].flatMap(([id, { user }]) => (user === match[1] && id !== own ? [{ id }] : [])));
}

function dumpsOf(server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void): void {
  const dumps = [...server.feeds].filter((feed) => userOf(feed.replica) === match[1]);
  answer(dumps.map(() => ({ state: 'Master has sent all binlog to slave; waiting for more updates' })));
}

function clients(server: Server): number {
  return [...server.feeds].filter((feed) => userOf(feed.replica).startsWith('holdfast_sync_')).length;
}

function kill(server: Server, id: number): void {
  const session = server.sessions.get(id);
  const feed = [...server.feeds].find((one) => FEED_IDS + NUMBERS[one.replica.zone]! === id);
  if (session !== undefined) session.abort();
  else if (feed !== undefined) closeFeed(feed, 'source');
  else throw new SqlError(1094, `Unknown thread id: ${id}`);
}

function lock(server: Server, match: RegExpExecArray): void {
  if (match[2] === 'LOCK') server.dir.locked.add(match[1]!);
  else server.dir.locked.delete(match[1]!);
}

function userOf(replica: Server): string {
  return replica.replica.source?.user ?? '';
}

function changeMaster(server: Server, [, host = '', port, user = '']: RegExpExecArray): void {
  if (server.replica.sqlRunning || server.replica.io !== 'no') throw new SqlError(1198, 'slave is running');
  const zone = Object.keys(NUMBERS).find((one) => hostOf(one) === host)!;
  server.replica.source = { zone, host, port: Number(port), user };
  server.dir.source = server.replica.source;
}

/** Zones' addresses: 10.0.1.11 and so on. */
export function hostOf(zone: string): string {
  return `10.0.${NUMBERS[zone]}.11`;
}
