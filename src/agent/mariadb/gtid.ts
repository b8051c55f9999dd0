/** Positions of one replication domain (0), and the judgement whether a returning server's history is still everybody's. */
import type { Gtid, Promotion } from '../../model/index.ts';
import { copyNumberOfServer } from './options.ts';

interface Point {
  server: number;
  sequence: number;
}

/** The position in domain 0; null for "nothing yet". Throws on text that is no GTID list. */
export function parseGtid(position: Gtid): Point | null {
  for (const part of position.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const match = /^(\d+)-(\d+)-(\d+)$/.exec(text);
    if (!match) throw new Error(`not a GTID: ${JSON.stringify(text)}`);
    if (match[1] === '0') return { server: Number(match[2]), sequence: Number(match[3]) };
  }
  return null;
}

/** Sequence number in domain 0; 0 for "nothing yet". */
export function sequenceOf(position: Gtid): number {
  return parseGtid(position)?.sequence ?? 0;
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
  const mine = parseGtid(own);
  if (mine === null || promotion.from === null) return 'clean';
  if (mine.sequence <= sequenceOf(promotion.position)) return 'clean';
  const writer = copyNumberOfServer(mine.server);
  return writer === copies.own || writer === copies.from ? 'diverged' : 'clean';
}
