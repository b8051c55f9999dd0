/** Live changes as server-sent events. */
import { z } from 'zod';
import { follow } from '../follow.ts';
import { route } from '../route.ts';
import { READERS } from '../rules.ts';
import { siteName } from '../schemas/common.ts';

const MOST_WATCHED = 50;

export const eventRoutes = [
  route({
    method: 'GET',
    path: '/events',
    name: 'followEvents',
    summary:
      'Live changes as server-sent events: `hello` first (its `missed` false: nothing was missed since Last-Event-ID; true: read everything anew), then `zones`, `site`, `sites` (many changed: look again) and `incident`. For each site named in the query, once a second: `site` whenever anything about its copies has changed, and `traffic` with the seconds that are over.',
    allow: READERS,
    query: z.strictObject({
      site: z
        .union([siteName.transform((one) => [one]), z.array(siteName).max(MOST_WATCHED)])
        .default([])
        .describe('May be repeated.'),
    }),
    answer: null,
    media: 'text/event-stream',
    stream: true,
    errors: ['too-many-followers'],
    handle: (asked, parts) => follow(parts, asked),
  }),
];
