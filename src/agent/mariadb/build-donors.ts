/** From which copy a new one is made: from the one that is missed least while it gives. Pure. */
import { type Placement, roleOf, type ZoneId } from '../../model/index.ts';

/**
 * The zones to ask for a backup, the best first: a spare serves nobody and acknowledges nothing, so its disk is free for it; the standby
 * delays every commit a little; the live copy delays the visitors themselves. A standby that is not in sync is being grown and comes last.
 * Each of them still refuses when it is not well (`refusalOf` of backup.ts).
 */
export function donorsFor(placement: Placement, zone: ZoneId): ZoneId[] {
  const { spares, standby, inSync, live } = placement;
  const grown = standby !== null && inSync ? [standby] : [];
  const growing = standby !== null && !inSync ? [standby] : [];
  const order = [...spares, ...grown, live, ...growing];
  return order.filter((one) => one !== zone && roleOf(placement, one) !== 'none');
}
