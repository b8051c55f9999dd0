/**
 * Why a source does not know a copy's position (error 1236): because that copy has a history of its own, because the source has not got
 * there yet, or because its binlog does not reach back so far, as that of a copy that was built lately. Pure.
 */
import { type Gtid, type GtidEntry, parseGtid } from '../../model/index.ts';
import { sequenceOf } from './gtid.ts';

/** What another copy knows of the present history. */
export interface Known {
  /** As far as it has got. */
  position: Gtid;
  /** `gtid_binlog_state`: of every server that wrote, the newest; kept when old binlogs are removed, empty in a new copy. */
  state: Gtid;
}

/**
 * `behind`: it has not got there. `foreign`: it knows who wrote this, and that this is no part of the history. `covered`: it holds this
 * and all before it. `unknown`: it was built later than that, and cannot tell.
 *
 * A server has another id at every start (`nextServerId`), and writes in order: if the history holds something newer of the same id, it
 * holds this.
 */
export function reach(own: Gtid, known: Known): 'behind' | 'foreign' | 'covered' | 'unknown' {
  const mine = pointOf(own);
  if (mine === undefined || pointsOf(known.position).some((one) => isSame(one, mine))) return 'covered';
  const newest = pointsOf(known.state).find((one) => one.server === mine.server);
  const isBeyond = sequenceOf(known.position) > mine.sequence;
  if (newest !== undefined && newest.sequence >= mine.sequence) return 'covered';
  if (!isBeyond) return 'behind';
  return newest === undefined ? 'unknown' : 'foreign';
}

function pointOf(gtid: Gtid): GtidEntry | undefined {
  return pointsOf(gtid)[0];
}

/** Everything is replicated in domain 0. */
function pointsOf(gtid: Gtid): GtidEntry[] {
  return parseGtid(gtid).filter(({ domain }) => domain === 0);
}

function isSame(one: GtidEntry, other: GtidEntry): boolean {
  return one.server === other.server && one.sequence === other.sequence;
}
