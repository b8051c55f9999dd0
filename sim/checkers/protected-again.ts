/** I11: one zone is lost, a spare is healthy: every site is protected again, and nobody had to do anything. */
import { isProtected, phaseOf } from '../../src/model/index.ts';
import type { Checker, SimMs } from '../trace.ts';
import {
  anyEvacuated,
  commitsOf,
  type EventOf,
  everAlone,
  faultsOf,
  placementAt,
  seconds,
  sitesOf,
} from './history.ts';
import { serious } from './reach.ts';
import { asksFirst, lonelyLosses } from './zone-losses.ts';

/** Patience, promotion, and a copy built anew, with a wide margin. */
const WITHIN_MS = 20_000;

const PLANNED: ReadonlySet<string> = new Set(['prefer-target', 'switchover', 'accept-loss']);
const MOVED_MS = 5_000;

/** What a move by plan exposes for a moment is not the loss's doing. */
function isMovedByPlan(commits: EventOf<'commit'>[], at: SimMs): boolean {
  return commits.some(
    (commit) => commit.at > at - MOVED_MS && commit.at <= at && PLANNED.has(commit.placement.decision),
  );
}

export const protectedAgain: Checker = {
  name: 'I11',
  says: 'after any single zone loss with a healthy spare every site is protected again with nobody doing anything',
  check: (run) => {
    const faults = serious(faultsOf(run));
    return lonelyLosses(run).flatMap(({ at, zone }) => {
      const due = at + WITHIN_MS;
      const next = Math.min(run.endedAt, ...faults.filter(({ from }) => from > at).map(({ from }) => from));
      // Without a spare zone that may be used there is nothing to be asked.
      if (next < due || anyEvacuated(run, at, due)) return [];
      const lostStill = faults.some(({ from, to }) => from === at && to > due);
      return sitesOf(run).flatMap((site) => {
        const commits = commitsOf(run, site);
        const before = placementAt(commits, at);
        const after = placementAt(commits, due);
        if (before === null || after === null || !isProtected(before) || asksFirst(run, site, at)) return [];
        if (isMovedByPlan(commits, due) || everAlone(run, site, at - MOVED_MS, due)) return [];
        const leansOnLost = lostStill && (after.live === zone || after.standby === zone);
        if (isProtected(after) && !leansOnLost) return [];
        const breach = `${site} was protected when zone ${zone} was lost at ${seconds(at)}, and is ${phaseOf(after)} (live ${after.live}, standby ${after.standby ?? 'none'}) ${WITHIN_MS / 1_000} s later`;
        return [{ at: due, breach }];
      });
    });
  },
};
