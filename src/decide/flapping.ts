/**
 * Moves between living zones are limited, each making the next wait twice as long; leaving a dead zone never is. Times are wall
 * clocks of whichever controller committed, so that a wrong clock must neither lift the limit for good nor hold a site for ever.
 */
import type { Move, Placement, WallMs } from '../model/index.ts';
import type { Objection } from './move.ts';
import { refuse } from './outcome.ts';

const DAY_MS = 24 * 3_600_000;
/** Nothing is held back for longer than this. */
const LONGEST_WAIT_MS = DAY_MS;

/**
 * Until when the site does not move between living zones; null: it may now. After n such moves in the last 24 hours it waits
 * `backOffMs` × 2^(n−1) since the newest of them, at most 24 h. A move that the clock puts into the future has just been made, as
 * far as anybody can know; what would hold the site for longer than the longest wait was stamped by a wrong clock.
 */
export function heldUntil({ moves }: Pick<Placement, 'moves'>, backOffMs: number, now: WallMs): WallMs | null {
  const counted = moves.filter((move) => isCounted(move) && Math.abs(now - move.at) < DAY_MS);
  const newest = counted.at(-1);
  if (newest === undefined) return null;
  const waitMs = Math.min(LONGEST_WAIT_MS, backOffMs * 2 ** (counted.length - 1));
  const until = newest.at + waitMs;
  return until > now && until - now <= LONGEST_WAIT_MS ? until : null;
}

/** Leaving a dead zone is no choice, and what a person planned or a drill did is no flapping; going home by itself may be. */
function isCounted({ because, order }: Move): boolean {
  if (order?.kind === 'drill') return false;
  if (because === 'zone-dark') return false;
  return because !== null || order === undefined || order.kind === 'failback';
}

export const movedRecently: Objection = ({ site, because, now }) => {
  if (because?.code === 'zone-dark') return null;
  const until = heldUntil(site.placement, site.spec.failover.backOffMs, now);
  if (until === null) return null;
  const { site: name, live, moves } = site.placement;
  const last = moves.findLast(isCounted)!;
  const when = new Date(until).toISOString().slice(0, 19);
  const sentence = `${name} stays in zone ${live}: it moved from zone ${last.from} to zone ${last.to} not long ago, and may move again at ${when}Z.`;
  return refuse(site, 'moved-recently', sentence, because);
};
