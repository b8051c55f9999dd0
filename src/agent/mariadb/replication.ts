/** Makes a copy follow its source: cheaply when only the source changed, and never before its history was compared. */
import { type Context, type ReplicaGoal, Superseded } from './context.ts';
import { fence, PATIENCE_MS } from './fence.ts';
import type { Source } from './goal.ts';
import { judge as judgeHistory, sequenceOf } from './gtid.ts';
import { copiesOf, ownPosition } from './position.ts';
import { quoted } from './session.ts';
import { stopWaiting } from './step-down.ts';
import { replicationUser } from './users.ts';

const STOP_MS = 10_000;

export async function follow(context: Context, goal: ReplicaGoal): Promise<string> {
  const { admin, options, memory, outside } = context;
  // A follower's applier must never wait for an acknowledgement itself: it would apply nothing, for ever.
  const ended = await stopWaiting(context);
  if (ended !== null) return ended;
  const [present] = await admin.query('SHOW SLAVE STATUS');
  const user = replicationUser(goal.role, options.zone);
  if (isConfigured(present, goal, user) && (await restartApplier(context, present!)))
    return 'its applier was started again';
  const unapplied = await disconnect(context, present);
  if (unapplied && isConfigured(present, goal, user)) {
    // With both threads stopped START SLAVE would throw away what was received: if the source is gone, it is nowhere else.
    await outside.keepReceived();
    await memory.refreshKept();
    return `what it has received of ${goal.source.zone} is applied first`;
  }
  const own = await ownPosition(context);
  if (goal.promotion.position === null) throw new Superseded();
  if (sequenceOf(own) === 0) {
    memory.diverged = 'it does not know its own position: what it would be sent, it may hold already';
    return memory.diverged;
  }
  const verdict = judgeHistory(
    own,
    { ...goal.promotion, position: goal.promotion.position, open: true },
    copiesOf(context, goal),
  );
  if (verdict === 'diverged') {
    memory.diverged = `it holds ${own}, beyond ${goal.promotion.position}, where the present live copy took over`;
    return memory.diverged;
  }
  await admin.query(`SET GLOBAL rpl_semi_sync_slave_enabled=${goal.role === 'standby' ? 1 : 0}`);
  // The same source under the same account: keep what was received and is not applied yet.
  if (!isConfigured(present, goal, user)) await pointAt(context, goal.source, user, own);
  if (!memory.keepsTail()) await memory.saveKeepsTail(true);
  await admin.query('START SLAVE', STOP_MS);
  if (memory.detour !== null) memory.detour = { ...memory.detour, via: null };
  return `follows ${goal.source.zone} from ${own === '' ? 'the beginning' : own}`;
}

/** While the receiving thread runs, the applier can be started without losing what was received. */
async function restartApplier({ admin }: Context, present: Record<string, unknown>): Promise<boolean> {
  if (present.Slave_IO_Running === 'No' || present.Slave_SQL_Running === 'Yes') return false;
  await admin.query('START SLAVE SQL_THREAD', STOP_MS);
  return true;
}

/** Stops both threads; answers whether something is received and not applied. */
async function disconnect(
  { admin, clock, outside }: Context,
  present: Record<string, unknown> | undefined,
): Promise<boolean> {
  if (present === undefined) return false;
  const running = present.Slave_IO_Running !== 'No';
  const source = { host: String(present.Master_Host), port: Number(present.Master_Port) };
  await fence(clock, admin, running ? source : null, PATIENCE_MS.repoint, outside.breakConnections);
  const received = String(present.Gtid_IO_Pos ?? '');
  if (present.Slave_SQL_Running === 'Yes' && sequenceOf(received) > 0) {
    await admin.query(`SELECT MASTER_GTID_WAIT(${quoted(received)}, 1)`, 3_000);
  }
  await admin.query('STOP SLAVE', STOP_MS);
  const [row] = await admin.query('SELECT @@global.gtid_slave_pos AS applied');
  return sequenceOf(received) > sequenceOf(String(row!.applied));
}

function isConfigured(present: Record<string, unknown> | undefined, goal: ReplicaGoal, user: string): boolean {
  return (
    present !== undefined &&
    present.Master_Host === goal.source.host &&
    Number(present.Master_Port) === goal.source.port &&
    present.Master_User === user
  );
}

/** Forgets whom it followed, and what it received of that one. */
export async function pointAt({ admin, options }: Context, source: Source, user: string, own: string): Promise<void> {
  const [row] = await admin.query('SELECT @@global.gtid_slave_pos AS applied');
  await admin.query('RESET SLAVE ALL');
  if (String(row!.applied) !== own) await admin.query(`SET GLOBAL gtid_slave_pos=${quoted(own)}`);
  await admin.query(
    `CHANGE MASTER TO MASTER_HOST=${quoted(source.host)}, MASTER_PORT=${source.port}, MASTER_USER=${quoted(user)},
     MASTER_PASSWORD=${quoted(options.secrets.replicationPassword)}, MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1,
     MASTER_HEARTBEAT_PERIOD=0.5`,
  );
}
