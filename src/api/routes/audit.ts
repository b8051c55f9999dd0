/** Who changed what, when and why. */
import { z } from 'zod';
import { ROLES } from '../../model/index.ts';
import { route } from '../route.ts';
import { ADMINS } from '../rules.ts';
import { at, name, nextCursor, pageQuery } from '../schemas/common.ts';

const auditSchema = name(
  'AuditEntry',
  z
    .object({
      id: z.string(),
      at,
      who: z.string(),
      role: z.enum(ROLES),
      via: z.enum(['cluster-key', 'token', 'session']),
      token: z.string().nullable().describe('Id of the token or session; null for the cluster key.'),
      what: z.string(),
      target: z.string(),
      why: z.string(),
      outcome: z
        .string()
        .nullable()
        .describe('`done`, an error’s code, or null: not known, as the controller ended meanwhile.'),
      sentence: z.string(),
      zone: z.string().describe('Of the controller that was asked.'),
    })
    .describe('One change that somebody asked for.'),
);

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/audit',
    name: 'listAudit',
    summary: 'Every change that was asked for over the API, newest first; kept for 400 days.',
    allow: ADMINS,
    query: z.strictObject(pageQuery),
    answer: z.object({ entries: z.array(auditSchema), next: nextCursor }),
    handle: async ({ query: { limit, cursor } }, { store }) => {
      const entries = await store.audit({ most: limit, ...(cursor === undefined ? {} : { before: cursor }) });
      return { entries, next: entries.length === limit ? entries.at(-1)!.id : null };
    },
  }),
];
