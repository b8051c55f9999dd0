/** Looks at the running server, up to twelve times a second, over a connection of its own, and never makes anybody wait. */
import type { Gtid, MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Row, Session } from './session.ts';
import { zoneOfSyncUser } from './users.ts';

export interface Sample {
  at: MonoMs;
  writable: boolean;
  /** Semi-sync is switched on as master: commits wait, or would. */
  waiting: boolean;
  /** The server confirms that it is not passing commits through unacknowledged. */
  waitingConfirmed: boolean;
  /** This server would acknowledge as a replica. */
  syncReplica: boolean;
  syncReplicaConnected: boolean;
  binlogPosition: Gtid;
  appliedPosition: Gtid;
  receivedPosition: Gtid;
  /** Where it replicates from; null: nothing is configured. */
  follows: { host: string; port: number; user: string } | null;
  io: 'no' | 'connecting' | 'yes';
  sqlRunning: boolean;
  ioErrno: number;
  ioError: string;
  sqlErrno: number;
  sqlError: string;
  /** Replicas that acknowledge, by their account's zone. */
  acknowledgers: { zone: string; close: boolean }[];
  /** Connections open now, this one among them, and `max_connections`. */
  connections: { used: number; most: number };
  /** Bytes of the relay logs that are received and not applied. */
  backlogBytes: number;
  /** The site's own transactions, by connection and number; empty where nobody can write. */
  open: OpenTransaction[];
  /** The replication thread has heard its source since this server started. */
  everHeard: boolean;
  /** Changes whenever the replication thread received something. */
  heard: string;
}

export interface OpenTransaction {
  /** Another one for every transaction. */
  key: string;
  /** Whole seconds by the server's clock, up to one too many. */
  ageMs: number;
}

const STATEMENT_MS = 300;
const MOST_OPEN = 200;

/** Semi-sync's own word is the dearest of all that is asked: what it was stands for so long where nothing that it depends on has changed. */
const CONFIRMED_FOR_MS = 1_000;

const VARIABLES = `SELECT @@global.read_only AS readOnly, @@global.rpl_semi_sync_master_enabled AS masterEnabled,
  @@global.rpl_semi_sync_slave_enabled AS slaveEnabled, @@global.gtid_binlog_pos AS binlogPosition,
  @@global.gtid_slave_pos AS appliedPosition, @@global.max_connections AS mostConnections`;
const STATUS = `SHOW GLOBAL STATUS LIKE 'Rpl\\_semi\\_sync\\_%\\_status'`;
const REPLICAS = 'SHOW ALL SLAVES STATUS';
// A fifteenth of what the same costs from information_schema (docs/reference/mariadb.md).
const CONNECTIONS = 'SHOW PROCESSLIST';
const TRANSACTIONS = `SELECT trx_mysql_thread_id AS thread, trx_id AS id, TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS age
  FROM information_schema.INNODB_TRX ORDER BY trx_started LIMIT ${MOST_OPEN}`;

/** What semi-sync said of itself, and of which state of the server. */
interface Confirmation {
  at: MonoMs;
  of: string;
  master: boolean;
  slave: boolean;
}

export interface Sampler {
  /** One look; rejects when the server does not answer in time. Nobody waits for it any more once `signal` aborts: it asks nothing more. */
  sample(signal: AbortSignal): Promise<Sample>;
}

/** `user` is the site's. */
export function createSampler(clock: Clock, session: Session, user: string): Sampler {
  let confirmed: Confirmation | null = null;
  let wasWritable = false;

  const ask =
    (signal: AbortSignal) =>
    (...statements: string[]) => {
      signal.throwIfAborted();
      return session.queryAll(statements, STATEMENT_MS);
    };

  async function confirm(
    query: ReturnType<typeof ask>,
    at: MonoMs,
    of: string,
    enabled: { master: boolean; slave: boolean },
  ): Promise<Confirmation> {
    const known = confirmed;
    const settled = known !== null && known.master === enabled.master && known.slave === enabled.slave;
    if (settled && known.of === of && at - known.at < CONFIRMED_FOR_MS) return known;
    confirmed = null;
    const rows = (await query(STATUS))[0]!;
    const isOn = (name: string) => rows.some((row) => row.Variable_name === name && row.Value === 'ON');
    confirmed = { at, of, master: isOn('Rpl_semi_sync_master_status'), slave: isOn('Rpl_semi_sync_slave_status') };
    return confirmed;
  }

  return {
    async sample(signal) {
      const query = ask(signal);
      const at = clock.mono();
      const always = [VARIABLES, REPLICAS, CONNECTIONS];
      const [rows, replicas, connections, transactions] = await query(
        ...always,
        ...(wasWritable ? [TRANSACTIONS] : []),
      );
      const variables = rows![0]!;
      // What was kept from before a restart is applied over a connection with a name.
      const replica = replicas!.find((one) => one.Connection_name === '');
      const writable = Number(variables.readOnly) === 0;
      wasWritable = writable;
      const open = writable ? (transactions ?? (await query(TRANSACTIONS))[0]!) : [];
      const enabled = { master: Number(variables.masterEnabled) === 1, slave: Number(variables.slaveEnabled) === 1 };
      const replication = toReplication(replica);
      const { io, follows } = replication;
      const state = JSON.stringify([writable, enabled, io, follows, session.id()]);
      const semiSync = await confirm(query, at, state, enabled);
      return {
        at,
        writable,
        open: openOf(user, open, connections!),
        waiting: enabled.master,
        waitingConfirmed: semiSync.master,
        syncReplica: enabled.slave,
        syncReplicaConnected: semiSync.slave,
        binlogPosition: String(variables.binlogPosition),
        appliedPosition: String(variables.appliedPosition),
        ...replication,
        acknowledgers: connections!.flatMap(toAcknowledger),
        connections: { used: connections!.filter(isConnection).length, most: Number(variables.mostConnections) },
      };
    },
  };
}

/** As `Threads_connected` counts: replication's own threads and the server's are none. */
function isConnection({ User: user, Command: command }: Row): boolean {
  return user !== 'system user' && user !== 'event_scheduler' && command !== 'Daemon';
}

function openOf(user: string, transactions: Row[], connections: Row[]): OpenTransaction[] {
  const theirs = new Set(connections.filter((row) => row.User === user).map((row) => String(row.Id)));
  return transactions
    .filter((row) => theirs.has(String(row.thread)))
    .map((row) => ({ key: `${row.thread}/${row.id}`, ageMs: Number(row.age) * 1_000 }));
}

function toReplication(row: Row | undefined) {
  const io = row === undefined ? 'No' : String(row.Slave_IO_Running);
  return {
    receivedPosition: String(row?.Gtid_IO_Pos ?? ''),
    follows:
      row === undefined || String(row.Master_Host) === ''
        ? null
        : { host: String(row.Master_Host), port: Number(row.Master_Port), user: String(row.Master_User) },
    io: io === 'Yes' ? ('yes' as const) : io === 'No' ? ('no' as const) : ('connecting' as const),
    sqlRunning: row?.Slave_SQL_Running === 'Yes',
    backlogBytes: row === undefined ? 0 : backlogOf(row),
    ioErrno: Number(row?.Last_IO_Errno ?? 0),
    ioError: String(row?.Last_IO_Error ?? ''),
    sqlErrno: Number(row?.Last_SQL_Errno ?? 0),
    sqlError: String(row?.Last_SQL_Error ?? ''),
    everHeard: row?.Slave_IO_Running === 'Yes' || Number(row?.Slave_received_heartbeats ?? 0) > 0,
    heard: [row?.Slave_received_heartbeats, row?.Read_Master_Log_Pos, row?.Gtid_IO_Pos].join(' '),
  };
}

/** In one file of the source: by its positions. Over several: what the relay logs hold beyond the place that is being applied. */
function backlogOf(row: Row): number {
  const within = Number(row.Read_Master_Log_Pos) - Number(row.Exec_Master_Log_Pos);
  const over = Number(row.Relay_Log_Space) - Number(row.Relay_Log_Pos);
  return Math.max(0, row.Master_Log_File === row.Relay_Master_Log_File ? within : over);
}

function toAcknowledger({ User: user, Command: command, State: state }: Row): { zone: string; close: boolean }[] {
  const zone = String(command).startsWith('Binlog Dump') ? zoneOfSyncUser(String(user)) : null;
  return zone === null ? [] : [{ zone, close: String(state).startsWith('Master has sent all') }];
}
