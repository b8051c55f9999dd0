/** `GET /sign-in/LINK`: a link that the command line made signs the browser in, once, and leads to the console. */
import type { FastifyInstance } from 'fastify';
import { HoldfastError } from '../errors.ts';
import type { Admission } from './admission.ts';
import type { ApiParts } from './parts.ts';
import { toHoldfastError } from './problem.ts';
import { ANYONE } from './rules.ts';
import { signInByLink } from './sessions.ts';

export function signInPage(scope: FastifyInstance, parts: ApiParts, admission: Admission): void {
  // A link is longer than a named parameter may be. HEAD, which programs send that look at links, uses none up.
  scope.get<{ Params: { '*': string } }>('/sign-in/*', { exposeHeadRoute: false }, async (request, reply) => {
    reply.type('text/html; charset=utf-8');
    try {
      await admission({ allow: ANYONE, method: 'GET' }, request);
      await signInByLink(parts, request.params['*'], reply);
      // A redirect would still count as coming from wherever the link was, and the strict cookie would not be sent with it.
      return page(
        '<meta http-equiv="refresh" content="0;url=../console/">',
        'You are signed in. <a href="../console/">To the console</a>',
      );
    } catch (error) {
      const { message, fix, httpStatus } = toHoldfastError(error) ?? new HoldfastError('internal');
      reply.code(httpStatus);
      return page('', `${message} ${fix}`);
    }
  });
}

function page(head: string, words: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>Holdfast</title></head>
<body><main><h1>Holdfast</h1><p>${words}</p></main></body></html>
`;
}
