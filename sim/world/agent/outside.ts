/** How an agent's actions reach simulated servers: the own one over two kept sessions, others over the network, sockets by breaking them. */
import type { Outside } from '../../../src/agent/mariadb/context.ts';
import type { Session } from '../../../src/agent/mariadb/session.ts';
import { ADMIN_USER } from '../../../src/agent/mariadb/users.ts';
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import { hostOf } from '../database/address.ts';
import { breakConnections } from '../database/connection.ts';
import { createSimSession } from '../database/session.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { type ActionPlace, endServer } from './actions.ts';
import { keepReceived, replay } from './relay.ts';

export interface Place {
  world: World;
  process: Process;
  site: SiteId;
  zone: ZoneId;
}

/** A session of the agent's own account on its copy's server. */
export function openAdmin({ world, process, site, zone }: Place, onStatement = () => {}): Session {
  return createSimSession({
    asker: process,
    user: ADMIN_USER,
    server: () => world.server(site, zone),
    tripMs: () => world.random.between(0.05, 0.25),
    nextId: world.nextId,
    onStatement,
  });
}

export function zoneAt({ zones }: World, host: string | undefined): ZoneId | null {
  return zones.find((zone) => hostOf(zone) === host) ?? null;
}

export function createOutside({ world, process, site, zone }: Place, copy: ActionPlace): Outside {
  return {
    async breakConnections({ host }) {
      // What `ss` takes to start and to look through all sockets.
      await process.clock.sleep(world.random.between(4, 15));
      const peer = zoneAt(world, host);
      const server = world.server(site, zone);
      if (server !== null && peer !== null) breakConnections(server, peer);
    },
    endServer: (context) => endServer(copy, context),
    keepReceived: async () => keepReceived(copy),
    replayReceived: (context, goal) => replay(copy, context, goal),
    backupPosition: async () => world.disk(site, zone).dir?.backupPosition ?? '',
    openSession({ host, user }) {
      const there = zoneAt(world, host)!;
      return createSimSession({
        asker: process,
        user,
        server: () => world.server(site, there),
        tripMs: () => 2 * world.net.tripMs(zone, there),
        nextId: world.nextId,
      });
    },
  };
}
