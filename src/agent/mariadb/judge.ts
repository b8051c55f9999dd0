/**
 * The source does not know this copy's position, or what it sends cannot be applied: is that a history of this copy's own (diverged: it
 * is set aside), or does the source's binlog only not reach back (then others are asked, and at last this copy is built anew)?
 */
import type { ZoneId } from '../../model/index.ts';
import type { Context, ReplicaGoal } from './context.ts';
import { declareDamaged, isDamagedTable } from './damage.ts';
import type { Source } from './goal.ts';
import { furthest, judge as judgeHistory } from './gtid.ts';
import { copiesOf, ownPosition } from './position.ts';
import { type Known, reach } from './reach.ts';
import { pointAt } from './replication.ts';
import { replicationUser } from './users.ts';

const STOP_MS = 10_000;
const ANSWER_MS = 1_000;
const NOT_IN_SOURCE = 1236;

/** Another copy is followed until this one has what its source has: then the source knows it. */
export interface Detour {
  epoch: number;
  /** Null: every way was tried, or none is left. */
  via: Source | null;
  until: string;
  tried: ZoneId[];
}

export async function judge(context: Context, goal: ReplicaGoal): Promise<string> {
  const { admin, memory } = context;
  const [row] = await admin.query('SHOW SLAVE STATUS');
  const own = await ownPosition(context);
  const [errno, error] = [Number(row?.Last_SQL_Errno), String(row?.Last_SQL_Error)];
  if (isDamagedTable(errno, error)) return declareDamaged(context, error);
  if (Number(row?.Last_IO_Errno) !== NOT_IN_SOURCE) {
    memory.diverged = `it cannot apply what it receives: ${error}`;
    return memory.diverged;
  }
  if (isBeyondTheLine(context, goal, own)) {
    memory.diverged = `it holds ${own}, beyond ${goal.promotion.position}, where the present live copy took over`;
    return memory.diverged;
  }
  return judgeUnknownPosition(context, goal, own, String(row?.Last_IO_Error));
}

async function judgeUnknownPosition(context: Context, goal: ReplicaGoal, own: string, error: string): Promise<string> {
  const { admin, memory } = context;
  const source = await knownBy(context, goal.source);
  const others = await Promise.all(
    otherCopies(goal).map(async (copy) => ({ copy, known: await knownBy(context, copy).catch(() => null) })),
  );
  const answers = [source, ...others.flatMap(({ known }) => known ?? [])].map((known) => reach(own, known));
  if (answers.includes('foreign')) {
    memory.diverged = `it holds ${own}, which is no part of the history that ${goal.source.zone} (at ${source.position}) knows: ${error}`;
    return memory.diverged;
  }
  if (answers[0] === 'behind') {
    // A standby that has not applied yet what this copy already holds: not a divergence, ask again.
    await admin.query('START SLAVE', STOP_MS);
    return `${goal.source.zone} is at ${source.position}, behind ${own}`;
  }
  const tried = memory.detour?.epoch === goal.epoch ? memory.detour.tried : [];
  const next = others.find(({ copy, known }) => known !== null && !tried.includes(copy.zone));
  if (next !== undefined) return takeDetour(context, goal, next.copy, source.position, own, tried);
  memory.detour = null;
  const reason = `no binlog reaches back to ${own}: ${error}`;
  if (answers.includes('covered')) memory.outdated = reason;
  else memory.diverged = `${reason}; and nobody can tell whether it is part of the present history`;
  return reason;
}

async function takeDetour(
  context: Context,
  goal: ReplicaGoal,
  via: Source,
  until: string,
  own: string,
  tried: ZoneId[],
): Promise<string> {
  const { admin, memory, options } = context;
  await admin.query('STOP SLAVE', STOP_MS);
  await admin.query('SET GLOBAL rpl_semi_sync_slave_enabled=0');
  memory.detour = { epoch: goal.epoch, via, until, tried: [...tried, via.zone] };
  await pointAt(context, via, replicationUser('spare', options.zone), own);
  // No further than the source has got: what comes after that may be acknowledged by nobody yet.
  await admin.query(`START SLAVE UNTIL MASTER_GTID_POS='${until}'`, STOP_MS);
  return `${goal.source.zone} does not reach back to ${own}: it follows ${via.zone} up to ${until}`;
}

function isBeyondTheLine(context: Context, goal: ReplicaGoal, own: string): boolean {
  const { promotion } = goal;
  if (promotion.position === null) return false;
  return judgeHistory(own, { ...promotion, position: promotion.position }, copiesOf(context, goal)) === 'diverged';
}

function otherCopies(goal: ReplicaGoal): Source[] {
  return (goal.donors ?? []).filter(({ zone }) => zone !== goal.source.zone);
}

async function knownBy({ options, outside }: Context, copy: Source): Promise<Known> {
  const session = outside.openSession({
    host: copy.host,
    port: copy.port,
    user: replicationUser('spare', options.zone),
    password: options.secrets.replicationPassword,
  });
  try {
    const [row] = await session.query(
      'SELECT @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied, @@global.gtid_binlog_state AS state',
      ANSWER_MS,
    );
    return { position: furthest(String(row!.binlog), String(row!.applied)), state: String(row!.state) };
  } finally {
    session.close();
  }
}
