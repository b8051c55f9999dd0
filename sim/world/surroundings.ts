/** What the simulated databases need of the world, and how what happens in them comes into the trace. */

import { gtidOf, writesOf } from './database/data-dir.ts';
import type { Server, ServerEvent, Surroundings } from './database/server.ts';
import type { World } from './world.ts';

export function createSurroundings(world: World): Surroundings {
  const { happened } = world;
  const noteCan = createCanNotes(world);
  world.net.onChange(noteCan.all);
  world.seats.onChange(noteCan.all);

  const take = (event: ServerEvent) => {
    const { site, zone } = event.server;
    if (event.kind === 'changed') return noteCan.one(event.server);
    if (event.kind === 'truncated') return happened({ kind: 'truncated', site, zone, writes: writesOf(event.txns) });
    const { write } = event.txn;
    if (write === null) return;
    const kind = event.kind === 'executed' ? 'write-executed' : 'write-committed';
    happened({ kind, write, site, zone, gtid: gtidOf(event.txn) });
  };
  return {
    engine: world.engine,
    net: world.net,
    random: world.random.fork('databases'),
    serverAt: world.server,
    fsyncMs: world.fsyncMs,
    diskFull: (site, zone) => world.health(site, zone).diskFull > 0,
    happened: take,
    bug: world.bug,
  };
}

/** Writes down when a server becomes able to acknowledge a commit, and when it is not any more. */
function createCanNotes(world: World) {
  const known = new Map<string, { server: Server; can: boolean }>();
  const look = (server: Server) => {
    const key = `${server.site}@${server.zone}`;
    const before = known.get(key);
    const present = world.server(server.site, server.zone);
    if (present !== null && world.bug('ack-without-standby') && !present.mustWait())
      present.release(present.dir.log.length);
    const can = present?.canAcknowledge() ?? false;
    known.set(key, { server, can });
    if ((before?.can ?? false) !== can)
      world.happened({ kind: 'can-acknowledge', site: server.site, zone: server.zone, can, why: why(present) });
  };
  return {
    one: look,
    all: () => {
      for (const { server } of [...known.values()]) look(server);
    },
  };
}

function why(server: Server | null): string {
  if (server === null) return 'not running';
  if (server.process.state() === 'paused') return 'paused';
  if (server.readOnly) return 'read-only';
  if (!server.waiting) return 'waits for nobody';
  return server.canAcknowledge() ? 'its standby is connected' : 'its standby is not connected';
}
