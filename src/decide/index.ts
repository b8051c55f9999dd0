/**
 * What to do about what was found. Pure: the same world, findings and `now` always give the same decisions and refusals.
 * One step per site and call: whatever state a crash leaves behind, the next call goes on from there.
 */
import { type Finding, type Placement, phaseOf, type Refusal } from '../model/index.ts';
import type { Decision, Outcome } from './outcome.ts';
import { openIncident } from './progress.ts';
import { situationsOf } from './situation.ts';
import { TRANSITIONS } from './transitions.ts';
import type { DecideInput, SiteView } from './world.ts';

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

export function decide(input: DecideInput): SiteVerdict[] {
  return [...input.world.sites.values()].map((site) => decideSite(site, input));
}

function decideSite(site: SiteView, { world, findings, now }: DecideInput): SiteVerdict {
  const row = TRANSITIONS[phaseOf(site.placement)];
  const outcomes: Outcome[] = situationsOf(site, world, findings, now).map(({ situation, because }) =>
    row[situation]({ site, world, because, now }),
  );
  const refusals = outcomes.filter((outcome) => outcome.kind === 'refusal');
  const unrecorded = site.placement.incident === null ? refusals.find(({ because }) => because !== null) : undefined;
  if (unrecorded?.because) outcomes.push(openIncident(site, unrecorded.because, now));
  return {
    placement: site.placement,
    decision: outcomes.find((outcome) => outcome.kind === 'decision') ?? null,
    refusals,
  };
}
