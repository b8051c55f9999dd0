/** Looks at the running server about twelve times a second over a connection of its own, and never makes anybody wait. */
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
  /** The replication thread has heard its source since this server started. */
  everHeard: boolean;
  /** Changes whenever the replication thread received something. */
  heard: string;
}

const STATEMENT_MS = 300;

const VARIABLES = `SELECT @@global.read_only AS readOnly, @@global.rpl_semi_sync_master_enabled AS masterEnabled,
  @@global.rpl_semi_sync_slave_enabled AS slaveEnabled, @@global.gtid_binlog_pos AS binlogPosition,
  @@global.gtid_slave_pos AS appliedPosition, @@global.max_connections AS mostConnections`;
const STATUS = `SHOW GLOBAL STATUS
  WHERE Variable_name IN ('Rpl_semi_sync_master_status', 'Rpl_semi_sync_slave_status', 'Threads_connected')`;
const DUMPS = `SELECT USER AS user, STATE AS state FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`;

/** One look; rejects when the server does not answer in time. */
export async function sample(clock: Clock, session: Session): Promise<Sample> {
  const at = clock.mono();
  const [variables] = await session.query(VARIABLES, STATEMENT_MS);
  const status = Object.fromEntries(
    (await session.query(STATUS, STATEMENT_MS)).map((row) => [String(row.Variable_name), String(row.Value)]),
  );
  const [replica] = await session.query('SHOW ALL SLAVES STATUS', STATEMENT_MS);
  const dumps = await session.query(DUMPS, STATEMENT_MS);
  return {
    at,
    writable: Number(variables!.readOnly) === 0,
    waiting: Number(variables!.masterEnabled) === 1,
    waitingConfirmed: status.Rpl_semi_sync_master_status === 'ON',
    syncReplica: Number(variables!.slaveEnabled) === 1,
    syncReplicaConnected: status.Rpl_semi_sync_slave_status === 'ON',
    binlogPosition: String(variables!.binlogPosition),
    appliedPosition: String(variables!.appliedPosition),
    ...toReplication(replica),
    acknowledgers: dumps.flatMap(toAcknowledger),
    connections: { used: Number(status.Threads_connected), most: Number(variables!.mostConnections) },
  };
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
    ioErrno: Number(row?.Last_IO_Errno ?? 0),
    ioError: String(row?.Last_IO_Error ?? ''),
    sqlErrno: Number(row?.Last_SQL_Errno ?? 0),
    sqlError: String(row?.Last_SQL_Error ?? ''),
    everHeard: row?.Slave_IO_Running === 'Yes' || Number(row?.Slave_received_heartbeats ?? 0) > 0,
    heard: [row?.Slave_received_heartbeats, row?.Read_Master_Log_Pos, row?.Gtid_IO_Pos].join(' '),
  };
}

function toAcknowledger(row: Row): { zone: string; close: boolean }[] {
  const zone = zoneOfSyncUser(String(row.user));
  return zone === null ? [] : [{ zone, close: String(row.state).startsWith('Master has sent all') }];
}
