/** I12: who has moved before leaves a dead zone as fast as the first time: limits are for moves between living zones. */
import type { Checker } from '../trace.ts';
import { failoversOf, seconds } from './history.ts';
import { ATTENTION_MS, lossesOf } from './zone-losses.ts';

export const secondLossLikeTheFirst: Checker = {
  name: 'I12',
  says: 'the second zone loss is served like the first',
  check: (run) =>
    lossesOf(run).flatMap(({ at, endedAt, zone, site, decidedAt }) => {
      const earlier = failoversOf(run).filter((move) => move.placement.site === site && move.at < at);
      if (earlier.length === 0 || (decidedAt ?? endedAt) - at <= ATTENTION_MS) return [];
      const outcome = decidedAt === null ? 'never left it' : `left it only at ${seconds(decidedAt)}`;
      const breach = `${site}, moved ${earlier.length} times before, lost its live zone ${zone} at ${seconds(at)} and ${outcome}`;
      return [{ at: at + ATTENTION_MS, breach }];
    }),
};
