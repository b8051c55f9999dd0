/** Moving one site, and allowing one to be moved. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import { approve } from '../acts/approve.ts';
import type { Done } from '../acts/desk.ts';
import { callOffMove, MOVE_KINDS, orderMove, tellMove } from '../acts/move.ts';
import { route } from '../route.ts';
import { OPERATORS, SITE_READERS } from '../rules.ts';
import { sentenceSchema, siteParams, why, zoneName } from '../schemas/common.ts';
import { orderSchema } from '../schemas/move.ts';
import { previewSchema } from '../schemas/preview.ts';

/** Nobody's visitors are waited for longer than this. */
const MOST_DRAIN_MS = 3_600_000;

const kind = z
  .enum(MOVE_KINDS)
  .default('move')
  .describe('`accept-loss`: to a copy that lacks acknowledged writes, giving them up.');
const drainMs = z
  .number()
  .min(0)
  .max(MOST_DRAIN_MS)
  .nullable()
  .default(null)
  .describe('Requests and transactions that are open get so long; null: as the site’s description says.');
const target = ({ site }: { site: string }) => site;

const answer = z.object({
  sentence: z.string(),
  order: orderSchema.nullable().describe('Null: called off.'),
  record: z.string().nullable().describe('Where it can be read: the id of an incident or record.'),
});
const toAnswer = ({ sentence, placement, record }: Done) => ({ sentence, order: placement.order, record });

export const moveRoutes = [
  route({
    method: 'GET',
    path: '/sites/{site}/move/preview',
    name: 'previewMove',
    summary: 'What a move would do and what it risks, as of now.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({ to: zoneName, kind, drainMs: z.coerce.number().min(0).max(MOST_DRAIN_MS).optional() }),
    answer: previewSchema,
    errors: ['site-unknown', 'zone-unknown', 'controller-behind'],
    handle: ({ params: { site }, query, by }, parts) =>
      tellMove(parts, site, { ...query, by, why: '', drainMs: query.drainMs ?? null, at: null }),
  }),
  route({
    method: 'POST',
    path: '/sites/{site}/move',
    name: 'moveSite',
    summary: 'Moves a site by plan: no write is lost, no request fails. Asking twice does no harm.',
    allow: OPERATORS,
    audit: { verb: 'move', target },
    params: siteParams,
    body: z
      .strictObject({
        to: zoneName,
        kind,
        why: why.default(''),
        drainMs,
        confirm: z
          .string()
          .optional()
          .describe('The site’s name, for `accept-loss`: what is given up does not come back.'),
      })
      .refine(({ kind: asked, confirm }) => asked !== 'accept-loss' || confirm !== undefined, {
        message: 'to give writes up, send the site’s name as confirm',
        path: ['confirm'],
      }),
    answer,
    errors: ['site-unknown', 'order-refused', 'order-beaten', 'controller-behind', 'confirmation-wrong'],
    handle: async ({ params: { site }, body: { confirm, ...wish }, by }, parts) => {
      if (confirm !== undefined && confirm !== site) throw new HoldfastError('confirmation-wrong', { wanted: site });
      return toAnswer(await orderMove(parts, site, { ...wish, by, at: null }));
    },
  }),
  route({
    method: 'DELETE',
    path: '/sites/{site}/move',
    name: 'callOffMove',
    summary: 'Gives up the move that is under way; the site stays where it is.',
    allow: OPERATORS,
    audit: { verb: 'call-off', target },
    params: siteParams,
    answer,
    errors: ['site-unknown', 'order-unknown', 'order-beaten'],
    handle: async ({ params: { site }, by }, parts) => toAnswer(await callOffMove(parts, site, by)),
  }),
  route({
    method: 'POST',
    path: '/sites/{site}/approve',
    name: 'approveFailover',
    summary: 'A person’s word that a site which asks first (`ask-first`) may be moved; good for a quarter of an hour.',
    allow: OPERATORS,
    audit: { verb: 'approve', target },
    params: siteParams,
    answer: sentenceSchema,
    errors: ['site-unknown', 'nothing-to-approve', 'approval-beaten'],
    handle: ({ params: { site }, by }, parts) => approve(parts, site, by),
  }),
];
