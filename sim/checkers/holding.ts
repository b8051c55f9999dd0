/** Whatever becomes of those who decide, an edge holds a site's visitors for a planned move no longer than it may, and lets them go by itself. */
import type { Checker } from '../trace.ts';
import { eventsOf } from './history.ts';

const MOST_MS = 3_000;
/** Turns in which the held are looked after. */
const SLACK_MS = 50;

export const holdingEnds: Checker = {
  name: 'holding',
  says: 'no edge holds visitors for a planned move for longer than 3 s',
  check: (run) =>
    eventsOf(run, 'held').flatMap(({ at, edge, site, epoch, forMs }) => {
      if (forMs <= MOST_MS + SLACK_MS) return [];
      return [{ at, breach: `${edge} held ${site} for ${Math.round(forMs)} ms under epoch ${epoch}` }];
    }),
};
