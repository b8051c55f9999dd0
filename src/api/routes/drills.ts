/** Practising. */
import { z } from 'zod';
import { DRILL_FAULTS } from '../../model/index.ts';
import type { Done } from '../acts/desk.ts';
import { beginDrill, drillsOf, endDrill, practised, tellDrill } from '../acts/drill.ts';
import { sees } from '../principal.ts';
import { route } from '../route.ts';
import { READERS, SITE_OWNERS, SITE_READERS } from '../rules.ts';
import { siteParams } from '../schemas/common.ts';
import { drillSchema, drillsSchema } from '../schemas/move.ts';
import { previewSchema } from '../schemas/preview.ts';

/** Each is one question to the store. */
const MOST_SITES = 100;

const fault = z.enum(DRILL_FAULTS).default('move').describe('What makes it leave.');
const target = ({ site }: { site: string }) => site;
const answer = z.object({
  sentence: z.string(),
  drill: drillSchema.nullable(),
  record: z.string().nullable().describe('Where it can be read: the id of a record.'),
});
const toAnswer = ({ sentence, placement, record }: Done) => ({ sentence, drill: placement.drill, record });

export const drillRoutes = [
  route({
    method: 'GET',
    path: '/drills',
    name: 'listDrills',
    summary: 'Sites that practise now, then those that did last, with their results: at most a hundred.',
    allow: READERS,
    answer: z.object({ sites: z.array(drillsSchema) }),
    handle: async ({ principal }, parts) => {
      const sites = practised(parts.state.placements.values()).filter((site) => sees(principal!, site));
      return { sites: await Promise.all(sites.slice(0, MOST_SITES).map((site) => drillsOf(parts, site))) };
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/drills',
    name: 'getDrills',
    summary: 'How far a site’s drill is, and how its past ones ended.',
    allow: SITE_READERS,
    params: siteParams,
    answer: drillsSchema,
    errors: ['site-unknown'],
    handle: ({ params: { site } }, parts) => drillsOf(parts, site),
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/drill/preview',
    name: 'previewDrill',
    summary: 'What a drill would do and what it risks, as of now.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({ fault }),
    answer: previewSchema,
    errors: ['site-unknown', 'controller-behind'],
    handle: ({ params: { site }, query, by }, parts) => tellDrill(parts, site, { fault: query.fault, by }),
  }),
  route({
    method: 'POST',
    path: '/sites/{site}/drill',
    name: 'beginDrill',
    summary:
      'Practises: away from home by a fault, and back; passed or failed. Refused unless nothing speaks against it.',
    allow: SITE_OWNERS,
    audit: { verb: 'drill', target },
    params: siteParams,
    body: z.strictObject({ fault }),
    answer,
    errors: ['site-unknown', 'order-refused', 'order-beaten', 'controller-behind'],
    handle: async ({ params: { site }, body, by }, parts) =>
      toAnswer(await beginDrill(parts, site, { fault: body.fault, by })),
  }),
  route({
    method: 'DELETE',
    path: '/sites/{site}/drill',
    name: 'stopDrill',
    summary: 'Stops the drill that is under way; the site goes home.',
    allow: SITE_OWNERS,
    audit: { verb: 'stop-drill', target },
    params: siteParams,
    answer,
    errors: ['site-unknown', 'drill-unknown', 'order-beaten'],
    handle: async ({ params: { site }, by }, parts) => toAnswer(await endDrill(parts, site, by)),
  }),
];
