/** The table of routes → HTTP: who asks, whether they may, whether the request is sound, the answer or the error, and the audit record. */
import cookies from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HoldfastError } from '../errors.ts';
import type { Report } from '../model/index.ts';
import { createAdmission } from './admission.ts';
import { type Audit, createAudit } from './audit.ts';
import { createAuthenticator } from './authenticate.ts';
import { createFeed } from './feed.ts';
import { startForgetting } from './forget.ts';
import { HEADERS } from './headers.ts';
import { createIncidentBook } from './incident-book.ts';
import { toOpenApi } from './openapi.ts';
import type { ApiOptions, ApiParts } from './parts.ts';
import { PROBLEM_TYPE, toHoldfastError, toProblem } from './problem.ts';
import { parseAsked } from './request.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { signInPage } from './sign-in-page.ts';
import { createSiteIndex } from './site-index.ts';
import { createTraffic } from './traffic.ts';

export const PREFIX = '/api/v1';
const MOST_BYTES = 64 * 1024;

export interface Api {
  /** Adds the API to a controller's listener. */
  routes(app: FastifyInstance): void;
  /** A report has come in. */
  heard(report: Report): void;
  stop(): void;
}

export function createApi(options: ApiOptions): Api {
  const index = createSiteIndex(options.state);
  const stopIndex = options.state.onChange((sites) => index.changed(sites));
  const feed = createFeed(options);
  const stopForgetting = startForgetting(options);
  const incidents = createIncidentBook(options);
  const traffic = createTraffic(options.clock);
  const authenticator = createAuthenticator(options);
  const rows = ROUTES.filter(({ practice }) => practice !== true || options.practice !== null);
  let made: Record<string, unknown> | null = null;
  const document = () => {
    made ??= toOpenApi(rows, PREFIX);
    return made;
  };
  const parts: ApiParts = { ...options, index, traffic, feed, incidents, authenticator, document };
  return {
    routes: (app) => {
      app.register(
        async (scope) => {
          await prepare(scope, parts);
          const admission = createAdmission(scope, parts);
          const audit = createAudit(parts);
          for (const row of rows) addRoute(scope, row, parts, admission, audit);
        },
        { prefix: PREFIX },
      );
      app.register(async (scope) => {
        await prepare(scope, parts);
        signInPage(scope, parts, createAdmission(scope, parts));
      });
    },
    heard: traffic.heard,
    stop: () => {
      stopIndex();
      stopForgetting();
      feed.stop();
    },
  };
}

async function prepare(scope: FastifyInstance, parts: ApiParts): Promise<void> {
  await scope.register(cookies);
  await scope.register(rateLimit, { global: false });
  scope.addHook('onRequest', async (_, reply) => void reply.headers(HEADERS));
  scope.setErrorHandler((error, _, reply) => answerError(reply, error, parts));
  if (scope.prefix === PREFIX)
    scope.setNotFoundHandler(({ method, url }, reply) =>
      answerError(reply, new HoldfastError('route-unknown', { method, path: url.split('?', 1)[0]! }), parts),
    );
}

export function answerError(reply: FastifyReply, error: unknown, { log }: Pick<ApiParts, 'log'>) {
  const ours = toHoldfastError(error);
  if (ours === null) log.error({ err: error }, 'a request failed in a way that was not foreseen');
  const problem = toProblem(ours ?? new HoldfastError('internal'));
  if (problem.status === 429 || problem.status === 503)
    reply.header('retry-after', problem.status === 429 ? '60' : '1');
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
}

function addRoute(
  scope: FastifyInstance,
  row: Route,
  parts: ApiParts,
  admission: ReturnType<typeof createAdmission>,
  audit: Audit,
): void {
  scope.route({
    method: row.method,
    url: row.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: row.mostBytes ?? MOST_BYTES,
    exposeHeadRoute: row.method === 'GET' && row.stream !== true,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const admitted = await admission(row, request);
      const asked = { ...parseAsked(row, request), ...admitted, reply, header: headerOf(request) };
      const finish = row.method === 'GET' || row.audit === null ? null : await audit(row.audit, asked);
      try {
        const answer = await row.handle(asked, parts);
        await finish?.('done', answer);
        if (row.answer === null && !reply.sent && row.media === undefined) return reply.code(204).send();
        return row.answer === null ? reply : answer;
      } catch (error) {
        await finish?.(toHoldfastError(error)?.code ?? 'internal', { sentence: String((error as Error).message) });
        throw error;
      }
    },
  });
}

function headerOf({ headers }: FastifyRequest) {
  return (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}
