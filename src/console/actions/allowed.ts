/** Which buttons somebody is shown. What they may is decided by the API; a button that would only be refused is no help. */
import type { Me } from '../data/shapes.ts';

export function mayMove({ role }: Me): boolean {
  return role === 'operator' || role === 'admin';
}

export function mayDrill({ role, sites }: Me, site: string): boolean {
  return role === 'operator' || role === 'admin' || (role === 'owner' && sites.includes(site));
}

/** Taking an incident, and writing into it. */
export function mayRespond({ role }: Me): boolean {
  return role !== 'viewer';
}

/** Breaking and mending zones on purpose. */
export function mayPractise({ role, practice }: Me): boolean {
  return practice && role === 'admin';
}

/** Access, and the record of who changed what. */
export function mayGiveAccess({ role }: Me): boolean {
  return role === 'admin';
}
