/** A failover with a copy that follows already exposes the site for a moment only, when nothing else is wrong. */
import { isProtected } from '../../src/model/index.ts';
import type { Checker } from '../trace.ts';
import { commitsOf, everAlone, failoversOf, faultsOf, seconds } from './history.ts';
import { serious } from './reach.ts';
import { lonelyLosses } from './zone-losses.ts';

const MOST_MS = 1_500;

export const hardlyExposed: Checker = {
  name: 'exposed',
  says: `after the loss of one zone a site whose next standby follows already is protected again within ${MOST_MS / 1_000} s`,
  check: (run) => {
    const faults = serious(faultsOf(run));
    return lonelyLosses(run).flatMap(({ at, zone }) =>
      failoversOf(run).flatMap(({ at: movedAt, placement, before }) => {
        const { site, standby } = placement;
        const next = Math.min(run.endedAt, ...faults.filter(({ from }) => from > at).map(({ from }) => from));
        const isItsMove = before?.live === zone && movedAt > at && movedAt + MOST_MS < next;
        if (everAlone(run, site, at, movedAt + MOST_MS)) return [];
        if (!isItsMove || standby === null || before?.order != null) return [];
        const later = commitsOf(run, site).find((commit) => commit.at > movedAt && isProtected(commit.placement));
        const exposedMs = (later?.at ?? run.endedAt) - movedAt;
        if (exposedMs <= MOST_MS) return [];
        const breach = `${site} left zone ${zone} at ${seconds(movedAt)} with a copy that followed in zone ${standby}, and was exposed for ${Math.round(exposedMs)} ms`;
        return [{ at: movedAt + MOST_MS, breach }];
      }),
    );
  },
};
