/**
 * Replication between two simulated servers: the replica's receiving thread and its applying thread, and the connection between
 * them and the source. What is received and not applied is lost when the replica ends.
 */
import type { Gtid, ZoneId } from '../../../src/model/index.ts';
import { openStream } from '../network.ts';
import { gtidOf, type Server, type Txn } from './server.ts';

export interface SourceAddress {
  zone: ZoneId;
  host: string;
  port: number;
  user: string;
}

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

const CONNECT_RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 1_000;
const HEARTBEAT_MS = 500;
const NOTICE_MS = 15;
const UNREACHABLE = 2003;
const LOCKED = 4151;
const NOT_IN_BINLOG = 1236;
const OUT_OF_ORDER = 1950;
/** `STOP SLAVE IO_THREAD` against a source that says nothing: measured 2,003 ms in every run. */
export const STOP_SILENT_MS = 2_003;

/** `START SLAVE`, or one of its threads. */
export function startReplica(server: Server, threads: 'both' | 'sql'): void {
  const { replica } = server;
  replica.sqlRunning = true;
  replica.sqlErrno = 0;
  applyNext(server);
  if (threads === 'sql' || replica.source === null || replica.io !== 'no') return;
  replica.io = 'connecting';
  replica.ioErrno = 0;
  replica.ioError = '';
  connect(server);
}

function connect(server: Server): void {
  const { replica, around } = server;
  const { engine, net } = around;
  const attempt = ++replica.attempt;
  const { source } = replica;
  // Only a thread that a bug keeps running can have lost its source.
  if (source === null) return;
  const mine = (work: () => void) => () =>
    server.process.deliver(() => {
      if (replica.attempt === attempt && replica.io === 'connecting') work();
    });
  const fail = (errno: number, error: string) =>
    mine(() => {
      replica.ioErrno = errno;
      replica.ioError = error;
      engine.after(
        CONNECT_RETRY_MS,
        mine(() => connect(server)),
      );
    });
  const giveUp = engine.after(CONNECT_TIMEOUT_MS, fail(UNREACHABLE, 'no answer'));
  const back = (work: () => void) => {
    const tripMs = net.tripMs(source.zone, server.zone);
    if (tripMs === Number.POSITIVE_INFINITY) return;
    engine.after(tripMs, () => {
      giveUp.run = null;
      work();
    });
  };
  const tripMs = net.tripMs(server.zone, source.zone);
  if (tripMs === Number.POSITIVE_INFINITY) return;
  engine.after(tripMs, () => {
    const there = around.serverAt(server.site, source.zone);
    if (there === null || !there.ready || there.process.state() === 'ended')
      return back(fail(UNREACHABLE, 'connection refused'));
    there.process.deliver(() => {
      if (!there.ready) return;
      const objection = objectionTo(server, there, source.user);
      if (objection?.errno === LOCKED) back(fail(LOCKED, 'account is locked'));
      else if (objection !== null)
        back(
          mine(() => {
            replica.io = 'no';
            replica.ioErrno = objection.errno;
            replica.ioError = objection.error;
          }),
        );
      else back(mine(() => openFeed(server, there)));
    });
  });
}

function objectionTo(server: Server, source: Server, user: string): { errno: number; error: string } | null {
  if (user.startsWith('holdfast_sync_') && source.dir.locked.has(server.zone))
    return { errno: LOCKED, error: 'account is locked' };
  if (server.around.bug('rejoin-without-compare')) return null;
  const held = receivedPosition(server);
  const [, id = '0', sequence = '0'] = held.split('-');
  const [at, writer] = [Number(sequence), Number(id)];
  const known = source.dir.log[at - 1];
  const refused = `the position ${held} is not in the binlog of the source`;
  if (at < source.dir.purgedTo || at > source.dir.log.length) return { errno: NOT_IN_BINLOG, error: refused };
  return at > 0 && known!.server !== writer ? { errno: NOT_IN_BINLOG, error: refused } : null;
}

function openFeed(server: Server, source: Server): void {
  if (source.process.state() === 'ended') return;
  const { replica, around } = server;
  const { engine, net } = around;
  // The same copy comes again: the source ends the connection that it still holds.
  for (const old of source.feeds) if (old.replica.zone === server.zone) old.close();
  const forth = openStream(engine, net, source.zone, server.zone);
  const back = openStream(engine, net, server.zone, source.zone);
  const acknowledges = server.acknowledging && replica.source!.user.startsWith('holdfast_sync_');
  const feed: Feed = {
    replica: server,
    source,
    acknowledges: acknowledges || around.bug('spare-acknowledges'),
    open: true,
    send: (txn) => forth.send(() => server.process.deliver(() => receive(server, feed, txn, back.send))),
    works: () =>
      feed.open &&
      server.running() &&
      !net.isCut(source.zone, server.zone) &&
      !net.isCut(server.zone, source.zone) &&
      source.process.state() === 'running',
    stopHeartbeats: source.process.clock.every(HEARTBEAT_MS, () =>
      forth.send(() => server.process.deliver(() => hear(server, feed))),
    ),
    close() {
      feed.open = false;
      forth.close();
      back.close();
      source.feeds.delete(feed);
      feed.stopHeartbeats();
      if (replica.feed === feed) replica.feed = null;
      around.happened({ kind: 'changed', server: source });
    },
  };
  replica.io = 'yes';
  replica.ioErrno = 0;
  replica.feed = feed;
  replica.everHeard = true;
  hear(server, feed);
  source.feeds.add(feed);
  around.happened({ kind: 'changed', server: source });
  const from = sequenceIn(receivedPosition(server));
  for (const txn of source.dir.log.slice(from)) feed.send(txn);
  watchSilence(server, feed);
}

function hear(server: Server, feed: Feed): void {
  if (!feed.open || server.replica.feed !== feed) return;
  server.replica.heard += 1;
  server.replica.heardAt = server.around.engine.now();
}

/** `slave_net_timeout` of one second: noticed between one and two seconds after the last byte. */
function watchSilence(server: Server, feed: Feed): void {
  const { engine, random } = server.around;
  const limitMs = random.between(1_000, 1_900);
  let lookedAt = engine.now();
  const look = () => {
    if (!feed.open || server.replica.feed !== feed || server.replica.stopping !== null) return;
    const now = engine.now();
    const stoodStill = now - lookedAt > 700;
    lookedAt = now;
    if (!stoodStill && now - server.replica.heardAt > limitMs) {
      closeFeed(feed, 'replica');
      server.replica.io = 'connecting';
      return connect(server);
    }
    engine.after(500, () => server.process.deliver(look));
  };
  engine.after(500, () => server.process.deliver(look));
}

function receive(server: Server, feed: Feed, txn: Txn, answer: (arrive: () => void) => void): void {
  const { replica } = server;
  if (!feed.open) return;
  hear(server, feed);
  // With the bug the acknowledgement goes out, and the transaction nowhere.
  if (!replica.ghost) replica.relay.push(txn);
  if (feed.acknowledges) {
    const { source } = feed;
    answer(() => source.process.deliver(() => source.feeds.has(feed) && source.release(txn.sequence)));
  }
  applyNext(server);
}

function applyNext(server: Server): void {
  const { replica, around, dir } = server;
  const txn = replica.relay[0];
  // A replica that waits for acknowledgements itself applies nothing, for ever, and acknowledges all the while.
  if (txn === undefined || !replica.sqlRunning || replica.applying || server.waiting || !server.readOnly) return;
  if (around.diskFull(server.site, server.zone)) {
    around.engine.after(500, () => server.process.deliver(() => applyNext(server)));
    return;
  }
  if (txn.sequence !== dir.log.length + 1 && !around.bug('rejoin-without-compare')) {
    if (txn.sequence <= dir.log.length && gtidOf(dir.log[txn.sequence - 1]!) === gtidOf(txn)) {
      replica.relay.shift();
      applyNext(server);
      return;
    }
    replica.sqlRunning = false;
    replica.sqlErrno = OUT_OF_ORDER;
    replica.sqlError = `${gtidOf(txn)} is out of order after ${dir.slavePosition}`;
    return;
  }
  replica.applying = true;
  const applyMs = around.random.between(0.1, 0.6) + around.fsyncMs(server.site, server.zone);
  around.engine.after(applyMs, () =>
    server.process.deliver(() => {
      replica.applying = false;
      if (replica.relay[0] !== txn || !replica.sqlRunning) return applyNext(server);
      replica.relay.shift();
      dir.log.push(txn);
      dir.committed = dir.log.length;
      dir.slavePosition = gtidOf(txn);
      server.ship(txn);
      for (const look of replica.waitsForApply) look();
      applyNext(server);
    }),
  );
}

/** `STOP SLAVE IO_THREAD`; `done` when the thread has ended. Until then it receives and acknowledges. */
export function stopIo(server: Server, done: () => void): void {
  const { replica, around } = server;
  const { engine, random, net } = around;
  if (around.bug('no-fence')) {
    replica.ghost = true;
    done();
    return;
  }
  if (replica.io === 'no') {
    done();
    return;
  }
  const zone = replica.source!.zone;
  const source = around.serverAt(server.site, zone);
  // In a quiet zone nobody refuses; where a program is gone, its host does.
  const silent =
    net.isCut(zone, server.zone) || net.isCut(server.zone, zone) || (source?.process.state() ?? 'ended') === 'paused';
  const end = () => {
    if (replica.stopping !== end) return;
    replica.stopping = null;
    replica.attempt += 1;
    if (replica.feed !== null) closeFeed(replica.feed, 'replica');
    replica.io = 'no';
    done();
  };
  replica.stopping = end;
  engine.after(silent ? STOP_SILENT_MS : random.between(1, 4), () => server.process.deliver(end));
}

/** `ss -K`: destroys the replica's connections to that zone; what comes over them from this instant on is not received. */
export function breakConnections(server: Server, zone: ZoneId): void {
  const { replica, around } = server;
  if (replica.source?.zone !== zone || around.bug('no-fence')) return;
  if (replica.feed !== null) closeFeed(replica.feed, 'replica');
  const { stopping } = replica;
  if (stopping !== null) {
    around.engine.after(around.random.between(5, 35), () => server.process.deliver(stopping));
  } else if (replica.io === 'yes') {
    replica.io = 'connecting';
    around.engine.after(NOTICE_MS, () => server.process.deliver(() => replica.io === 'connecting' && connect(server)));
  }
}

export function stopSql(server: Server): void {
  server.replica.sqlRunning = false;
}

/** `RESET SLAVE ALL`: what was received and not applied is gone. */
export function resetReplica(server: Server): void {
  const { replica, dir } = server;
  replica.relay = [];
  replica.source = null;
  dir.source = null;
  replica.ioErrno = 0;
  replica.sqlErrno = 0;
}

/** One end closes; the other learns of it when the network lets it. */
export function closeFeed(feed: Feed, by: 'replica' | 'source'): void {
  const { replica: server, source } = feed;
  const { engine, net } = server.around;
  feed.open = false;
  if (by === 'replica') {
    if (server.replica.feed === feed) server.replica.feed = null;
    const tripMs = net.tripMs(server.zone, source.zone);
    if (tripMs !== Number.POSITIVE_INFINITY) engine.after(tripMs, () => source.process.deliver(feed.close));
    server.around.happened({ kind: 'changed', server: source });
    return;
  }
  source.feeds.delete(feed);
  feed.stopHeartbeats();
  const tripMs = net.tripMs(source.zone, server.zone);
  feed.open = tripMs === Number.POSITIVE_INFINITY;
  if (feed.open) return;
  engine.after(tripMs + NOTICE_MS, () =>
    server.process.deliver(() => {
      const { replica } = server;
      if (replica.feed !== feed) return;
      feed.close();
      if (replica.stopping !== null || replica.io !== 'yes') return;
      replica.io = 'connecting';
      replica.ioErrno = UNREACHABLE;
      connect(server);
    }),
  );
}

/** `Gtid_IO_Pos`. */
export function receivedPosition({ replica, dir }: Server): Gtid {
  const last = replica.relay.at(-1);
  return last === undefined ? dir.slavePosition : gtidOf(last);
}

export function sequenceIn(position: Gtid): number {
  return position === '' ? 0 : Number(position.split('-')[2]);
}
