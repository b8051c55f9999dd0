/** What a controller sees and decides, as lines that `holdfast replay` reads. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import { route } from '../route.ts';
import { OPERATORS } from '../rules.ts';
import { incidentParams } from './incidents.ts';

const LINES = 'application/x-ndjson';

export const observationRoutes = [
  route({
    method: 'GET',
    path: '/observations',
    name: 'followObservations',
    summary: 'What the asked controller sees and decides from now on, a line each, for replay.',
    allow: OPERATORS,
    answer: null,
    media: LINES,
    stream: true,
    errors: ['too-many-followers'],
    handle: async ({ reply }, { observations }) => {
      if (observations.full()) throw new HoldfastError('too-many-followers');
      reply.hijack();
      await observations.follow(reply.raw);
    },
  }),
  route({
    method: 'GET',
    path: '/incidents/{incident}/observations',
    name: 'getObservations',
    summary: 'What the asked controller has kept of an incident, for replay; others may have kept more.',
    allow: OPERATORS,
    params: incidentParams,
    query: z.strictObject({}),
    answer: null,
    media: LINES,
    errors: ['observations-not-kept'],
    handle: async ({ params: { incident }, reply }, { observations }) => {
      const kept = observations.kept(incident);
      if (kept === null) throw new HoldfastError('observations-not-kept', { incident });
      await reply.type(`${LINES}; charset=utf-8`).send(kept);
    },
  }),
];
