/**
 * The connection between a simulated replica and its source: made, refused, broken, stopped; and how either end learns that the
 * other is gone.
 */
import type { ZoneId } from '../../../src/model/index.ts';
import { openStream } from '../network.ts';
import { applyNext, receive } from './apply.ts';
import { type Feed, hear, receivedPosition, sequenceIn } from './replica.ts';
import type { Server } from './server.ts';

const CONNECT_RETRY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 1_000;
const HEARTBEAT_MS = 500;
const NOTICE_MS = 15;
const UNREACHABLE = 2003;
const LOCKED = 4151;
const NOT_IN_BINLOG = 1236;
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
