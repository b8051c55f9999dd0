/** I3: a site is only ever moved to the standby that the replaced record called in sync. */
import type { Checker } from '../trace.ts';
import { movesOf } from './history.ts';

export const onlyInSync: Checker = {
  name: 'I3',
  says: 'a move goes only to the standby recorded in sync',
  check: (run) =>
    movesOf(run).flatMap(({ at, placement, before, by }) => {
      if (before === null || (before.inSync && before.standby === placement.live)) return [];
      const record =
        before.standby === null ? 'no standby' : `zone ${before.standby} ${before.inSync ? '' : 'not '}in sync`;
      const breach = `${by} moved ${placement.site} from zone ${before.live} to zone ${placement.live} (epoch ${placement.epoch}) when the record said: ${record}`;
      return [{ at, breach }];
    }),
};
