/**
 * Whose acknowledgement the live server waits for: admit, gate, release, resume. Semi-sync counts any acknowledging replica, so
 * the server first locks every other copy's acknowledging account out and ends its connections; only then does it begin to wait.
 */
import type { ZoneId } from '../../model/index.ts';
import { endConnections } from './connections.ts';
import { assertCurrent, type Context, type LiveGoal } from './context.ts';
import { markReign } from './promote.ts';
import { quoted } from './session.ts';
import { replicationUser, zoneOfSyncUser } from './users.ts';

const CLOSE_ROUNDS = 60;
const CLOSE_PAUSE_MS = 5;
const FLUSH_MS = 10_000;

/** Lets acknowledgements of `goal.standby` in, and nobody else's. */
export async function admit(context: Context, goal: LiveGoal): Promise<string> {
  await admitOnly(context, goal.standby);
  return goal.standby === null ? 'no acknowledgement counts' : `only the acknowledgements of ${goal.standby} count`;
}

/** Makes every commit from now on wait for the standby. */
export async function gate(context: Context, goal: LiveGoal): Promise<string> {
  const { admin, memory } = context;
  const standby = goal.standby!;
  if (memory.admitted !== standby) await admitOnly(context, standby);
  const already = await waitingNow(context);
  if (!already && !goal.inSync) await waitUntilClose(context, standby);
  assertCurrent(context);
  await memory.saveGate({ standby, position: null });
  if (!already) await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=1');
  await confirmWaiting(context);
  // Read after waiting began: everything beyond it has waited.
  const [row] = await admin.query('SELECT @@global.gtid_binlog_pos AS position');
  await memory.saveGate({ standby, position: String(row!.position) });
  if (memory.keepsTail()) {
    // What was acknowledged before is not to be cut off with what will wait: only its place in the binlog was synced.
    await admin.query('FLUSH LOCAL ENGINE LOGS', FLUSH_MS);
    await memory.saveKeepsTail(false);
  }
  return `commits wait for ${standby} from ${String(row!.position)} on`;
}

/** Stops waiting: only ever because a confirmed placement names no standby, or another one. Every waiting commit is answered. */
export async function release(context: Context, goal: LiveGoal): Promise<string> {
  const { admin, memory } = context;
  const waitedFor = memory.gate()?.standby ?? 'the standby';
  await memory.saveKeepsTail(true);
  assertCurrent(context);
  if (goal.standby !== null && goal.standby === memory.gate()?.standby)
    throw new Error('the placement names whom it waits for');
  await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
  await memory.saveGate(null);
  return `commits wait for ${waitedFor} no more`;
}

/**
 * Makes a promoted copy writable whose line is on record, or a restarted server of the live copy again. One that waited for the standby that is still named waits from the
 * first write on: that it did was reported, and a controller may have recorded the standby as in sync since.
 */
export async function resume(context: Context, goal: LiveGoal): Promise<string> {
  const { admin, memory } = context;
  const firstTime = memory.promotion()?.epoch !== goal.promotion.epoch;
  if (firstTime && goal.promotion.from !== null) throw new Error('this copy was not promoted for this reign');
  if (firstTime) await memory.savePromotion({ epoch: goal.promotion.epoch, position: '' });
  const waits = goal.inSync || (goal.standby !== null && memory.gate()?.standby === goal.standby);
  if (!waits && !memory.keepsTail()) await memory.saveKeepsTail(true);
  if (waits) await gate(context, goal);
  else await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
  assertCurrent(context);
  await markReign(context, goal);
  await admin.query('SET GLOBAL read_only=0');
  return waits ? `writable, waiting for ${goal.standby}` : 'writable';
}

async function admitOnly({ admin, memory, options }: Context, admitted: ZoneId | null): Promise<void> {
  memory.admitted = undefined;
  // Each server's own business: in the binlog it would reach the copies, and wait for the very acknowledgement it is about.
  await admin.query('SET SESSION sql_log_bin=0');
  try {
    for (const zone of options.zones) {
      const account = `${quoted(replicationUser('standby', zone))}@'%'`;
      await admin.query(`ALTER USER ${account} ACCOUNT ${zone === admitted ? 'UNLOCK' : 'LOCK'}`);
    }
  } finally {
    await admin.query('SET SESSION sql_log_bin=1');
  }
  // Those that were open before their account was locked.
  await endConnections(admin, ({ user }) => ![null, admitted].includes(zoneOfSyncUser(user)));
  memory.admitted = admitted;
}

async function waitingNow({ admin }: Context): Promise<boolean> {
  const [row] = await admin.query('SELECT @@global.rpl_semi_sync_master_enabled AS enabled');
  return Number(row!.enabled) === 1;
}

/** Writes pause until the standby has caught up once waiting begins: begin when there is next to nothing to catch up. */
async function waitUntilClose(context: Context, standby: ZoneId): Promise<void> {
  const { admin, clock, signal } = context;
  const user = replicationUser('standby', standby);
  for (let round = 0; round < CLOSE_ROUNDS; round += 1) {
    const dumps = await admin.query(
      `SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE USER = ${quoted(user)} AND COMMAND LIKE 'Binlog Dump%'`,
    );
    const [clients] = await admin.query(`SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'`);
    const close = dumps.length === 1 && String(dumps[0]!.state).startsWith('Master has sent all');
    if (close && Number(clients?.Value) === 1) return;
    await clock.sleep(CLOSE_PAUSE_MS, signal);
    assertCurrent(context);
  }
  throw new Error(`${standby} is connected, but not close yet`);
}

async function confirmWaiting({ admin, clock }: Context): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    const [row] = await admin.query(`SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_status'`);
    if (row?.Value === 'ON') return;
    await clock.sleep(CLOSE_PAUSE_MS);
  }
  throw new Error('the server was told to wait for acknowledgements and does not');
}
