/**
 * What to do about what was found. Pure: the same world, findings and `now` always give the same decisions and refusals.
 * One step per site and call: whatever state a crash leaves behind, the next call goes on from there.
 */
import { type Finding, type Placement, phaseOf, type Refusal } from '../model/index.ts';
import type { Circumstances, HandOvers } from './circumstances.ts';
import { createPractices } from './drill-limits.ts';
import { withDrill } from './drill-steps.ts';
import { indexFindings } from './findings.ts';
import type { Decision, Outcome, Refused } from './outcome.ts';
import { openIncident } from './progress.ts';
import { createArrivals } from './room.ts';
import { situationsOf } from './situation.ts';
import { TRANSITIONS } from './transitions.ts';
import type { DecideInput, World } from './world.ts';

export { estimateLoss, type Loss } from './accept-loss.ts';
export { type NoApproval, planApproval } from './approval.ts';
export { type DrillWish, planDrill } from './drill.ts';
export { createPractices } from './drill-limits.ts';
export { stopDrill } from './drill-steps.ts';
export { indexFindings } from './findings.ts';
export { openOn } from './hand-over.ts';
export { callOff, planOrder, type Standing, type Wish } from './order.ts';
export type { Decision } from './outcome.ts';
export { type Preview, previewDrill, previewLeaving, previewMove } from './preview.ts';
export type { CopyView, DecideInput, EdgeView, SiteView, VisitorsSeen, World, ZoneView } from './world.ts';
export { EDGE_FORGOTTEN_MS, VIEW_FRESH_MS } from './world.ts';

export interface SiteVerdict {
  placement: Placement;
  /** At most one: the most urgent. */
  decision: Decision | null;
  /** Everything that was wanted and is not done, most urgent first. */
  refusals: { refusal: Refusal; because: Finding | null }[];
}

export function decide({ world, findings, now }: DecideInput): SiteVerdict[] {
  const shared = {
    world,
    findings: indexFindings(findings),
    arrivals: createArrivals(world, now),
    handOvers: createHandOvers(world),
    practices: createPractices(world.placements),
    now,
  };
  const verdicts: SiteVerdict[] = [];
  for (const site of world.sites.values()) verdicts.push(decideSite({ ...shared, site }));
  return verdicts;
}

function decideSite(circumstances: Omit<Circumstances, 'because'>): SiteVerdict {
  const { site, now } = circumstances;
  const occurrences = situationsOf(circumstances);
  if (occurrences.length === 0) return { placement: site.placement, decision: null, refusals: [] };
  const row = TRANSITIONS[phaseOf(site.placement)];
  const outcomes: Outcome[] = occurrences.map(({ situation, because }) =>
    row[situation]({ ...circumstances, because }),
  );
  const refusals = firstOfEachCode(outcomes.filter((outcome) => outcome.kind === 'refusal'));
  const unrecorded = site.placement.incident === null ? refusals.find(({ opensIncident }) => opensIncident) : undefined;
  if (unrecorded?.because) outcomes.push(openIncident(site, unrecorded.because, now));
  const made = outcomes.find((outcome) => outcome.kind === 'decision') ?? null;
  return {
    placement: site.placement,
    decision: made === null ? null : withDrill(site, made, now),
    refusals,
  };
}

/** Looks at all placements once, and only when somebody asks. */
function createHandOvers({ placements }: World): HandOvers {
  let known: number | null = null;
  const count = () => {
    if (known === null) {
      known = 0;
      for (const { order } of placements.values()) if (order?.holding) known += 1;
    }
    return known;
  };
  return {
    count,
    note: () => {
      known = count() + 1;
    },
  };
}

/** Two losses at the same time may be refused for the same reason. */
function firstOfEachCode(refusals: Refused[]): Refused[] {
  if (refusals.length < 2) return refusals;
  return [...new Map(refusals.toReversed().map((refused) => [refused.refusal.code, refused])).values()].reverse();
}
