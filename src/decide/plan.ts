/**
 * What the plan that was sold means for a site's copies. The right to a standby is gained grow first and lost shrink last:
 *
 *   protected, growing ─ unprotect ─▶ single, the former standby follows as a spare ─ release-copy ─▶ … ─▶ runs alone
 *        ▲                                                                                              │
 *        └──────── record-in-sync ◀── growing ◀── choose-standby ◀──────────── protect ◀────────────────┘
 *
 * Only in calm, and never in the midst of a move: what is under way is finished first. Data stays where it lies.
 */
import type { ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { type Change, decision, NOTHING, type Outcome, refuse } from './outcome.ts';
import { currentReport, type SiteView } from './world.ts';

type Site = Pick<SiteView, 'placement' | 'unprotected'>;

/** It runs in one zone, and nothing that was asked for needs a second copy. */
export function isAlone({ placement, unprotected }: Site): boolean {
  return unprotected !== null && placement.order === null && placement.drill === null;
}

/** The record says that it is meant to be alone, and it is not any more. */
export function gainsRight({ placement, unprotected }: Site): boolean {
  return unprotected === null && placement.exposedBy != null;
}

/**
 * It is to be alone, and the record does not say so or names a standby. The live copy's agent has to know this very record, and to be
 * heard: it is the one who stops the waiting for a standby that is named no more.
 */
export function losesRight(site: SiteView): boolean {
  const { standby, exposedBy, live } = site.placement;
  if (!isAlone(site) || (standby === null && exposedBy != null)) return false;
  return standby === null || currentReport(site, live) !== null;
}

/** It is to be alone, the live copy waits for nobody any more, and a copy that follows may go. */
export function hasSurplus(site: SiteView): boolean {
  if (!isAlone(site) || site.placement.standby !== null || site.placement.exposedBy == null) return false;
  return surplusOf(site) !== null;
}

/** The least preferred first. One that was left by a person's word stays until it has been compared. */
function surplusOf(site: SiteView): ZoneId | null {
  const { live, spares } = site.placement;
  const here = currentReport(site, live);
  if (here?.settled !== 'live' || here.database.waitsFor !== null) return null;
  const mayGo = (zone: ZoneId) => !owesComparison(site, zone) || currentReport(site, zone)?.settled === 'spare';
  return spares.findLast(mayGo) ?? null;
}

/** A standby is to be chosen: its plan gives it one, or a drill that began before has to be finished. */
export function isStandbyDue({ placement, unprotected }: Site): boolean {
  return placement.standby === null && (unprotected === null || placement.drill !== null);
}

/** A copy that comes back in this zone follows again. */
export function isTakenIn(site: Site, zone: ZoneId): boolean {
  return site.unprotected === null || site.placement.drill !== null || owesComparison(site, zone);
}

/** What a person gave up there is told only once that copy has been compared with the present one. */
export function owesComparison({ placement }: Pick<SiteView, 'placement'>, zone: ZoneId): boolean {
  const { acceptedLoss, from } = placement.promotion;
  return acceptedLoss !== null && acceptedLoss.compared !== true && from === zone;
}

export function recordRight({ site, now }: Circumstances): Outcome {
  const sentence = `${site.placement.site} is to be protected: its plan has site disaster recovery now.`;
  return decision(site, 'protect', now, { exposedBy: null }, sentence);
}

/** Shrink last: from this record on nobody promotes the standby; only then does the live database stop waiting. */
export function unprotect({ site, now }: Circumstances): Outcome {
  const { site: name, live, standby, spares } = site.placement;
  const change: Change = { exposedBy: 'not-protected-by-plan' };
  const sentence = `${name} runs in zone ${live} alone from now on: ${site.unprotected}.`;
  if (standby === null) return decision(site, 'unprotect', now, change, sentence);
  const shrunk: Change = { ...change, standby: null, inSync: false, spares: [standby, ...spares] };
  return decision(site, 'unprotect', now, shrunk, `${sentence} Its copy in zone ${standby} is waited for no more.`);
}

/** Its processes stop; its data stays there, to begin with when the site is protected again. */
export function releaseCopy({ site, now }: Circumstances): Outcome {
  const zone = surplusOf(site);
  if (zone === null) return NOTHING;
  const { site: name, spares, promotion } = site.placement;
  const { acceptedLoss } = promotion;
  const rest: Change = { spares: spares.filter((spare) => spare !== zone) };
  if (acceptedLoss !== null && owesComparison(site, zone))
    rest.promotion = { ...promotion, acceptedLoss: { ...acceptedLoss, compared: true } };
  const sentence = `${name} has no copy in zone ${zone} any more; what lies there is kept.`;
  return decision(site, 'release-copy', now, rest, sentence);
}

/** The live copy of a site that runs alone is lost: there is nowhere to go to. */
export function refuseAlone({ site, because }: Circumstances): Outcome {
  const { site: name, live } = site.placement;
  const sentence = `${name} stays in zone ${live}: it has no other copy, since ${site.unprotected}.`;
  return refuse(site, 'not-protected-by-plan', sentence, because);
}
