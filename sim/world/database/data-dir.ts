/** What stands on a copy's disk: its history, what of it is committed, and where it replicates from. */
import type { Gtid, ZoneId } from '../../../src/model/index.ts';
import type { WriteId } from '../../trace.ts';

/** `CHANGE MASTER`, as it is kept across a restart. */
export interface SourceAddress {
  zone: ZoneId;
  host: string;
  port: number;
  user: string;
}

/** One transaction; `write` null: it is the agent's own. Shared between servers, never changed. */
export interface Txn {
  /** From 1, without gaps: the place in the log plus one. */
  readonly sequence: number;
  readonly server: number;
  readonly write: WriteId | null;
}

/** What stands on the disk. */
export interface DataDir {
  /** The whole history, also what is no longer in this server's binlog files. */
  log: Txn[];
  /** The binlog files hold only what comes after this sequence number. */
  purgedTo: number;
  /** So many of `log` are committed in the engine: visible, and told OK if there was somebody to tell. */
  committed: number;
  slavePosition: Gtid;
  /** Relay logs of a server that has ended: received and not applied. The next one throws them away. */
  relay: Txn[];
  /** Position of the backup that it was made from; ''. */
  backupPosition: Gtid;
  /** Where it replicates from, kept across a restart. */
  source: SourceAddress | null;
  /** The newest reign that was marked by a transaction of the agent's own. */
  reign: number;
  /** Acknowledging accounts that are locked out, by zone. */
  locked: Set<ZoneId>;
}

export function emptyDataDir(): DataDir {
  return {
    log: [],
    purgedTo: 0,
    committed: 0,
    slavePosition: '',
    relay: [],
    reign: 0,
    backupPosition: '',
    source: null,
    locked: new Set(),
  };
}

/** A physical backup of it: what is committed, and the accounts as they are. */
export function backupOf(dir: DataDir): DataDir {
  const log = dir.log.slice(0, dir.committed);
  return {
    ...emptyDataDir(),
    log,
    purgedTo: log.length,
    committed: log.length,
    backupPosition: positionOf(log),
    locked: new Set(dir.locked),
  };
}

export function gtidOf({ server, sequence }: Txn): Gtid {
  return `0-${server}-${sequence}`;
}

export function positionOf(log: readonly Txn[]): Gtid {
  const last = log.at(-1);
  return last === undefined ? '' : gtidOf(last);
}

export function writesOf(log: readonly Txn[]): WriteId[] {
  return log.flatMap(({ write }) => write ?? []);
}
