/** The statements that the agent's actions say to a server, and what each does to a simulated one. Any other is an error of the simulator. */
import type { Row } from '../../../src/agent/mariadb/session.ts';
import { hostOf, NUMBERS } from './address.ts';
import { resetReplica, stopSql } from './apply.ts';
import { closeFeed, startReplica, stopIo } from './connection.ts';
import { gtidOf } from './data-dir.ts';
import { receivedPosition, sequenceIn } from './replica.ts';
import type { Server } from './server.ts';

/** A statement that the server refused: the connection stays as it is. */
export class SqlError extends Error {
  readonly errno: number;
  readonly sqlState = 'HY000';
  constructor(errno: number, message: string) {
    super(message);
    this.errno = errno;
  }
}

type Statement = (server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void, id: number) => void;

/** Does it, and answers once (or never). */
export function run(server: Server, id: number, sql: string, answer: (rows: Row[]) => void): void {
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
  gtid_binlog_state: (server) => binlogState(server),
  read_only: (server) => Number(server.readOnly),
  rpl_semi_sync_master_enabled: (server) => Number(server.waiting),
};

const SETTERS: Record<string, (server: Server, value: string) => void> = {
  read_only: (server) => server.makeWritable(),
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
  [/^START SLAVE UNTIL MASTER_GTID_POS='(.*)'$/, done((server, match) => startUntil(server, match[1]!))],
  [/^START SLAVE SQL_THREAD$/, done((server) => startReplica(server, 'sql'))],
  [/^START SLAVE$/, done((server) => startReplica(server, 'both'))],
  [/^RESET SLAVE ALL$/, done(resetReplica)],
  [/^SHOW SLAVE STATUS$/, (server, _, answer) => answer(slaveStatus(server))],
  [/^SELECT MASTER_GTID_WAIT\('(.*)', ([\d.]+)\)/, waitForGtid],
  [
    /^SELECT ID AS id, USER AS user FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID\(\)$/,
    (server, _, answer, own) => answer(everybody(server).filter(({ id }) => id !== own)),
  ],
  [/^SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE USER = '(.*)' AND COMMAND/, dumpsOf],
  [/^KILL (\d+)$/, done((server, match) => kill(server, Number(match[1])))],
  [
    /^SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'$/,
    (server, _, answer) => answer([{ Value: clients(server) }]),
  ],
  [
    /^SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_wait_sessions'$/,
    (server, _, answer) => answer([{ Value: server.waitingSessions() }]),
  ],
  [
    /^SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_status'$/,
    (server, _, answer) => answer([{ Value: server.waiting ? 'ON' : 'OFF' }]),
  ],
  [/^ALTER USER 'holdfast_sync_(.*)'@'%' ACCOUNT (LOCK|UNLOCK)$/, done(lock)],
  [/^CHANGE MASTER TO MASTER_HOST='(.*?)', MASTER_PORT=(\d+), MASTER_USER='(.*?)'/, done(changeMaster)],
  [/^INSERT INTO holdfast.reigns VALUES \((\d+),/, beginReign],
  [/^SET GLOBAL read_only=1$/, (server, _, answer) => server.makeReadOnly(() => answer([]))],
  [/^SET (GLOBAL .*)$/, done(setAll)],
  [/^SELECT (@@global\..*)$/, (server, match, answer) => answer([select(server, match[1]!)])],
];

function beginReign(server: Server, match: RegExpExecArray, answer: (rows: Row[]) => void): void {
  server.commit(null, true, () => {
    server.dir.reign = Number(match[1]);
    answer([]);
  });
}

/** Of every server that wrote, the newest in the binlog. */
function binlogState({ dir }: Server): string {
  const newest = new Map(dir.log.slice(dir.purgedTo).map((txn) => [txn.server, gtidOf(txn)]));
  return [...newest.values()].join(',');
}

function startUntil(server: Server, position: string): void {
  server.replica.until = sequenceIn(position);
  startReplica(server, 'both');
}

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

function everybody(server: Server): { id: number; user: string }[] {
  const feeds = [...server.feeds].map((feed) => ({
    id: FEED_IDS + NUMBERS[feed.replica.zone]!,
    user: userOf(feed.replica),
  }));
  return [...[...server.sessions].map(([id, { user }]) => ({ id, user })), ...feeds];
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
