/** Who one is, and signing in and out. */
import { z } from 'zod';
import { ROLES } from '../../model/index.ts';
import { newBytes } from '../../platform/random.ts';
import { route } from '../route.ts';
import { ADMINS, ANYONE, SIGNED_IN } from '../rules.ts';
import { at, name, siteName } from '../schemas/common.ts';
import { sign } from '../secrets.ts';
import { signInWithToken, signOut, toMe } from '../sessions.ts';

const LINK_MS = 15 * 60_000;

const meSchema = name(
  'Me',
  z.object({
    name: z.string(),
    role: z.enum(ROLES),
    sites: z.array(z.string()).describe('For owners: which sites are theirs.'),
    via: z.enum(['cluster-key', 'token', 'session']),
    expiresAt: at.nullable(),
    csrf: z.string().nullable().describe('To be sent as x-csrf-token with every change; null: none is needed.'),
    controller: z.string().describe('The zone of the controller that answers.'),
    practice: z.boolean().describe('This is a local platform, whose zones may be broken on purpose.'),
  }),
);

export const access = {
  role: z.enum(ROLES),
  sites: z.array(siteName).max(200).default([]).describe('For owners: which sites are theirs.'),
};
export const personName = z.string().regex(/^[^\p{C}]{1,64}$/u, 'one line of at most 64 characters');

export const sessionRoutes = [
  route({
    method: 'GET',
    path: '/me',
    name: 'getMe',
    summary: 'Who one is, and what one may do.',
    allow: SIGNED_IN,
    answer: meSchema,
    handle: ({ principal }, parts) => toMe(principal!, parts),
  }),
  route({
    method: 'POST',
    path: '/session',
    name: 'signIn',
    summary:
      'Signs a browser in with a token: sets an HttpOnly cookie that lasts twelve hours, or as long as the token.',
    allow: ANYONE,
    audit: null,
    body: z.strictObject({ token: z.string().max(200) }),
    answer: meSchema,
    handle: ({ body, reply }, parts) => signInWithToken(parts, body.token, reply),
  }),
  route({
    method: 'DELETE',
    path: '/session',
    name: 'signOut',
    summary: 'Signs the browser out; its cookie opens nothing any more, wherever it is.',
    allow: SIGNED_IN,
    audit: null,
    answer: null,
    handle: ({ principal, reply }, parts) => signOut(parts, principal!, reply),
  }),
  route({
    method: 'POST',
    path: '/sign-in-links',
    name: 'createSignInLink',
    summary: 'Makes a link that signs one browser in, once, within a quarter of an hour.',
    allow: ADMINS,
    audit: { verb: 'sign-in-link', target: () => 'console' },
    body: z.strictObject({ name: personName, ...access }),
    answer: z.object({
      sentence: z.string(),
      path: z.string().describe('Below the console’s address.'),
      expiresAt: at,
    }),
    handle: ({ body, by }, { clusterKey, clock }) => {
      const until = clock.wall() + LINK_MS;
      const link = sign(clusterKey, 'sign-in', { ...body, id: newBytes(12).toString('hex'), by, until });
      const sentence = `A sign-in link for ${body.name}, ${body.role}, was made.`;
      return { sentence, path: `/sign-in/${link}`, expiresAt: until };
    },
  }),
];
