/** For tests: simulated servers in three zones, one of them live, with nothing but a network between them. */
import { createRandom, type Random } from '../../random.ts';
import { createEngine, type Engine } from '../engine.ts';
import { createNetwork, type Network } from '../network.ts';
import { createPlaceTime, createProcess } from '../process.ts';
import { hostOf } from './address.ts';
import { startReplica } from './connection.ts';
import { type DataDir, emptyDataDir } from './data-dir.ts';
import { Server, type ServerEvent, type StartMode, type Surroundings } from './server.ts';

export interface Servers {
  engine: Engine;
  net: Network;
  events: ServerEvent[];
  /** Starts a server in the zone on that data and waits until it answers. */
  start(zone: string, dir: DataDir, mode: StartMode): Promise<Server>;
  /** A writable server that waits for the acknowledgement of `standby` (null: for nobody's). */
  live(zone: string, standby: string | null): Promise<Server>;
  /** A replica of `source` on a copy of its data, acknowledging or not, connected. */
  follower(zone: string, source: Server, acknowledging: boolean): Promise<Server>;
  follow(server: Server, source: string, acknowledging: boolean): void;
  /** Writes and answers what became of it within so long; null: nothing yet. */
  write(server: Server, number: number, withinMs: number): Promise<string | null>;
  wait(ms: number): Promise<void>;
}

const SITE = 'site-1';

export function createServers(change: Partial<Surroundings> = {}): Servers {
  const engine = createEngine();
  const random: Random = createRandom(7);
  const net = createNetwork(['a', 'b', 'c'], random);
  const time = createPlaceTime(engine, 0);
  const events: ServerEvent[] = [];
  const servers = new Map<string, Server>();
  let serverId = 100;
  const around: Surroundings = {
    engine,
    net,
    random,
    serverAt: (_site, zone) => servers.get(zone) ?? null,
    fsyncMs: () => 1,
    diskFull: () => false,
    happened: (event) => events.push(event),
    bug: () => false,
    ...change,
  };
  const wait = (ms: number) => engine.runUntil(engine.now() + ms);
  const start = async (zone: string, dir: DataDir, mode: StartMode) => {
    const process = createProcess({ engine, random, name: `mariadbd ${zone}`, place: zone, time });
    const server = new Server({ site: SITE, zone, mode, serverId: ++serverId, dir, process, around });
    servers.set(zone, server);
    process.onEnd(() => servers.delete(zone));
    await wait(200);
    server.ready = true;
    return server;
  };
  const follow = (server: Server, source: string, acknowledging: boolean) => {
    server.setWaiting(false);
    server.acknowledging = acknowledging;
    const user = `holdfast_${acknowledging ? 'sync' : 'follow'}_${server.zone}`;
    server.dir.source = { zone: source, host: hostOf(source), port: 7400, user };
    server.replica.source = server.dir.source;
    startReplica(server, 'both');
  };
  return {
    engine,
    net,
    events,
    start,
    async live(zone, standby) {
      const server = await start(zone, emptyDataDir(), 'plain');
      for (const other of ['a', 'b', 'c']) if (other !== standby) server.dir.locked.add(other);
      server.setWaiting(standby !== null);
      server.makeWritable();
      return server;
    },
    async follower(zone, source, acknowledging) {
      const log = source.dir.log.slice(0, source.dir.committed);
      const position = log.length > 0 ? `0-${log.at(-1)!.server}-${log.length}` : '';
      const dir = { ...emptyDataDir(), log, committed: log.length, slavePosition: position };
      const server = await start(zone, dir, 'rejoin');
      follow(server, source.zone, acknowledging);
      await wait(50);
      return server;
    },
    follow,
    async write(server, number, withinMs) {
      let outcome: string | null = null;
      server.commit(number, false, (what) => {
        outcome = what;
      });
      await wait(withinMs);
      return outcome;
    },
    wait,
  };
}
