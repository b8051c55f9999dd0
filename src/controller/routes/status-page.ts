/** What the edges ask for, to serve the status page: which version each of its folders has, and those that are new to them. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isAuthorised } from '../../platform/authorised.ts';
import type { StatusPage } from '../../status/loop.ts';
import type { Routes } from '../server.ts';

/** So many are rendered for one request: the loop beside it has to go on. */
export const MOST_FOLDERS = 50;

const wanted = z.strictObject({ paths: z.array(z.string().max(200)).max(MOST_FOLDERS) });

const sent = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z.string().max(1_000),
  body: z.string().max(4_096),
});

export interface StatusPageRoutes {
  clusterKey: string;
  page: Pick<StatusPage, 'publisher' | 'form'>;
  /** The store has answered lately: what is old here is not handed out as new. */
  fresh(): boolean;
}

export function statusPageRoutes({ clusterKey, page: { publisher, form }, fresh }: StatusPageRoutes): Routes {
  const refuse = (request: FastifyRequest, reply: FastifyReply) => {
    if (!isAuthorised(request.headers.authorization, clusterKey))
      return reply.code(401).send({ error: 'unauthorised' });
    return fresh() ? null : reply.code(503).send({ error: 'the store has not answered this controller lately' });
  };
  return (app) => {
    app.get<{ Querystring: { have?: string } }>('/status-page/manifest', async (request, reply) => {
      const refused = refuse(request, reply);
      if (refused !== null) return refused;
      const manifest = publisher.manifest();
      if (manifest === null) return reply.code(503).send({ error: 'not everything has been looked at yet' });
      return request.query.have === manifest.version ? reply.code(304).send() : manifest;
    });
    app.post('/status-page/form', async (request, reply) => {
      const refused = refuse(request, reply);
      if (refused !== null) return refused;
      const { data } = sent.safeParse(request.body);
      return data === undefined ? reply.code(400).send({ error: 'method, path and body of a form' }) : form(data);
    });
    app.post('/status-page/folders', async (request, reply) => {
      const refused = refuse(request, reply);
      if (refused !== null) return refused;
      const { data } = wanted.safeParse(request.body);
      if (data === undefined) return reply.code(400).send({ error: `paths: a list of at most ${MOST_FOLDERS}` });
      return { folders: publisher.render(data.paths) };
    });
  };
}
