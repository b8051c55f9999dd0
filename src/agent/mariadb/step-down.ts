/**
 * What was live takes no writes any more. Ended by SIGKILL it is certain to acknowledge nothing, and its restart cuts off what nobody acknowledged;
 * but a restart costs seconds of processor time, and in a planned move there is nothing to cut off. So the server is left running where it
 * can be proved that no commit is under way: `SET GLOBAL read_only=1` takes the global read lock, which no commit that waits for an
 * acknowledgement lets go of. See docs/decisions/step-down-in-place.md.
 */
import { type Connection, endConnections } from './connections.ts';
import type { Context } from './context.ts';
import { ADMIN_USER, isReplicationUser } from './users.ts';

/** In a planned move nothing is written at this time, and it takes some milliseconds. */
const READ_ONLY_MS = 200;

/** Repeatable; ends the server where it could acknowledge somebody in that time, or where a commit does not end. */
export async function stepDown(context: Context): Promise<string> {
  const { admin, outside } = context;
  try {
    // One that waits for nobody would go on telling its visitors OK for as long as the lock is waited for.
    const [row] = await admin.query('SELECT @@global.rpl_semi_sync_master_enabled AS waits');
    if (Number(row!.waits) === 0) return await outside.endServer(context);
    await admin.query('SET GLOBAL read_only=1', READ_ONLY_MS);
    await endConnections(admin, isVisitor);
    return 'it takes no writes any more';
  } catch {
    // Also a lock that is still waited for ends with it: granted later, it would make a copy read-only that may be live again by then.
    return outside.endServer(context);
  }
}

/**
 * Makes a server that takes no writes wait for nobody. Whoever waits for an acknowledgement would be told OK by that, and what nobody has
 * acknowledged would stay: such a server is ended instead, and its next start cuts it off. Answers with a sentence then, else null.
 */
export async function stopWaiting(context: Context): Promise<string | null> {
  const { admin, memory, outside } = context;
  const [row] = await admin.query('SELECT @@global.read_only AS readOnly');
  if (Number(row!.readOnly) === 0) throw new Error('a writable server cannot follow: it has to step down first');
  const [waiting] = await admin.query(`SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_wait_sessions'`);
  if (Number(waiting?.Value ?? 0) > 0) return outside.endServer(context);
  await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
  memory.admitted = undefined;
  await memory.saveGate(null);
  return null;
}

/** The site's, and people's: what they would read here is old from now on. */
function isVisitor({ user }: Connection): boolean {
  return user !== ADMIN_USER && user !== 'system user' && user !== 'event_scheduler' && !isReplicationUser(user);
}
