/** A replica takes in what its source sends, and applies it one after the other. What is received and not applied is lost when it ends. */
import { gtidOf, type Txn } from './data-dir.ts';
import { type Feed, hear } from './replica.ts';
import type { Server } from './server.ts';

const OUT_OF_ORDER = 1950;

/** A transaction arrives: it is received, acknowledged if that is this copy's duty, and applied in its turn. */
export function receive(server: Server, feed: Feed, txn: Txn, answer: (arrive: () => void) => void): void {
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

export function applyNext(server: Server): void {
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
      if (replica.until !== null && txn.sequence >= replica.until) {
        replica.until = null;
        replica.sqlRunning = false;
      }
      for (const look of replica.waitsForApply) look();
      applyNext(server);
    }),
  );
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
