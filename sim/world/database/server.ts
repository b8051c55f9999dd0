/**
 * A mariadbd as the facts describe it: a binlog in which commits stand before anybody acknowledges them, the waiting for an
 * acknowledging replica, what a crash keeps and what it loses. Contract: contract.test.ts.
 */
import type { Gtid, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Random } from '../../random.ts';
import type { WriteId } from '../../trace.ts';
import type { Engine } from '../engine.ts';
import type { Network } from '../network.ts';
import type { Process } from '../process.ts';
import { closeFeed } from './connection.ts';
import { type DataDir, positionOf, type Txn } from './data-dir.ts';
import { type Feed, newReplica, type Replica } from './replica.ts';

/** What a server needs of the world around it. */
export interface Surroundings {
  engine: Engine;
  net: Network;
  random: Random;
  /** The server that listens for this site in that zone, ready or not; null: nobody does. */
  serverAt(site: SiteId, zone: ZoneId): Server | null;
  /** How long one fsync takes there now. */
  fsyncMs(site: SiteId, zone: ZoneId): number;
  diskFull(site: SiteId, zone: ZoneId): boolean;
  happened(event: ServerEvent): void;
  /** `ack-without-standby`, `spare-acknowledges`, `rejoin-without-compare`: see trace.ts. */
  bug(
    name:
      | 'ack-without-standby'
      | 'spare-acknowledges'
      | 'rejoin-without-compare'
      | 'no-fence'
      | 'step-down-with-waiters',
  ): boolean;
}

export type ServerEvent =
  | { kind: 'executed' | 'committed'; server: Server; txn: Txn }
  | { kind: 'truncated'; server: Server; txns: Txn[] }
  /** Something that decides whether it can acknowledge has changed. */
  | { kind: 'changed'; server: Server };

/** `down`: nothing was begun. `lost`: the connection ended, and nobody knows. */
export type CommitOutcome = 'ok' | 'read-only' | 'down' | 'lost';

interface Waiter {
  write: WriteId | null;
  since: number;
  txn: Txn | null;
  done(outcome: CommitOutcome): void;
}

/** As the agent starts it; see `StartMode` in src/agent/mariadb/server.ts. */
export type StartMode = 'plain' | 'rejoin';

export class Server {
  readonly site: SiteId;
  readonly zone: ZoneId;
  readonly mode: StartMode;
  readonly serverId: number;
  readonly dir: DataDir;
  readonly process: Process;
  readonly around: Surroundings;
  readonly replica: Replica = newReplica();
  /** Replicas connected here. */
  readonly feeds = new Set<Feed>();
  /** Connections of the agent's account that have not been ended: session id → what ends its statement. */
  readonly sessions = new Map<number, { user: string; abort(): void }>();
  readOnly = true;
  /** `rpl_semi_sync_master_enabled`. */
  waiting = true;
  /** `rpl_semi_sync_slave_enabled`. */
  acknowledging = false;
  /** Recovery is over and it answers. */
  ready = false;
  #outstanding = new Set<Waiter>();
  #unacknowledged: Waiter[] = [];
  /** Who waits for the global read lock, and which commits wait behind them. */
  #lockers: (() => void)[] = [];
  #behindLock: (() => void)[] = [];

  constructor(options: {
    site: SiteId;
    zone: ZoneId;
    mode: StartMode;
    serverId: number;
    dir: DataDir;
    process: Process;
    around: Surroundings;
  }) {
    this.site = options.site;
    this.zone = options.zone;
    this.mode = options.mode;
    this.serverId = options.serverId;
    this.dir = options.dir;
    this.process = options.process;
    this.around = options.around;
    this.replica.source = options.dir.source;
    this.#recover();
    this.process.onEnd(() => this.#ended());
  }

  /** Everything that is in the binlog is committed at the next start, unless it was started to follow: then it is cut off. */
  #recover(): void {
    const { dir } = this;
    if (this.mode === 'rejoin' && dir.log.length > dir.committed) {
      const txns = dir.log.splice(dir.committed);
      this.around.happened({ kind: 'truncated', server: this, txns });
    }
    dir.committed = dir.log.length;
  }

  #ended(): void {
    this.dir.relay = this.replica.relay;
    for (const waiter of this.#outstanding) waiter.done('lost');
    this.#outstanding.clear();
    this.#unacknowledged = [];
    for (const session of this.sessions.values()) session.abort();
    for (const feed of [...this.feeds]) closeFeed(feed, 'source');
    if (this.replica.feed !== null) closeFeed(this.replica.feed, 'replica');
    this.around.happened({ kind: 'changed', server: this });
  }

  running(): boolean {
    return this.process.state() === 'running' && this.ready;
  }

  /** One transaction of a visitor's (or the agent's: `write` null, `privileged`). `done` is called once, unless it waits for ever. */
  commit(write: WriteId | null, privileged: boolean, done: (outcome: CommitOutcome) => void): { abort(): void } {
    const waiter: Waiter = { write, since: this.around.engine.now(), txn: null, done };
    if (this.process.state() === 'ended') {
      done('down');
      return { abort: () => {} };
    }
    this.#outstanding.add(waiter);
    this.process.deliver(() => this.#begin(waiter, privileged));
    // Killing the connection of somebody who waits takes nothing back: the transaction is in the binlog and goes on waiting.
    return { abort: () => this.#outstanding.delete(waiter) };
  }

  #begin(waiter: Waiter, privileged: boolean): void {
    if (!this.ready) {
      this.#finish(waiter, 'down');
      return;
    }
    if (this.readOnly && !privileged) {
      this.#finish(waiter, 'read-only');
      return;
    }
    const { around } = this;
    if (around.diskFull(this.site, this.zone)) {
      around.engine.after(500, () => this.process.deliver(() => this.#begin(waiter, privileged)));
      return;
    }
    around.engine.after(around.fsyncMs(this.site, this.zone), () =>
      this.process.deliver(() => this.#toBinlog(waiter, privileged)),
    );
  }

  #toBinlog(waiter: Waiter, privileged: boolean): void {
    if (this.#lockers.length > 0) {
      this.#behindLock.push(() => this.#toBinlog(waiter, privileged));
      return;
    }
    if (this.readOnly && !privileged) {
      this.#finish(waiter, 'read-only');
      return;
    }
    const txn: Txn = { sequence: this.dir.log.length + 1, server: this.serverId, write: waiter.write };
    waiter.txn = txn;
    this.dir.log.push(txn);
    this.around.happened({ kind: 'executed', server: this, txn });
    this.#unacknowledged.push(waiter);
    this.ship(txn);
    if (!this.mustWait()) this.release(txn.sequence);
  }

  /** With the bug, as with `rpl_semi_sync_master_wait_no_slave=0`: nobody is waited for when nobody is there to acknowledge. */
  mustWait(): boolean {
    if (!this.waiting) return false;
    return !this.around.bug('ack-without-standby') || [...this.feeds].some((feed) => feed.acknowledges && feed.works());
  }

  /** Everything up to there is acknowledged, or need not be. */
  release(sequence: number): void {
    while (this.#unacknowledged.length > 0 && this.#unacknowledged[0]!.txn!.sequence <= sequence) {
      const waiter = this.#unacknowledged.shift()!;
      this.dir.committed = waiter.txn!.sequence;
      this.around.happened({ kind: 'committed', server: this, txn: waiter.txn! });
      this.#finish(waiter, 'ok');
    }
    this.#grantLock();
  }

  #finish(waiter: Waiter, outcome: CommitOutcome): void {
    if (this.#outstanding.delete(waiter)) waiter.done(outcome);
  }

  /** Hands a transaction that is in the binlog to every replica that is connected. */
  ship(txn: Txn): void {
    for (const feed of this.feeds) feed.send(txn);
  }

  setWaiting(on: boolean): void {
    this.waiting = on;
    // The leak that the facts tell of: whoever waits is told OK.
    if (!on) this.release(this.dir.log.length);
    this.around.happened({ kind: 'changed', server: this });
  }

  makeWritable(): void {
    this.readOnly = false;
    this.around.happened({ kind: 'changed', server: this });
  }

  /** As `SET GLOBAL read_only=1` does: granted once no commit is under way. One that waits for an acknowledgement holds it up, and others behind it. */
  makeReadOnly(granted: () => void): void {
    if (this.readOnly) {
      granted();
      return;
    }
    this.#lockers.push(granted);
    this.#grantLock();
  }

  #grantLock(): void {
    if (this.#lockers.length === 0) return;
    if (this.#unacknowledged.length > 0 && !this.around.bug('step-down-with-waiters')) return;
    this.readOnly = true;
    for (const granted of this.#lockers.splice(0)) granted();
    for (const goOn of this.#behindLock.splice(0)) goOn();
    this.around.happened({ kind: 'changed', server: this });
  }

  /** An orderly end (SIGTERM): whoever waits is not told, but what stands in the binlog is committed for good. */
  terminate(): void {
    this.dir.committed = this.dir.log.length;
    this.process.end();
  }

  binlogPosition(): Gtid {
    return this.dir.log.length > this.dir.purgedTo ? positionOf(this.dir.log) : '';
  }

  /** So many transactions wait for an acknowledgement. */
  waitingCommits(): number {
    return this.#outstanding.size;
  }

  /** `Rpl_semi_sync_master_wait_sessions`. */
  waitingSessions(): number {
    return this.around.bug('step-down-with-waiters') ? 0 : this.#unacknowledged.length;
  }

  /** How long the oldest transaction in the binlog has waited for an acknowledgement; 0: none does. */
  unacknowledgedForMs(): number {
    const oldest = this.#unacknowledged[0];
    return oldest === undefined ? 0 : this.around.engine.now() - oldest.since;
  }

  /** Somebody who may acknowledge is connected and can be heard: the next commit would be acknowledged. */
  canAcknowledge(): boolean {
    if (!this.running() || this.readOnly) return false;
    if (!this.mustWait()) return true;
    return [...this.feeds].some((feed) => feed.acknowledges && feed.works());
  }
}
