/** Who asks, once it is known. */
import type { AccessRole, AuditEntry, Incident, SiteId } from '../model/index.ts';

export interface Principal {
  name: string;
  role: AccessRole;
  sites: SiteId[];
  via: AuditEntry['via'];
  /** Id of the token or session; null for the cluster key. */
  token: string | null;
  /** Null for the cluster key, which does not expire. */
  expiresAt: number | null;
}

/** Whether the site is theirs to see; owners see only those named in their token. */
export function sees({ role, sites }: Principal, site: SiteId): boolean {
  return role !== 'owner' || sites.includes(site);
}

/** The incident with what they may see of it; null: it does not concern them. Entries about no site in particular stay. */
export function visible(principal: Principal, incident: Incident): Incident | null {
  if (principal.role !== 'owner') return incident;
  const sites = incident.sites.filter((site) => sees(principal, site));
  if (sites.length === 0) return null;
  const entries = incident.entries.filter(({ site }) => site === null || sees(principal, site));
  return { ...incident, sites, entries };
}
