/** The unplanned move: only to a standby recorded in sync, and only when that is known to be better now. */
import { waitsForApproval } from './approval.ts';
import type { Circumstances } from './circumstances.ts';
import { toEvacuated } from './evacuation.ts';
import { movedRecently } from './flapping.ts';
import { lagOf, loadFollows, standbyBehind, standbyUnwell, troubleEverywhere, wouldNotHelp } from './helps.ts';
import { moveTo, type Objection } from './move.ts';
import { decision, type Outcome } from './outcome.ts';
import { noRoom } from './room.ts';

/** The first that is raised is told. */
const OBJECTIONS: readonly Objection[] = [
  standbyUnwell,
  troubleEverywhere,
  loadFollows,
  wouldNotHelp,
  standbyBehind,
  toEvacuated,
  noRoom,
  movedRecently,
  waitsForApproval,
];

export function planFailover(circumstances: Circumstances): Outcome {
  const { site, because, arrivals, now } = circumstances;
  const { site: name, live, standby } = site.placement;
  if (because === null) throw new Error(`failover of ${name} without a finding`);
  if (standby === null) throw new Error(`failover of ${name} without a standby`);
  for (const objection of OBJECTIONS) {
    const refused = objection({ ...circumstances, to: standby });
    if (refused !== null) return refused;
  }
  arrivals.note(live, standby);
  const behindMs = lagOf(site, standby);
  const behind =
    behindMs > site.spec.failover.mostLagMs ? ` It is ${Math.round(behindMs)} ms behind, and applies that first.` : '';
  const sentence = `${name} moves from zone ${live} to zone ${standby}, whose copy has every acknowledged write.${behind}`;
  return decision(site, 'failover', now, moveTo(circumstances, standby), sentence, because);
}
