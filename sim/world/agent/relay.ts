/** What a copy had received before its server ended: kept, and applied after the next start. The counterpart of src/agent/mariadb/relay/. */
import { type Context, type LiveGoal, type ReplicaGoal, Superseded } from '../../../src/agent/mariadb/context.ts';
import { choose, isOurs } from '../../../src/agent/mariadb/relay/replay.ts';
import { gtidOf, positionOf } from '../database/data-dir.ts';
import type { ActionPlace } from './actions.ts';

/** What the running server, or one that has ended, has received and not applied. */
export function keepReceived({ world, site, zone, disk }: ActionPlace): void {
  if (disk.received !== null || disk.dir === null) return;
  const server = world.server(site, zone);
  if (disk.dir.source !== null) disk.received = server?.replica.relay ?? disk.dir.relay;
  if (server !== null) server.replica.relay = [];
  disk.dir.relay = [];
}

export async function replay(place: ActionPlace, context: Context, goal: LiveGoal | ReplicaGoal): Promise<string> {
  const { world, site, zone, disk } = place;
  const server = world.server(site, zone);
  if (server === null || !server.running() || disk.dir === null) throw new Error('connect ECONNREFUSED');
  const { dir } = disk;
  server.setWaiting(false);
  const received = (disk.received ?? []).map((txn) => ({ txn, gtid: gtidOf(txn), sequence: txn.sequence }));
  const { groups } = choose(received, positionOf(dir.log), (gtid) => isOurs(context, goal, gtid));
  await context.clock.sleep(world.random.between(5, 40));
  place.during();
  if (!context.current()) throw new Superseded();
  for (const { txn } of groups) {
    if (!server.running()) throw new Error('Connection lost: The server closed the connection.');
    dir.log.push(txn);
    dir.committed = dir.log.length;
    dir.slavePosition = gtidOf(txn);
    server.ship(txn);
  }
  disk.complete = true;
  disk.received = null;
  return `applied ${groups.length} transactions`;
}
