/** Who asked on the status page to be told. Only admins see whole addresses, and take somebody off. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import type { Subscriber } from '../../model/index.ts';
import { maskedAddress } from '../../status/subscriptions/masked.ts';
import type { Principal } from '../principal.ts';
import { route } from '../route.ts';
import { ADMINS, OPERATORS } from '../rules.ts';
import { at, name, nextCursor, pageQuery, sentenceSchema } from '../schemas/common.ts';

const subscriberSchema = name(
  'Subscriber',
  z
    .object({
      id: z.string(),
      channel: z.enum(['email', 'webhook']),
      to: z.string().describe('Whole for admins; for everybody else `a…@example.org`, `https://hooks.example.org/…`.'),
      site: z.string().nullable().describe('Null: everything on the overall page.'),
      link: z
        .number()
        .nullable()
        .describe(
          'Of a private site: the number of the link that they had. They are told while it is the present one.',
        ),
      askedAt: at.nullable().describe('When they last asked for a confirmation.'),
      confirmedAt: at.nullable().describe('Null: not confirmed; nothing is sent, and it is forgotten after two days.'),
    })
    .describe('Somebody who asked to be told, at one address, of one thing.'),
);

export const subscriberRoutes = [
  route({
    method: 'GET',
    path: '/subscribers',
    name: 'listSubscribers',
    summary: 'Who asked on the status page to be told; the subscriptions of one address stand together.',
    allow: OPERATORS,
    query: z.strictObject(pageQuery),
    answer: z.object({ subscribers: z.array(subscriberSchema), next: nextCursor }),
    handle: async ({ query: { limit, cursor }, principal }, { store }) => {
      const found = await store.subscribers({ most: limit, ...(cursor === undefined ? {} : { after: cursor }) });
      return {
        subscribers: found.map((one) => shown(one, principal!)),
        next: found.length === limit ? found.at(-1)!.id : null,
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/subscribers/{subscriber}',
    name: 'removeSubscriber',
    summary: 'Ends one subscription, as its own link would: nothing more is sent, not even what waits already.',
    allow: ADMINS,
    audit: { verb: 'remove-subscriber', target: ({ subscriber }) => subscriber },
    params: z.strictObject({
      subscriber: z.string().regex(/^[0-9a-f]{20}~[0-9a-f]{20}$/, 'an id, as the list of subscribers shows it'),
    }),
    answer: sentenceSchema,
    errors: ['subscriber-unknown'],
    handle: async ({ params: { subscriber } }, { store }) => {
      const known = await store.subscriber(subscriber);
      if (known === null) throw new HoldfastError('subscriber-unknown', { subscriber });
      await store.forgetSubscriber(subscriber);
      // The audit record keeps this sentence for long after the address was to be forgotten.
      const { channel, to, site } = known.value;
      return { sentence: `${maskedAddress(channel, to)} is told nothing more of ${site ?? 'the service'}.` };
    },
  }),
];

function shown(
  { id, channel, to, site, link, askedAt, confirmedAt }: Subscriber,
  { role }: Principal,
): z.infer<typeof subscriberSchema> {
  const address = role === 'admin' ? to : maskedAddress(channel, to);
  return { id, channel, to: address, site, link, askedAt: askedAt.at(-1) ?? null, confirmedAt };
}
