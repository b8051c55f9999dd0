/**
 * I3: a site is only ever moved to the standby that the replaced record called in sync, or back before the newly live copy took a
 * write, or where a person ordered it to, giving up what only the live copy has.
 */
import type { Placement } from '../../src/model/index.ts';
import type { Checker } from '../trace.ts';
import { movesOf } from './history.ts';

export const onlyInSync: Checker = {
  name: 'I3',
  says: 'a move goes only to the standby recorded in sync',
  check: (run) =>
    movesOf(run).flatMap(({ at, placement, before, by }) => {
      if (before === null || (before.inSync && before.standby === placement.live)) return [];
      if (isTakenBack(before, placement) || isAccepted(before, placement)) return [];
      const record =
        before.standby === null ? 'no standby' : `zone ${before.standby} ${before.inSync ? '' : 'not '}in sync`;
      const breach = `${by} moved ${placement.site} from zone ${before.live} to zone ${placement.live} (epoch ${placement.epoch}) when the record said: ${record}`;
      return [{ at, breach }];
    }),
};

/** On record before it was done, by a person, and on record since whose word it was. */
function isAccepted({ order }: Placement, { live, promotion, decision }: Placement): boolean {
  if (decision !== 'accept-loss' || order?.kind !== 'accept-loss') return false;
  return order.to === live && promotion.acceptedLoss?.by === order.by;
}

/** To the copy that was live before, with its own reign, and only while nothing can have been acknowledged since. */
function isTakenBack(before: Placement, after: Placement): boolean {
  const { promotion, former } = before;
  if (promotion.position !== null || former === null || promotion.from !== after.live) return false;
  return after.promotion.epoch === former.epoch && !after.inSync;
}
