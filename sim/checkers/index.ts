/** Every property that a simulated run is held to; one file each. */
import type { Checker, SimRun } from '../trace.ts';
import { acceptedLossIsKept } from './accepted-loss.ts';
import { acknowledgedWritesSurvive } from './acknowledged-writes-survive.ts';
import { closedWhenOver } from './closed-when-over.ts';
import { converges } from './converges.ts';
import { edgesGoForward } from './edges-go-forward.ts';
import { enoughCopies } from './enough-copies.ts';
import { epochsGrowByOne } from './epochs.ts';
import { hardlyExposed } from './hardly-exposed.ts';
import { holdingEnds } from './holding.ts';
import { neverTwice } from './never-twice.ts';
import { recordDoesNotChurn } from './no-churn.ts';
import { nothingBlocks } from './nothing-blocks.ts';
import { nothingDeleted } from './nothing-deleted.ts';
import { oneAcknowledges } from './one-acknowledges.ts';
import { oneEventIsOneIncident } from './one-incident.ts';
import { oneObserverMovesNothing } from './one-observer.ts';
import { oneSiteMovesNoOther } from './one-site.ts';
import { onlyInSync } from './only-in-sync.ts';
import { ordersEnd } from './orders-end.ts';
import { plannedMovesDisturbNobody } from './planned-moves.ts';
import { plansBreakIntoNothing } from './plans.ts';
import { protectedAgain } from './protected-again.ts';
import { refusalsAreRecorded } from './refusals-recorded.ts';
import { secondLossLikeTheFirst } from './second-loss.ts';
import { sitesOutliveTheStore } from './store-down.ts';

export const CHECKERS: readonly Checker[] = [
  acknowledgedWritesSurvive,
  oneAcknowledges,
  onlyInSync,
  nothingBlocks,
  sitesOutliveTheStore,
  oneObserverMovesNothing,
  oneSiteMovesNoOther,
  refusalsAreRecorded,
  neverTwice,
  edgesGoForward,
  protectedAgain,
  secondLossLikeTheFirst,
  nothingDeleted,
  converges,
  epochsGrowByOne,
  recordDoesNotChurn,
  oneEventIsOneIncident,
  closedWhenOver,
  plannedMovesDisturbNobody,
  plansBreakIntoNothing,
  ordersEnd,
  holdingEnds,
  enoughCopies,
  hardlyExposed,
  acceptedLossIsKept,
];

export interface Broken {
  checker: string;
  at: number;
  breach: string;
}

/** Everything that a run breaks, in the order of time. */
export function check(run: SimRun): Broken[] {
  return CHECKERS.flatMap(({ name, check }) => check(run).map((found) => ({ checker: name, ...found }))).sort(
    (x, y) => x.at - y.at,
  );
}
