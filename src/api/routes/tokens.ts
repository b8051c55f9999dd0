/** Tokens: who has access. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import { ROLES, type TokenRecord } from '../../model/index.ts';
import { newBytes } from '../../platform/random.ts';
import { route } from '../route.ts';
import { ADMINS } from '../rules.ts';
import { at, name, nextCursor, pageQuery } from '../schemas/common.ts';
import { hashOf, idOf, tokenOf } from '../secrets.ts';
import { access, personName } from './session.ts';

const DAY_MS = 86_400_000;

const tokenSchema = name(
  'Token',
  z
    .object({
      id: z.string(),
      kind: z.enum(['token', 'session']),
      parent: z.string().nullable().describe('The token that a session was opened with.'),
      name: z.string(),
      role: z.enum(ROLES),
      sites: z.array(z.string()),
      createdAt: at,
      createdBy: z.string(),
      expiresAt: at,
      lastUsedAt: at.nullable().describe('To about ten minutes.'),
    })
    .describe('Access that was given. Its secret was shown once, and is kept nowhere.'),
);

const body = z
  .strictObject({
    name: personName,
    ...access,
    days: z.int().min(1).max(730).default(90).describe('It expires after so long.'),
  })
  .refine(({ role, sites }) => (role === 'owner') === sites.length > 0, {
    message: 'owners have sites, and nobody else has',
    path: ['sites'],
  });

export const tokenRoutes = [
  route({
    method: 'GET',
    path: '/tokens',
    name: 'listTokens',
    summary: 'Tokens and open sessions.',
    allow: ADMINS,
    query: z.strictObject(pageQuery),
    answer: z.object({ tokens: z.array(tokenSchema), next: nextCursor }),
    handle: async ({ query: { limit, cursor } }, { store }) => {
      const found = await store.tokens({ most: limit, ...(cursor === undefined ? {} : { after: cursor }) });
      return { tokens: found.map(shown), next: found.length === limit ? found.at(-1)!.id : null };
    },
  }),
  route({
    method: 'POST',
    path: '/tokens',
    name: 'createToken',
    summary: 'Gives access. The answer has the token’s secret, this once.',
    allow: ADMINS,
    audit: { verb: 'give-access', target: () => 'tokens' },
    body,
    answer: z.object({ sentence: z.string(), secret: z.string(), token: tokenSchema }),
    handle: async ({ body: { days, ...rest }, by }, { store, clock }) => {
      const secret = tokenOf(newBytes(32));
      const hash = hashOf(secret);
      const now = clock.wall();
      const record: TokenRecord = {
        id: idOf(hash),
        kind: 'token',
        hash,
        parent: null,
        ...rest,
        createdAt: now,
        createdBy: by,
        expiresAt: now + days * DAY_MS,
        lastUsedAt: null,
      };
      if (!(await store.addToken(record))) throw new Error('two tokens of 256 random bits begin alike');
      const sentence = `${rest.name} has access as ${rest.role} for ${days} days, by the token ${record.id}.`;
      return { sentence, secret, token: shown(record) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/tokens/{token}',
    name: 'removeToken',
    summary:
      'Takes access back: of a token and of the sessions that were opened with it, or of one session. Every controller heeds it within five seconds.',
    allow: ADMINS,
    audit: { verb: 'take-access', target: ({ token }) => token },
    params: z.strictObject({ token: z.string().regex(/^[0-9a-f]{8,64}$/, 'an id, as the list of tokens shows it') }),
    answer: z.object({ sentence: z.string() }),
    errors: ['token-unknown'],
    handle: async ({ params: { token } }, { store, authenticator }) => {
      if (!(await store.removeToken(token))) throw new HoldfastError('token-unknown', { token });
      authenticator.forget(token);
      return { sentence: `The token ${token} opens nothing any more.` };
    },
  }),
];

function shown({ hash: _, ...rest }: TokenRecord): z.infer<typeof tokenSchema> {
  return rest;
}
