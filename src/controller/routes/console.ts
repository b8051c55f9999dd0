/**
 * The console's files, as the build left them, under `/console/`; `/` leads there. Pages are not kept by browsers, what they load is
 * kept for good, since its names follow from its content. Nothing inline runs, and nothing is loaded from anywhere else.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import files from '@fastify/static';
import { HoldfastError } from '../../errors.ts';
import type { Routes } from '../server.ts';

/** Where `npm start` and `npm test` build it; see bin/steps.js. */
export const BUILT = join(import.meta.dirname, '../../../.holdfast/console');
const YEAR_S = 31_536_000;

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function consoleRoutes({ folder = BUILT }: { folder?: string } = {}): Routes {
  return (app) => {
    app.get('/', (_, reply) => reply.redirect('/console/'));
    if (!existsSync(join(folder, 'index.html'))) {
      const { message, fix, httpStatus } = new HoldfastError('console-not-built', { folder });
      app.get('/console/*', (_, reply) => reply.code(httpStatus).type('text/plain').send(`${message}\n${fix}\n`));
      return;
    }
    app.register(files, {
      root: folder,
      prefix: '/console/',
      prefixAvoidTrailingSlash: true,
      redirect: true,
      decorateReply: false,
      cacheControl: false,
      preCompressed: true,
      setHeaders: (reply, path) => {
        const kept = path.startsWith(join(folder, 'assets/'));
        reply.header('cache-control', kept ? `public, max-age=${YEAR_S}, immutable` : 'no-store');
        for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value);
      },
    });
  };
}
