/**
 * Makes a standby ready to be live without losing an acknowledged write; `resume` makes it writable once its line is on record.
 * Each step may be the last one that a killed agent took: the next
 * one begins again from the top and finds done what is done.
 *
 *   fence ─▶ record the position ─▶ apply all that was received ─▶ forget the source ─▶ nobody is waited for
 */
import { assertCurrent, type Context, type LiveGoal } from './context.ts';
import { fence, PATIENCE_MS } from './fence.ts';
import { furthest, sequenceOf } from './gtid.ts';
import { ownPosition } from './position.ts';
import { quoted, type Row } from './session.ts';

/** One attempt waits this long for the applier; the next attempt goes on waiting. */
const APPLY_LIMIT_MS = 20_000;
const APPLY_ROUND_MS = 500;

export async function promote(context: Context, goal: LiveGoal): Promise<string> {
  const { admin, clock, memory } = context;
  const startedAt = clock.mono();
  const cut = await fence(
    clock,
    admin,
    await sourceOf(context),
    PATIENCE_MS.promotion,
    context.outside.breakConnections,
  );
  const position = await positionHeld(context, goal, cut.replica);
  const appliedAfter = clock.mono();
  await Promise.all([
    memory.savePromotion({ epoch: goal.promotion.epoch, position }),
    memory.saveKeepsTail(true),
    cut.replica === null ? null : applyEverything(context, goal, position),
  ]);
  const applyMs = Math.round(clock.mono() - appliedAfter);
  assertCurrent(context);
  await admin.query('STOP SLAVE', 10_000);
  await admin.query('RESET SLAVE ALL');
  if (memory.gate() !== null) await memory.saveGate(null);
  // Nobody acknowledges here yet and nobody is waited for: the placement that made this copy live says that it is exposed.
  await admin.query('SET GLOBAL rpl_semi_sync_slave_enabled=0, GLOBAL rpl_semi_sync_master_enabled=0');
  const tookMs = Math.round(clock.mono() - startedAt);
  return `ready after ${tookMs} ms (cut off ${cut.tookMs}, applied ${applyMs}); received up to ${position}`;
}

/** Whom the replication thread may be talking to; null: it does not run. */
async function sourceOf({ admin }: Context): Promise<{ host: string; port: number } | null> {
  const [row] = await admin.query('SHOW SLAVE STATUS');
  if (row === undefined || row.Slave_IO_Running === 'No') return null;
  return { host: String(row.Master_Host), port: Number(row.Master_Port) };
}

/** What was received when the source was cut off. What an earlier attempt recorded must still be there, and stands. */
async function positionHeld({ admin, memory }: Context, goal: LiveGoal, replica: Row | null): Promise<string> {
  const [own] = await admin.query('SELECT @@global.gtid_slave_pos AS applied, @@global.gtid_binlog_pos AS binlog');
  const held = furthest(String(replica?.Gtid_IO_Pos ?? ''), String(own!.applied), String(own!.binlog));
  const earlier = memory.promotion();
  if (earlier?.epoch !== goal.promotion.epoch) return held;
  if (sequenceOf(held) < sequenceOf(earlier.position)) {
    throw new Error(
      `it had received up to ${earlier.position}, but a restart left it with ${held}: writable, it would lose writes`,
    );
  }
  return earlier.position;
}

async function applyEverything(context: Context, goal: LiveGoal, position: string): Promise<void> {
  if (sequenceOf(position) === 0) return;
  const { admin, clock } = context;
  const deadline = clock.mono() + APPLY_LIMIT_MS;
  for (;;) {
    const [row] = await admin.query(
      `SELECT MASTER_GTID_WAIT(${quoted(position)}, ${APPLY_ROUND_MS / 1000}) AS reached`,
      APPLY_ROUND_MS + 2_000,
    );
    if (row?.reached !== null && Number(row?.reached) === 0) return;
    assertCurrent(context);
    const [replica] = await admin.query('SHOW SLAVE STATUS');
    context.say(`applying what was received, up to ${position}`);
    if (replica?.Slave_SQL_Running !== 'Yes') {
      if (Number(replica?.Last_SQL_Errno ?? 0) !== 0) context.say(`cannot apply: ${String(replica?.Last_SQL_Error)}`);
      await applyKept(context, goal, position);
      return;
    }
    if (clock.mono() > deadline) throw new Error(`${position} is received, but not applied after ${APPLY_LIMIT_MS} ms`);
  }
}

/** The applier has stopped: started now, with the receiving thread stopped too, it would first throw away all that was received. */
async function applyKept(context: Context, goal: LiveGoal, position: string): Promise<void> {
  const { admin, memory, outside } = context;
  await admin.query('STOP SLAVE', 10_000);
  await outside.keepReceived();
  await memory.refreshKept();
  const detail = await outside.replayReceived(context, goal);
  const own = await ownPosition(context);
  if (sequenceOf(own) < sequenceOf(position)) throw new Error(`it received ${position} and holds ${own}: ${detail}`);
}

/**
 * The first transaction of a reign is the agent's own, so that two reigns never begin with the same GTID, and a position names
 * one history only. So is the first one after every restart: mariabackup tells `gtid_current_pos`, in which what this server wrote under
 * the id of an earlier start does not count.
 */
export async function markReign({ admin, options }: Context, goal: LiveGoal): Promise<void> {
  await admin
    .query(
      `INSERT INTO holdfast.reigns VALUES (${goal.promotion.epoch}, ${quoted(options.zone)}, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE since = UTC_TIMESTAMP(3)`,
      1_000,
    )
    .catch((error: Error & { code?: string }) => {
      // Without its acknowledgement it may wait for long; it is in the binlog, and that is what it is for.
      if (error.name !== 'DeadlineExceeded' && error.code !== 'PROTOCOL_SEQUENCE_TIMEOUT') throw error;
    });
}
