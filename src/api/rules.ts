/** Who may use a route: a complete table by role, so that a route without a rule, or with a role forgotten, does not compile. */
import type { AccessRole } from '../model/index.ts';

/**
 * `all`: everything the route gives or does. `own-site`: the site that its path names has to be one of theirs; another one does not exist
 * for them. `own-part`: the handler leaves out what is not theirs. `never`: refused.
 */
export type Reach = 'all' | 'own-site' | 'own-part' | 'never';
export type Rule = Record<AccessRole, Reach> | 'anyone';

/** Reading what everybody may see. */
export const READERS: Rule = { viewer: 'all', owner: 'own-part', operator: 'all', admin: 'all' };
/** Reading about one site. */
export const SITE_READERS: Rule = { viewer: 'all', owner: 'own-site', operator: 'all', admin: 'all' };
/** Practising and telling about one's own site. */
export const SITE_OWNERS: Rule = { viewer: 'never', owner: 'own-site', operator: 'all', admin: 'all' };
/** Taking part in incidents. */
export const RESPONDERS: Rule = { viewer: 'never', owner: 'own-part', operator: 'all', admin: 'all' };
/** Moving sites and emptying zones. */
export const OPERATORS: Rule = { viewer: 'never', owner: 'never', operator: 'all', admin: 'all' };
/** Access, descriptions, the audit record. */
export const ADMINS: Rule = { viewer: 'never', owner: 'never', operator: 'never', admin: 'all' };
/** Sign-in and the API's own description. */
export const ANYONE = 'anyone';
/** About oneself. */
export const SIGNED_IN: Rule = { viewer: 'all', owner: 'all', operator: 'all', admin: 'all' };
