/** A move that is wanted, the objections that can be raised to it, and the record of it. */
import { MOST_MOVES, type Move, type ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import type { Change, Refused } from './outcome.ts';
import { followers } from './standby.ts';

export interface WantedMove extends Circumstances {
  to: ZoneId;
}

/** A reason not to move, or null. */
export type Objection = (move: WantedMove) => Refused | null;

/**
 * What a move of the live copy changes. The former live zone is left without a role, for something may be wrong there: when it is there, its
 * copy is taken in again and compared with the position at which the new one was promoted. A copy that follows already becomes the
 * standby at once, so that the site is exposed for no longer than it takes to have it acknowledge.
 */
export function moveTo({ site, world, because, now }: Omit<Circumstances, 'arrivals'>, to: ZoneId): Change {
  const { placement } = site;
  const standby = followers(site, world).find((zone) => zone !== to) ?? null;
  const { order } = placement;
  const move: Move = { at: now, from: placement.live, to, because: because?.code ?? null };
  if (because === null && order !== null) move.order = { kind: order.kind, at: order.at };
  return {
    live: to,
    standby,
    inSync: false,
    spares: placement.spares.filter((zone) => zone !== standby && zone !== to),
    promotion: { epoch: placement.epoch + 1, from: placement.live, position: null, open: false, acceptedLoss: null },
    former: placement.promotion,
    moves: [...placement.moves, move].slice(-MOST_MOVES),
    approval: null,
    order: null,
  };
}
