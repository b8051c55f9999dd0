/** The unplanned move: only to a standby recorded in sync, and only when that is known to be better now. */
import { waitsForApproval } from './approval.ts';
import type { Circumstances } from './circumstances.ts';
import { movedRecently } from './flapping.ts';
import { loadFollows, standbyUnwell, troubleEverywhere, wouldNotHelp } from './helps.ts';
import { moveTo, type Objection } from './move.ts';
import { decision, type Outcome } from './outcome.ts';
import { noRoom } from './room.ts';

/** The first that is raised is told. */
const OBJECTIONS: readonly Objection[] = [
  standbyUnwell,
  troubleEverywhere,
  loadFollows,
  wouldNotHelp,
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
  const sentence = `${name} moves from zone ${live} to zone ${standby}, whose copy has every acknowledged write.`;
  return decision(site, 'failover', now, moveTo(site.placement, standby, because, now), sentence, because);
}
