/** A move that is wanted, the objections that can be raised to it, and the record of it. */
import { type Finding, MOST_MOVES, type Move, type Placement, type WallMs, type ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import type { Change, Refused } from './outcome.ts';

export interface WantedMove extends Circumstances {
  to: ZoneId;
}

/** A reason not to move, or null. */
export type Objection = (move: WantedMove) => Refused | null;

/**
 * What a move of the live copy changes. The former live zone is left without a role: when it is there, its copy is taken in
 * again once it has been compared with the position at which the new one was promoted.
 */
export function moveTo(placement: Placement, to: ZoneId, because: Finding | null, now: WallMs): Change {
  const move: Move = { at: now, from: placement.live, to, because: because?.code ?? null };
  return {
    live: to,
    standby: null,
    inSync: false,
    promotion: { epoch: placement.epoch + 1, from: placement.live, position: null },
    moves: [...placement.moves, move].slice(-MOST_MOVES),
    approval: null,
  };
}
