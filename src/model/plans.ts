/** Which sites may be protected, and which are: the plan that was sold, and what the site itself asks for. */
import type { ServiceSpec } from './service.ts';
import type { SiteSpec } from './site.ts';

type Asking = Pick<SiteSpec, 'plan' | 'disasterRecovery'>;

type Plans = readonly ServiceSpec['plans'][number][] | null;

/**
 * Does the site get a standby? Without plans every site does that does not decline. A plan that nobody knows any more takes
 * nothing from a site: a slip in a service description must not unprotect anybody.
 */
export function wantsProtection(site: Asking, plans: Plans): boolean {
  return whyUnprotected(site, plans) === null;
}

/** Why the site gets no standby, in words without a full stop; null: it gets one. */
export function whyUnprotected({ plan, disasterRecovery }: Asking, plans: Plans): string | null {
  if (disasterRecovery === false) return 'its description declines site disaster recovery';
  const sold = plans?.find(({ name }) => name === plan);
  switch (sold?.disasterRecovery) {
    case 'add-on':
      if (disasterRecovery === true) return null;
      return `its plan ${sold.title} has site disaster recovery only as an add-on, which it does not have`;
    case 'unavailable':
      return `its plan ${sold.title} has no site disaster recovery`;
    default:
      return null;
  }
}

export interface PlanRefusal {
  code: 'plan-unknown' | 'plan-without-disaster-recovery';
  sentence: string;
  /** What can be done about it: the plans that would do, and whom to ask. */
  fix: string;
}

/** Why this site may not be applied under this service; null: it may. Without a service description everything may. */
export function planRefusal(
  { site, plan, disasterRecovery }: Asking & Pick<SiteSpec, 'site'>,
  service: Pick<ServiceSpec, 'plans' | 'contact'> | null,
): PlanRefusal | null {
  if (service === null) return null;
  const { plans, contact } = service;
  const sold = plans.find(({ name }) => name === plan);
  if (sold === undefined) {
    return {
      code: 'plan-unknown',
      sentence: `Site ${site} names the plan "${plan}", which is not sold here.`,
      fix: `Plans: ${listOf(plans.map(({ name }) => name)) || 'none'}. Sales: ${contact.sales}.`,
    };
  }
  if (disasterRecovery !== true || sold.disasterRecovery !== 'unavailable') return null;
  const having = plans
    .filter(({ disasterRecovery: has }) => has !== 'unavailable')
    .map(
      ({ name, title, disasterRecovery: has }) =>
        `${title} (${name}, ${has === 'included' ? 'included' : 'as an add-on'})`,
    );
  const where = having.length === 0 ? 'No plan has it' : `Plans that have it: ${listOf(having)}`;
  return {
    code: 'plan-without-disaster-recovery',
    sentence: `Site ${site} asks for site disaster recovery, which the plan ${sold.title} does not have.`,
    fix: `${where}. Sales: ${contact.sales}. Without it (disasterRecovery: false) the site runs in one zone.`,
  };
}

function listOf(parts: string[]): string {
  return parts.join(', ');
}
