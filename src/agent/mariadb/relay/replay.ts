/**
 * Applies what this copy had received, and acknowledged, before its server ended. The server's own applier reads the kept relay logs
 * over a replication connection without a source: so everything that can be replicated can be replayed, GTIDs and all. Repeatable
 * from every interruption: it begins behind what is applied.
 */
import { copyFile, link, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Gtid } from '../../../model/index.ts';
import { assertCurrent, type Context, type LiveGoal, type ReplicaGoal } from '../context.ts';
import { chownTo, ownerOf } from '../files.ts';
import { judge, sequenceOf } from '../gtid.ts';
import type { Paths } from '../options.ts';
import { copiesOf, ownPosition } from '../position.ts';
import { quoted } from '../session.ts';
import { clearAttempt, forgetKept, KEPT, type Kept, readKept } from './keep.ts';
import { type Group, readGroups } from './log-file.ts';

const APPLY_LIMIT_MS = 20_000;
const ROUND_MS = 500;
const STOP_MS = 10_000;

export async function replay(context: Context, goal: LiveGoal | ReplicaGoal): Promise<string> {
  const { admin, memory, paths } = context;
  const kept = await readKept(paths);
  if (kept === null) {
    await memory.refreshKept();
    return 'nothing is kept';
  }
  const [row] = await admin.query('SELECT @@global.read_only AS readOnly');
  if (Number(row!.readOnly) === 0) throw new Error('a writable server has nothing to catch up with');
  // An applier that waits for an acknowledgement itself applies nothing.
  await admin.query('SET GLOBAL rpl_semi_sync_master_enabled=0');
  await forgetConnection(context);
  const own = await ownPosition(context);
  await alignApplied(context, own);
  const reading = await readGroups(kept.files.map((file) => join(paths.received, file)));
  const chosen = choose(reading.groups, own, (gtid) => isOurs(context, goal, gtid));
  if (chosen.groups.length > 0) await apply(context, kept, chosen.groups);
  const doubt = kept.doubt ?? reading.broken ?? chosen.doubt;
  await memory.saveComplete(doubt === null);
  // What could not be read may still be read by people.
  if (reading.broken === null && chosen.doubt === null) await forgetKept(paths);
  else await moveAside(paths);
  await memory.refreshKept();
  return said(chosen.groups, own, doubt);
}

/** Cannot be applied: it stays on the disk, for people, and the copy gets what it lacks from its source. */
export async function giveUpReplay(context: Context, because: string): Promise<string> {
  const { paths, memory } = context;
  await forgetConnection(context);
  await moveAside(paths);
  await memory.saveComplete(false);
  await memory.refreshKept();
  return `what it had received cannot be applied, and is kept in ${paths.unapplied}: ${because}`;
}

async function moveAside(paths: Paths): Promise<void> {
  await rm(paths.unapplied, { recursive: true, force: true });
  await rename(paths.received, paths.unapplied);
}

/** What is not applied yet, as far as one follows on the other. `doubt`: it does not do so to the end. */
export function choose<G extends { gtid: Gtid; sequence: number }>(
  groups: readonly G[],
  own: Gtid,
  ours: (gtid: Gtid) => boolean,
): { groups: G[]; doubt: string | null } {
  const chosen: G[] = [];
  let next = sequenceOf(own) + 1;
  for (const group of groups) {
    if (group.sequence < next) continue;
    if (!ours(group.gtid)) break;
    if (group.sequence > next)
      return { groups: chosen, doubt: `${group.gtid} was received, and nothing before it after ${next - 1}` };
    chosen.push(group);
    next += 1;
  }
  return { groups: chosen, doubt: null };
}

/** Beyond the line where the present live copy took over, what its predecessor wrote was acknowledged by nobody. */
export function isOurs(context: Context, goal: LiveGoal | ReplicaGoal, gtid: Gtid): boolean {
  const { position } = goal.promotion;
  if (goal.role === 'live' || position === null) return true;
  return judge(gtid, { ...goal.promotion, position }, copiesOf(context, goal)) === 'clean';
}

async function apply(context: Context, kept: Kept, groups: Group[]): Promise<void> {
  const { admin, options, paths } = context;
  const [first, last] = [groups[0]!, groups.at(-1)!];
  const owner = ownerOf(options.osUser);
  const names: string[] = [];
  for (let file = first.file; file <= last.endFile; file += 1) {
    const name = `relay-${KEPT}.${String(names.length + 1).padStart(6, '0')}`;
    const [from, to] = [join(paths.received, kept.files[file]!), join(paths.data, name)];
    if (file === last.endFile) {
      await copyFile(from, to);
      await truncate(to, last.end);
    } else await link(from, to).catch(() => copyFile(from, to));
    await chownTo(to, owner);
    names.push(name);
  }
  const index = join(paths.data, `relay-${KEPT}.index`);
  await writeFile(index, names.map((name) => `./${name}\n`).join(''), { mode: 0o660 });
  await chownTo(index, owner);
  assertCurrent(context);
  // Without a name for the source's binlog the parallel applier of 10.11 ends the whole server (a null pointer).
  await admin.query(
    `CHANGE MASTER '${KEPT}' TO MASTER_HOST='127.0.0.1', MASTER_USER='nobody', MASTER_LOG_FILE=${quoted(first.sourceFile)},
     MASTER_LOG_POS=4, RELAY_LOG_FILE=${quoted(basename(names[0]!))}, RELAY_LOG_POS=${first.offset}`,
  );
  await admin.query(`START SLAVE '${KEPT}' SQL_THREAD`, STOP_MS);
  await untilApplied(context, last);
  await forgetConnection(context);
}

async function untilApplied(context: Context, last: Group): Promise<void> {
  const { admin, clock } = context;
  const startedAt = clock.mono();
  let [at, since] = ['', startedAt];
  for (;;) {
    const [row] = await admin.query(
      `SELECT MASTER_GTID_WAIT(${quoted(last.gtid)}, ${ROUND_MS / 1000}) AS reached`,
      ROUND_MS + 2_000,
    );
    if (row?.reached !== null && Number(row?.reached) === 0) return;
    assertCurrent(context);
    const [replica] = await admin.query(`SHOW SLAVE '${KEPT}' STATUS`);
    const now = await appliedPosition(context);
    context.say(`applying what it had received before its server ended: at ${now} of ${last.gtid}`);
    if (replica?.Slave_SQL_Running !== 'Yes')
      throw new Error(`cannot apply it: ${String(replica?.Last_SQL_Error ?? 'the applier ended')}`);
    if (now !== at) [at, since] = [now, clock.mono()];
    else if (clock.mono() - since > APPLY_LIMIT_MS) throw new Error(`stuck at ${now} of ${last.gtid}`);
  }
}

/** A statement that a crash interrupted may stand in the binlog and not in the table of what is applied. */
async function alignApplied(context: Context, own: string): Promise<void> {
  const { admin } = context;
  if (sequenceOf(await appliedPosition(context)) < sequenceOf(own))
    await admin.query(`SET GLOBAL gtid_slave_pos=${quoted(own)}`);
}

async function appliedPosition({ admin }: Context): Promise<string> {
  const [row] = await admin.query('SELECT @@global.gtid_slave_pos AS applied');
  return String(row!.applied);
}

/** Also the files that belong to it: the server removes them. */
async function forgetConnection({ admin, paths }: Context): Promise<void> {
  const all = await admin.query('SHOW ALL SLAVES STATUS');
  if (all.some((one) => one.Connection_name === KEPT)) {
    await admin.query(`STOP SLAVE '${KEPT}'`, STOP_MS);
    await admin.query(`RESET SLAVE '${KEPT}' ALL`);
  }
  await clearAttempt(paths);
}

function said(groups: Group[], own: string, doubt: string | null): string {
  const what =
    groups.length === 0
      ? `all that it had received was applied already (${own})`
      : `applied ${groups.length} transactions that it had received before its server ended, up to ${groups.at(-1)!.gtid}`;
  return doubt === null ? what : `${what}; more may have been acknowledged: ${doubt}`;
}
