/** Where a copy's own history has got to, and who may have written it. */
import type { Context, LiveGoal, ReplicaGoal } from './context.ts';
import { furthest } from './gtid.ts';
import { copyNumberOf } from './options.ts';

/** What this copy holds: a server that was live has it in its binlog, a follower also as applied, a new copy from its backup. */
export async function ownPosition({ admin, outside, paths }: Context): Promise<string> {
  const [row] = await admin.query('SELECT @@global.gtid_binlog_pos AS binlog, @@global.gtid_slave_pos AS applied');
  return furthest(String(row!.binlog), String(row!.applied), await outside.backupPosition(paths.data));
}

/** The numbers of this copy and of the one that was live before the present reign. */
export function copiesOf({ options }: Context, goal: LiveGoal | ReplicaGoal): { own: number; from: number | null } {
  const { from } = goal.promotion;
  return {
    own: copyNumberOf(options, options.zone),
    from: from !== null && options.zones.includes(from) ? copyNumberOf(options, from) : null,
  };
}
