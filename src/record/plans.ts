/** What a new description changes for whom: sites that gain or lose their right to a standby. Pure. */
import { type Plan, type SiteId, type SiteSpec, wantsProtection } from '../model/index.ts';

export interface PlanChange {
  site: SiteId;
  stage: 'protected' | 'unprotected';
}

/** Of one site. `before` null: it is new, and told only when it gets no standby. */
export function siteChange(before: SiteSpec | null, after: SiteSpec, plans: readonly Plan[] | null): PlanChange[] {
  const wanted = wantsProtection(after, plans);
  const had = before === null ? true : wantsProtection(before, plans);
  return had === wanted ? [] : [{ site: after.site, stage: wanted ? 'protected' : 'unprotected' }];
}

/** Of all sites, when the plans change. */
export function planChanges(
  sites: Iterable<SiteSpec>,
  before: readonly Plan[] | null,
  after: readonly Plan[],
): PlanChange[] {
  return [...sites].flatMap((spec): PlanChange[] => {
    const wanted = wantsProtection(spec, after);
    return wantsProtection(spec, before) === wanted
      ? []
      : [{ site: spec.site, stage: wanted ? 'protected' : 'unprotected' }];
  });
}
