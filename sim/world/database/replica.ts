/** What a simulated server knows of its own replicating, and of those who replicate from it. */
import type { Gtid } from '../../../src/model/index.ts';
import { gtidOf, type SourceAddress, type Txn } from './data-dir.ts';
import type { Server } from './server.ts';

export interface Replica {
  source: SourceAddress | null;
  io: 'no' | 'connecting' | 'yes';
  ioErrno: number;
  ioError: string;
  sqlRunning: boolean;
  sqlErrno: number;
  sqlError: string;
  /** Received and not applied. */
  relay: Txn[];
  feed: Feed | null;
  everHeard: boolean;
  /** Grows with everything received. */
  heard: number;
  heardAt: number;
  /** STOP is under way: what ends it. */
  stopping: (() => void) | null;
  /** Grows whenever the receiving thread begins something anew: what belongs to an older number is void. */
  attempt: number;
  applying: boolean;
  waitsForApply: Set<() => void>;
  /** Stops when so much is applied. */
  until: number | null;
  /** Only with the bug `no-fence`: said to be stopped, and receives and acknowledges all the same. */
  ghost: boolean;
}

export function newReplica(): Replica {
  return {
    source: null,
    io: 'no',
    ioErrno: 0,
    ioError: '',
    sqlRunning: false,
    sqlErrno: 0,
    sqlError: '',
    relay: [],
    feed: null,
    everHeard: false,
    heard: 0,
    heardAt: 0,
    stopping: null,
    attempt: 0,
    applying: false,
    waitsForApply: new Set(),
    until: null,
    ghost: false,
  };
}

/** A replica's connection, as its source knows it. */
export interface Feed {
  replica: Server;
  source: Server;
  /** It is a semi-sync replica: its acknowledgements count. */
  acknowledges: boolean;
  /** The replica's end is open: it receives, and acknowledges what it receives. */
  open: boolean;
  send(txn: Txn): void;
  works(): boolean;
  stopHeartbeats(): void;
  /** Both ends are gone. */
  close(): void;
}

/** `Gtid_IO_Pos`. */
export function receivedPosition({ replica, dir }: Server): Gtid {
  const last = replica.relay.at(-1);
  return last === undefined ? dir.slavePosition : gtidOf(last);
}

export function sequenceIn(position: Gtid): number {
  return position === '' ? 0 : Number(position.split('-')[2]);
}

/** Something has come over the connection. */
export function hear(server: Server, feed: Feed): void {
  if (!feed.open || server.replica.feed !== feed) return;
  server.replica.heard += 1;
  server.replica.heardAt = server.around.engine.now();
}
