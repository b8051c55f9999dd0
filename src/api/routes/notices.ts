/** Messages to people. They hold addresses, so that only operators read them; those of subscribers only admins see whole. */
import { z } from 'zod';
import type { Notice } from '../../model/index.ts';
import { maskedAddress, maskedWords } from '../../status/subscriptions/masked.ts';
import { retryNotice } from '../acts/notices.ts';
import type { Principal } from '../principal.ts';
import { route } from '../route.ts';
import { OPERATORS } from '../rules.ts';
import { at, MOST_LISTED, name, sentenceSchema } from '../schemas/common.ts';

const STATES = ['waiting', 'dead', 'sent'] as const;
const state = z.enum(STATES);

const noticeSchema = name(
  'Notice',
  z
    .object({
      id: z.string(),
      kind: z.string(),
      severity: z.enum(['info', 'warning', 'critical']),
      person: z.string(),
      address: z.object({
        channel: z.enum(['email', 'webhook', 'slack', 'pagerduty', 'command']),
        to: z.string().describe('Of subscribers of the status page: whole for admins only.'),
        atLeast: z.enum(['info', 'warning', 'critical']),
      }),
      incident: z.string().nullable(),
      sites: z.array(z.string()),
      createdAt: at,
      dueAt: at,
      attempts: z.number(),
      lastTrouble: z.string().nullable(),
      state,
      sentAt: at.nullable(),
      subject: z.string(),
    })
    .describe('One message to one address, without its text.'),
);

export const noticeRoutes = [
  route({
    method: 'GET',
    path: '/notices',
    name: 'listNotices',
    summary: 'Messages by state: those that wait, the earliest due first; dead and sent ones, the newest first.',
    allow: OPERATORS,
    query: z.strictObject({
      state: z
        .union([state.transform((one) => [one]), z.array(state).max(3)])
        .default([...STATES])
        .describe('May be repeated.'),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(MOST_LISTED)
        .default(MOST_LISTED)
        .describe('Of each state, at most so many.'),
    }),
    answer: z.object({ notices: z.array(noticeSchema) }),
    handle: async ({ query, principal }, { store }) => {
      const found = await Promise.all(
        query.state.map((one) => store.notices(one, { most: query.limit, newestFirst: one !== 'waiting' })),
      );
      return { notices: found.flat().map(({ value }) => shown(value, principal!)) };
    },
  }),
  route({
    method: 'POST',
    path: '/notices/{notice}/retry',
    name: 'retryNotice',
    summary: 'Tries a message again at once, with all its attempts before it.',
    allow: OPERATORS,
    audit: { verb: 'retry-notice', target: ({ notice }) => notice },
    params: z.strictObject({ notice: z.string().min(1).max(300) }),
    answer: sentenceSchema,
    errors: ['notice-unknown', 'notice-sent'],
    handle: ({ params: { notice } }, parts) => retryNotice(parts, notice),
  }),
];

function shown({ text: _, data, ...rest }: Notice, { role }: Principal): z.infer<typeof noticeSchema> {
  if (role === 'admin' || data.subscriber === undefined) return rest;
  const { address, lastTrouble } = rest;
  const { channel, to } = address;
  const words = lastTrouble === null ? null : maskedWords(lastTrouble, channel, to);
  return { ...rest, address: { ...address, to: maskedAddress(channel, to) }, lastTrouble: words };
}
