/** The plain case: one whole zone is lost and nothing else is wrong, nor was lately. What it must lead to is beyond excuse. */
import { isProtected, type Placement, type SiteId, type ZoneId } from '../../src/model/index.ts';
import type { SimMs, SimRun } from '../trace.ts';
import { commitsOf, during, eventsOf, faultsOf, placementAt, sitesOf } from './history.ts';
import { serious, zoneLostBy } from './reach.ts';

/** A lost zone is left within this, however patient the site is (`careful` waits 5 s); far above what it takes, to be beyond doubt. */
export const ATTENTION_MS = 9_000;
/** Everything else must have been well for so long before. */
const QUIET_MS = 15_000;

export interface ZoneLoss {
  at: SimMs;
  /** When the zone came back, or the next fault began, or the run ended. */
  endedAt: SimMs;
  zone: ZoneId;
  site: SiteId;
  /** What was on record when the zone was lost: the site was protected. */
  before: Placement;
  /** The site's live copy is elsewhere since then; null: not while the zone was lost. */
  decidedAt: SimMs | null;
}

/** Every protected site's losses of its live zone. */
export function lossesOf(run: SimRun): ZoneLoss[] {
  return lonelyLosses(run).flatMap(({ at, endedAt, zone }) =>
    sitesOf(run).flatMap((site) => {
      const commits = commitsOf(run, site);
      const before = placementAt(commits, at);
      if (before === null || before.live !== zone || !isProtected(before) || asksFirst(run, site, at)) return [];
      const left = commits.find((commit) => commit.at > at && commit.at <= endedAt && commit.placement.live !== zone);
      return [{ at, endedAt, zone, site, before, decidedAt: left?.at ?? null }];
    }),
  );
}

/** The site's policy leaves the move to a person. */
export function asksFirst(run: SimRun, site: SiteId, at: SimMs): boolean {
  return eventsOf(run, 'refusal').some(
    (event) =>
      event.refusal.site === site &&
      event.refusal.code === 'waits-for-approval' &&
      event.at > at &&
      event.at <= at + ATTENTION_MS,
  );
}

/** Losses of whole zones with nothing else around them. */
export function lonelyLosses(run: SimRun): { at: SimMs; endedAt: SimMs; zone: ZoneId }[] {
  const faults = serious(faultsOf(run));
  return faults.flatMap((loss) => {
    const zone = zoneLostBy(loss.fault);
    const around = during(faults, loss.from - QUIET_MS, loss.from).filter((other) => other !== loss);
    if (zone === null || around.length > 0) return [];
    const next = Math.min(...faults.filter((other) => other.from > loss.from).map((other) => other.from));
    return [{ at: loss.from, endedAt: Math.min(loss.to, next, run.endedAt), zone }];
  });
}
