/** The record itself: each placement is one more than the one that it replaces, and was decided on that very one. */
import type { Placement } from '../../src/model/index.ts';
import type { Checker } from '../trace.ts';
import { eventsOf } from './history.ts';

export const epochsGrowByOne: Checker = {
  name: 'epochs',
  says: 'a placement only ever replaces the one that it was decided on, under the next number',
  check: (run) => {
    const newest = new Map<string, Placement>();
    return eventsOf(run, 'commit').flatMap(({ at, by, placement, before }) => {
      const { site, epoch } = placement;
      const replaced = newest.get(site) ?? null;
      newest.set(site, placement);
      const next = (replaced?.epoch ?? 0) + 1;
      if (epoch === next && (before?.epoch ?? 0) === next - 1) return [];
      return [
        { at, breach: `${by} put epoch ${epoch} of ${site} (${placement.decision}) in the place of epoch ${next - 1}` },
      ];
    });
  },
};
