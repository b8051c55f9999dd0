/** The API's own description. */
import { z } from 'zod';
import { route } from '../route.ts';
import { ANYONE } from '../rules.ts';

export const documentRoutes = [
  route({
    method: 'GET',
    path: '/openapi.json',
    name: 'getDocument',
    summary: 'This API as an OpenAPI 3.1 document.',
    allow: ANYONE,
    answer: z.record(z.string(), z.unknown()),
    handle: (_, { document }) => document(),
  }),
];
