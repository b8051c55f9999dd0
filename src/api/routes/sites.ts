/** Sites: found among many, and one by one. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import { placeOf, settingsOf } from '../../status/settings.ts';
import { sees } from '../principal.ts';
import { route } from '../route.ts';
import { READERS, SITE_READERS } from '../rules.ts';
import { nextCursor, pageQuery, siteParams } from '../schemas/common.ts';
import { siteSchema } from '../schemas/status.ts';
import { trafficSecondSchema } from '../schemas/traffic.ts';
import { SITE_STATES } from '../site-index.ts';

const count = z.int();

export const siteRoutes = [
  route({
    method: 'GET',
    path: '/sites',
    name: 'listSites',
    summary: 'Sites in the order of their names, a page at a time.',
    allow: READERS,
    query: z.strictObject({
      search: z.string().max(100).optional().describe('Part of a name or of a host name.'),
      state: z.enum(SITE_STATES).optional(),
      ...pageQuery,
    }),
    answer: z.object({
      sites: z.array(siteSchema),
      next: nextCursor,
      counts: z
        .object({ all: count, protected: count, exposed: count, 'in-trouble': count, moving: count })
        .describe('Of all that the search finds, whatever the page and the state asked for.'),
    }),
    handle: ({ query: { search, state, limit, cursor }, principal }, { index, sitesOf }) => {
      const query = { search, state, after: cursor, limit, sees: (site: string) => sees(principal!, site) };
      const { names, more, counts } = index.find(query);
      return { sites: sitesOf(names), next: more ? (names.at(-1) ?? null) : null, counts };
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}',
    name: 'getSite',
    summary: 'One site with its copies.',
    allow: SITE_READERS,
    params: siteParams,
    answer: siteSchema,
    errors: ['site-unknown'],
    handle: ({ params: { site } }, { sitesOf }) => {
      const [found] = sitesOf([site]);
      if (found === undefined) throw new HoldfastError('site-unknown', { site });
      return found;
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/traffic',
    name: 'getTraffic',
    summary:
      'Visitors’ requests by zone, second by second, at most two minutes back. Counting begins when somebody looks, and ends a minute after nobody does any more.',
    allow: SITE_READERS,
    params: siteParams,
    answer: z.object({ site: z.string(), seconds: z.array(trafficSecondSchema) }),
    errors: ['site-unknown'],
    handle: ({ params: { site } }, { state, traffic }) => {
      if (!state.placements.has(site)) throw new HoldfastError('site-unknown', { site });
      return { site, seconds: traffic.of(site) };
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/status-page',
    name: 'getStatusPage',
    summary: 'Where the site stands on the public status page; of a private one, the link that opens it.',
    allow: SITE_READERS,
    params: siteParams,
    answer: z.object({
      site: z.string(),
      title: z.string(),
      visibility: z.enum(['public', 'private', 'off']),
      url: z.string().nullable().describe('Null: it has no page, or nobody has described the service.'),
    }),
    errors: ['site-unknown'],
    handle: ({ params: { site } }, { state, clusterKey }) => {
      const record = state.sites.get(site);
      if (record === undefined) throw new HoldfastError('site-unknown', { site });
      const { title, visibility, path } = placeOf(record.spec, settingsOf(state.service), clusterKey);
      const base = state.service?.urls.status;
      return { site, title, visibility, url: path === null || base === undefined ? null : `${base}/${path}/` };
    },
  }),
];
