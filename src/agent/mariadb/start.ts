/** Starts the server and waits until it answers, however long its recovery takes, as long as it lives. */
import { join } from 'node:path';
import { type Context, type ReplicaGoal, Superseded } from './context.ts';
import { declareDamaged, noteStart } from './damage.ts';
import { exists } from './files.ts';
import type { Paths } from './options.ts';
import { keepReceived } from './relay/keep.ts';
import { lastErrors, type StartMode } from './server.ts';
import { createSession } from './session.ts';

const READY_LIMIT_MS = 10 * 60_000;
const POLL_MS = 20;

const FLUSH_MS = 60_000;

/**
 * A start to follow cuts off what stands in the binlog and is not durable in the tables: up to a second's commits. On a live copy whose
 * commits waited, nobody was told of them. What a copy acknowledged alone, or applied and no longer has in its relay logs, must stay: an
 * ordinary start makes it durable first.
 */
export async function startToFollow(context: Context, goal: ReplicaGoal): Promise<string> {
  const { server, memory, admin, paths } = context;
  if ((await server.adopt()) === null) {
    const damage = await noteStart(context);
    if (damage !== null) return declareDamaged(context, damage);
  }
  const mayBeAcknowledged = memory.keepsTail() || goal.promotion.acceptedLoss !== null || (await followed(paths));
  if (mayBeAcknowledged && (await server.adopt()) === null) {
    await startServer(context, 'plain');
    await admin.query('FLUSH LOCAL ENGINE LOGS', FLUSH_MS);
    admin.close();
    await server.kill();
  }
  return startServer(context, 'rejoin');
}

/** A promotion removes the file before anything is written here, so that a copy with it has nothing of its own. */
function followed({ data }: Paths): Promise<boolean> {
  return exists(join(data, 'master.info'));
}

export async function startServer(context: Context, mode: StartMode): Promise<string> {
  const { server, clock, paths, memory } = context;
  const startedAt = clock.mono();
  if ((await server.adopt()) === null) {
    // It starts read-only and waiting. From which position on it waits is found out anew; for whom must not be forgotten, since
    // a controller may be recording at this moment that the standby is in sync.
    const gate = memory.gate();
    await memory.saveGate(mode === 'plain' && gate !== null ? { standby: gate.standby, position: null } : null);
    memory.admitted = undefined;
    await memory.saveComplete(false);
    await keepReceived(paths);
    await memory.refreshKept();
    await server.start(mode);
  }
  while (!(await answers(context))) {
    if (server.running() === null) throw new Error(`mariadbd ended while it was starting: ${await lastErrors(paths)}`);
    if (context.signal.aborted) throw new Superseded();
    if (clock.mono() - startedAt > READY_LIMIT_MS) throw new Error('mariadbd did not answer for ten minutes');
    await clock.sleep(POLL_MS, context.signal);
  }
  return mode === 'rejoin' ? 'started; a tail that nobody acknowledged is cut off' : 'started, read-only';
}

/** Any answer counts, also a refused log-in: the accounts may not be there yet. */
async function answers({ clock, paths }: Context): Promise<boolean> {
  const probe = createSession(clock, { socketPath: paths.socket, user: 'holdfast_probe', password: 'none' });
  try {
    await probe.query('SELECT 1', 300);
    return true;
  } catch (error) {
    return /ACCESS_DENIED/.test(String((error as { code?: string }).code));
  } finally {
    probe.close();
  }
}
