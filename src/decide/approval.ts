/** Sites that want a person asked first: the refusal that asks, and the record of the answer. */
import type { Placement, SiteSpec, WallMs } from '../model/index.ts';
import type { Objection } from './move.ts';
import { type Decision, decision, refuse } from './outcome.ts';

/** An answer counts for so long: it was given about the trouble of the moment. */
export const APPROVAL_LASTS_MS = 15 * 60_000;

/** The site's open approval, or null. One from the future was given by a clock that went back since, and is judged alike. */
export function approvalOf({ approval }: Placement, now: WallMs): Placement['approval'] {
  return approval !== null && Math.abs(now - approval.at) < APPROVAL_LASTS_MS ? approval : null;
}

/** The last objection: nobody is asked about a move that would not be made anyway. */
export const waitsForApproval: Objection = ({ site, because, to, now }) => {
  if (site.spec.failover.mode === 'automatic' || approvalOf(site.placement, now) !== null) return null;
  const { site: name, live } = site.placement;
  const sentence = `${name} would move from zone ${live} to zone ${to}, and asks first: npx holdfast approve ${name}.`;
  return refuse(site, 'waits-for-approval', sentence, because);
};

/** Nothing is changed, with why: there is nothing to approve, or it is approved already. */
export interface NoApproval {
  kind: 'no-approval';
  /** A person's earlier word stands, so that saying it once more has come true. */
  standing: boolean;
  sentence: string;
}

/** A person's word that the next move may be made. Whether it is made is decided as ever, by the next turn of any controller. */
export function planApproval(
  site: { spec: SiteSpec; placement: Placement },
  by: string,
  now: WallMs,
): Decision | NoApproval {
  const { site: name, incident } = site.placement;
  const needless = (sentence: string): NoApproval => ({ kind: 'no-approval', standing: false, sentence });
  if (site.spec.failover.mode === 'automatic') return needless(`${name} moves by itself: its policy asks nobody.`);
  const open = approvalOf(site.placement, now);
  if (open !== null) {
    return { kind: 'no-approval', standing: true, sentence: `${open.by} has already allowed ${name} to move.` };
  }
  if (incident === null) return needless(`Nothing is wrong with ${name}: there is no move to allow.`);
  const minutes = APPROVAL_LASTS_MS / 60_000;
  const sentence = `${by} allows ${name} to move, for ${minutes} minutes from now.`;
  return decision(site, 'approve', now, { approval: { at: now, by } }, sentence);
}
