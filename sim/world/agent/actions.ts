/** The agent's actions on one copy's database: those that only speak to the server are the real ones; those that handle files and processes are played. */
import { type Context, Superseded } from '../../../src/agent/mariadb/context.ts';
import type { DatabaseGoal } from '../../../src/agent/mariadb/goal.ts';
import { judge } from '../../../src/agent/mariadb/judge.ts';
import { nextServerId } from '../../../src/agent/mariadb/options.ts';
import type { Action } from '../../../src/agent/mariadb/plan.ts';
import { promote } from '../../../src/agent/mariadb/promote.ts';
import { follow } from '../../../src/agent/mariadb/replication.ts';
import { stepDown } from '../../../src/agent/mariadb/step-down.ts';
import { admit, gate, release, resume } from '../../../src/agent/mariadb/waiting.ts';
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import { emptyDataDir, type Txn, writesOf } from '../database/data-dir.ts';
import { Server, type StartMode } from '../database/server.ts';
import type { CopyDisk, World } from '../world.ts';
import { build } from './build.ts';
import { keepReceived, replay } from './relay.ts';

export interface ActionPlace {
  world: World;
  site: SiteId;
  zone: ZoneId;
  disk: CopyDisk;
  /** `slot * 100 + index + 1`. */
  copyNumber: number;
  /** Called in the middle of an action that says no statements. */
  during(): void;
}

type Played = (place: ActionPlace, context: Context, goal: never) => Promise<string>;

const ACTIONS: Record<Exclude<Action, 'wait'>, Played> = {
  create,
  build,
  'start-plain': (place, context) => startServer(place, context, 'plain'),
  'start-rejoin': (place, context) => startServer(place, context, 'rejoin'),
  stop: endServer,
  'end-silent': endServer,
  'step-down': (_, context) => stepDown(context),
  promote: (_, context, goal) => promote(context, goal),
  resume: (_, context, goal) => resume(context, goal),
  admit: (_, context, goal) => admit(context, goal),
  gate: (_, context, goal) => gate(context, goal),
  release: (_, context, goal) => release(context, goal),
  replay: (place, context, goal) => replay(place, context, goal),
  follow: (_, context, goal) => follow(context, goal),
  judge: (_, context, goal) => judge(context, goal),
  'set-aside': setAside,
  discard,
};

export function execute(place: ActionPlace, action: Exclude<Action, 'wait'>, context: Context, goal: DatabaseGoal) {
  return ACTIONS[action](place, context, goal as never);
}

const POLL_MS = 20;
/** Statements that make the database and its users. */
const CREATION_STATEMENTS = 15;

async function create(place: ActionPlace, context: Context): Promise<string> {
  const { world, disk } = place;
  if (disk.dir === null) {
    await context.clock.sleep(world.random.between(100, 600));
    disk.dir ??= emptyDataDir();
  }
  await context.dataChanged();
  await startServer(place, context, 'plain');
  if (!context.current()) throw new Superseded();
  place.during();
  await context.clock.sleep(world.random.between(20, 80));
  const server = runningServer(place);
  server.setWaiting(false);
  const { dir } = server;
  while (dir.log.length < CREATION_STATEMENTS) {
    const txn: Txn = { sequence: dir.log.length + 1, server: server.serverId, write: null };
    dir.log.push(txn);
    server.ship(txn);
  }
  dir.committed = dir.log.length;
  await context.memory.saveCreated();
  return 'database created';
}

function runningServer({ world, site, zone }: ActionPlace): Server {
  const server = world.server(site, zone);
  if (server === null || !server.running()) throw new Error('connect ECONNREFUSED');
  return server;
}

async function startServer(place: ActionPlace, context: Context, mode: StartMode): Promise<string> {
  const { world, site, zone, disk } = place;
  const { clock, memory } = context;
  if (world.server(site, zone) === null) {
    const before = memory.gate();
    await memory.saveGate(mode === 'plain' && before !== null ? { standby: before.standby, position: null } : null);
    memory.admitted = undefined;
    disk.complete = world.bug('restart-forgets-received');
    if (disk.complete && disk.dir !== null) disk.dir.relay = [];
    else keepReceived(place);
    spawn(place, context, mode);
  }
  place.during();
  for (;;) {
    const server = world.server(site, zone);
    if (server === null) throw new Error('mariadbd ended while it was starting');
    if (server.running()) return 'started';
    if (context.signal.aborted) throw new Superseded();
    await clock.sleep(POLL_MS, context.signal);
  }
}

function spawn({ world, site, zone, disk, copyNumber }: ActionPlace, context: Context, mode: StartMode): void {
  const process = world.seats.spawn(world.seats.of('database', zone, site));
  if (process === null || disk.dir === null) throw new Error('mariadbd ended while it was starting');
  disk.serverId = nextServerId(copyNumber, disk.serverId, context.clock.wall());
  const server = new Server({
    site,
    zone,
    mode,
    serverId: disk.serverId,
    dir: disk.dir,
    process,
    around: world.surroundings,
  });
  world.setServer(site, zone, server);
  world.engine.after(world.random.between(150, 330), () =>
    process.deliver(() => {
      server.ready = true;
      world.surroundings.happened({ kind: 'changed', server });
    }),
  );
}

/** Killed, never asked to end. */
export async function endServer(place: ActionPlace, context: Context): Promise<string> {
  await kill(place, context);
  context.memory.admitted = undefined;
  await context.memory.saveGate(null);
  return 'its server was ended';
}

async function kill({ world, site, zone, during }: ActionPlace, { admin, clock }: Context): Promise<void> {
  admin.close();
  world.seats.of('database', zone, site).process?.end();
  during();
  await clock.sleep(world.random.between(5, 20));
}

async function discard(place: ActionPlace, context: Context): Promise<string> {
  const { world, site, zone, disk } = place;
  await kill(place, context);
  if (disk.dir !== null) world.happened({ kind: 'deleted', site, zone, writes: writesOf(disk.dir.log) });
  disk.dir = null;
  disk.received = null;
  context.memory.outdated = null;
  await context.dataChanged();
  return 'to be built anew';
}

async function setAside(place: ActionPlace, context: Context): Promise<string> {
  const { world, site, zone, disk } = place;
  await kill(place, context);
  await context.clock.sleep(world.random.between(2, 20));
  const { dir } = disk;
  if (dir !== null) {
    const deleted = world.bug('delete-diverged');
    if (!deleted) disk.aside.push(dir);
    world.happened({ kind: deleted ? 'deleted' : 'set-aside', site, zone, writes: writesOf(dir.log) });
  }
  disk.dir = null;
  disk.received = null;
  context.memory.diverged = null;
  await context.dataChanged();
  return 'kept';
}
