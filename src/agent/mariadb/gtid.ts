/** Positions of one replication domain (0), and the judgement whether a returning server's history is still everybody's. */
import { type Gtid, type GtidEntry, type Promotion, parseGtid } from '../../model/index.ts';
import { copyNumberOfServer } from './options.ts';

/** Sequence number in domain 0; 0 for "nothing yet". */
export function sequenceOf(position: Gtid): number {
  return pointOf(position)?.sequence ?? 0;
}

/** The position that is further on; the first one when they are equal. */
export function furthest(...positions: Gtid[]): Gtid {
  return positions.reduce((best, one) => (sequenceOf(one) > sequenceOf(best) ? one : best), positions[0] ?? '');
}

/**
 * Compares what a copy that has to follow holds (`own`) with the line drawn by the present reign's promotion. `diverged`: it
 * holds a transaction beyond that line which the old reign's copy, or this copy itself, wrote; neither can be in the
 * present history. `clean` is only "nothing against it": the source still refuses a position that it does not know (1236).
 */
export function judge(
  own: Gtid,
  promotion: Promotion & { position: Gtid },
  copies: { own: number; from: number | null },
): 'clean' | 'diverged' {
  const mine = pointOf(own);
  if (mine === undefined || promotion.from === null) return 'clean';
  if (mine.sequence <= sequenceOf(promotion.position)) return 'clean';
  const writer = copyNumberOfServer(mine.server);
  return writer === copies.own || writer === copies.from ? 'diverged' : 'clean';
}

/** Everything is replicated in domain 0, and nearly every position tells of nothing else. */
const DOMAIN_0_ALONE = /^0-(\d+)-(\d+)$/;

function pointOf(position: Gtid): GtidEntry | undefined {
  const alone = DOMAIN_0_ALONE.exec(position);
  if (alone === null) return parseGtid(position).find((entry) => entry.domain === 0);
  return { domain: 0, server: Number(alone[1]), sequence: Number(alone[2]) };
}
