/** Makes a copy follow its source: cheaply when only the source changed, and never before its history was compared. */
import { type Context, type ReplicaGoal, Superseded } from './context.ts';
import { fence, PATIENCE_MS } from './fence.ts';
import { furthest, judge as judgeHistory, sequenceOf } from './gtid.ts';
import { copyNumberOf } from './options.ts';
import { quoted } from './session.ts';
import { replicationUser } from './users.ts';

const STOP_MS = 10_000;
const SOURCE_ANSWER_MS = 1_000;

export async function follow(context: Context, goal: ReplicaGoal): Promise<string> {
  const { admin, options, memory } = context;
  await unbindLive(context);
  const [present] = await admin.query('SHOW SLAVE STATUS');
  const user = replicationUser(goal.role, options.zone);
  await disconnect(context, present);
  const own = await ownPosition(context);
  if (goal.promotion.position === null) throw new Superseded();
  const verdict = judgeHistory(own, { ...goal.promotion, position: goal.promotion.position }, copiesOf(context, goal));
  if (verdict === 'diverged') {
    memory.diverged = `it holds ${own}, beyond ${goal.promotion.position}, where the present live copy took over`;
    return memory.diverged;
  }
  await admin.query(`SET GLOBAL rpl_semi_sync_slave_enabled=${goal.role === 'standby' ? 1 : 0}`);
  // The same source under the same account: keep what was received and is not applied yet.
  if (!isConfigured(present, goal, user)) await pointAt(context, goal, user, own);
  await admin.query('START SLAVE', STOP_MS);
  return `follows ${goal.source.zone} from ${own === '' ? 'the beginning' : own}`;
}

/** The source does not know this copy's position, or what it sent cannot be applied: has this copy a history of its own? */
export async function judge(context: Context, goal: ReplicaGoal): Promise<string> {
  const { admin, memory } = context;
  const [row] = await admin.query('SHOW SLAVE STATUS');
  const own = await ownPosition(context);
  if (Number(row?.Last_IO_Errno) === 1236) {
    const source = await positionOfSource(context, goal);
    if (sequenceOf(source) < sequenceOf(own)) {
      // A standby that has not applied yet what this copy already holds: not a divergence, ask again.
      await admin.query('START SLAVE', STOP_MS);
      return `${goal.source.zone} is at ${source}, behind ${own}`;
    }
    memory.diverged = `it holds ${own}, which ${goal.source.zone} (at ${source}) does not know: ${String(row?.Last_IO_Error)}`;
    return memory.diverged;
  }
  memory.diverged = `it cannot apply what it receives: ${String(row?.Last_SQL_Error)}`;
  return memory.diverged;
}

/** A follower's applier must never wait for an acknowledgement itself: it would apply nothing, for ever. */
async function unbindLive({ admin, memory }: Context): Promise<void> {
  const [row] = await admin.query('SELECT @@global.read_only AS readOnly');
  if (Number(row!.readOnly) === 0) throw new Error('a writable server cannot follow: it has to step down first');
  await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
  await memory.saveGate(null);
}

async function disconnect(
  { admin, clock, outside }: Context,
  present: Record<string, unknown> | undefined,
): Promise<void> {
  if (present === undefined) return;
  const running = present.Slave_IO_Running !== 'No';
  const source = { host: String(present.Master_Host), port: Number(present.Master_Port) };
  await fence(clock, admin, running ? source : null, PATIENCE_MS.repoint, outside.breakConnections);
  const received = String(present.Gtid_IO_Pos ?? '');
  if (present.Slave_SQL_Running === 'Yes' && sequenceOf(received) > 0) {
    await admin.query(`SELECT MASTER_GTID_WAIT(${quoted(received)}, 1)`, 3_000);
  }
  await admin.query('STOP SLAVE', STOP_MS);
}

function isConfigured(present: Record<string, unknown> | undefined, goal: ReplicaGoal, user: string): boolean {
  return (
    present !== undefined &&
    present.Master_Host === goal.source.host &&
    Number(present.Master_Port) === goal.source.port &&
    present.Master_User === user
  );
}

async function pointAt({ admin, options }: Context, goal: ReplicaGoal, user: string, own: string): Promise<void> {
  const [row] = await admin.query('SELECT @@global.gtid_slave_pos AS applied');
  await admin.query('RESET SLAVE ALL');
  if (String(row!.applied) !== own) await admin.query(`SET GLOBAL gtid_slave_pos=${quoted(own)}`);
  await admin.query(
    `CHANGE MASTER TO MASTER_HOST=${quoted(goal.source.host)}, MASTER_PORT=${goal.source.port}, MASTER_USER=${quoted(user)},
     MASTER_PASSWORD=${quoted(options.secrets.replicationPassword)}, MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1,
     MASTER_HEARTBEAT_PERIOD=0.5`,
  );
}

/** What this copy holds: a server that was live has it in its binlog, a follower also as applied, a new copy from its backup. */
async function ownPosition({ admin, outside, paths }: Context): Promise<string> {
  const [row] = await admin.query('SELECT @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied');
  return furthest(String(row!.binlog), String(row!.applied), await outside.backupPosition(paths.data));
}

function copiesOf({ options }: Context, goal: ReplicaGoal): { own: number; from: number | null } {
  const { from } = goal.promotion;
  return {
    own: copyNumberOf(options, options.zone),
    from: from !== null && options.zones.includes(from) ? copyNumberOf(options, from) : null,
  };
}

async function positionOfSource({ options, outside }: Context, goal: ReplicaGoal): Promise<string> {
  const source = outside.openSession({
    host: goal.source.host,
    port: goal.source.port,
    user: replicationUser('spare', options.zone),
    password: options.secrets.replicationPassword,
  });
  try {
    const [row] = await source.query(
      'SELECT @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied',
      SOURCE_ANSWER_MS,
    );
    return furthest(String(row!.binlog), String(row!.applied));
  } finally {
    source.close();
  }
}
