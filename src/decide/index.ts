/**
 * What to do about what was found. Pure: the same world, findings and `now` always give the same decisions and refusals.
 * One step per site and call: whatever state a crash leaves behind, the next call goes on from there.
 */
import { type Finding, type Placement, phaseOf, type Refusal } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { indexFindings } from './findings.ts';
import type { Decision, Outcome, Refused } from './outcome.ts';
import { openIncident } from './progress.ts';
import { createArrivals } from './room.ts';
import { situationsOf } from './situation.ts';
import { TRANSITIONS } from './transitions.ts';
import type { DecideInput } from './world.ts';

export { type NoApproval, planApproval } from './approval.ts';
export type { Decision } from './outcome.ts';
export type { CopyView, DecideInput, SiteView, World, ZoneView } from './world.ts';
export { VIEW_FRESH_MS } from './world.ts';

export interface SiteVerdict {
  placement: Placement;
  /** At most one: the most urgent. */
  decision: Decision | null;
  /** Everything that was wanted and is not done, most urgent first. */
  refusals: { refusal: Refusal; because: Finding | null }[];
}

export function decide({ world, findings, now }: DecideInput): SiteVerdict[] {
  const shared = { world, findings: indexFindings(findings), arrivals: createArrivals(world, now), now };
  return [...world.sites.values()].map((site) => decideSite({ site, ...shared }));
}

function decideSite(circumstances: Omit<Circumstances, 'because'>): SiteVerdict {
  const { site, now } = circumstances;
  const row = TRANSITIONS[phaseOf(site.placement)];
  const outcomes: Outcome[] = situationsOf(circumstances).map(({ situation, because }) =>
    row[situation]({ ...circumstances, because }),
  );
  const refusals = firstOfEachCode(outcomes.filter((outcome) => outcome.kind === 'refusal'));
  const unrecorded = site.placement.incident === null ? refusals.find(({ opensIncident }) => opensIncident) : undefined;
  if (unrecorded?.because) outcomes.push(openIncident(site, unrecorded.because, now));
  return {
    placement: site.placement,
    decision: outcomes.find((outcome) => outcome.kind === 'decision') ?? null,
    refusals,
  };
}

/** Two losses at the same time may be refused for the same reason. */
function firstOfEachCode(refusals: Refused[]): Refused[] {
  if (refusals.length < 2) return refusals;
  return [...new Map(refusals.toReversed().map((refused) => [refused.refusal.code, refused])).values()].reverse();
}
