/** May this request in? Who asks, how often, with which role, about whose site, and whether a page of ours sent it. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HoldfastError } from '../errors.ts';
import { type AccessRole, ROLES } from '../model/index.ts';
import type { ApiParts } from './parts.ts';
import { type Principal, sees } from './principal.ts';
import type { Route } from './route.ts';
import type { Rule } from './rules.ts';
import { csrfOf, same } from './secrets.ts';

export const COOKIE = 'holdfast_session';
const PROGRAM = 'cluster key from ';
const MINUTE_MS = 60_000;
/** Of one token or session, a minute; programs that hold the cluster key, by their address, ten times as many. */
const MOST_REQUESTS = 1_200;
const MOST_OF_PROGRAMS = 12_000;
/** Failed or anonymous attempts to get in, of one address, a minute. */
const MOST_STRANGE = 30;

export interface Admitted {
  principal: Principal | null;
  by: string;
}

export type Admission = (row: Pick<Route, 'allow' | 'method'>, request: FastifyRequest) => Promise<Admitted>;

/** Throws what refuses it: HoldfastError `not-signed-in`, `forbidden`, `request-mark-missing`, `too-many-requests`, `site-unknown`. */
export function createAdmission(scope: FastifyInstance, parts: ApiParts): Admission {
  const limiters = createLimiters(scope);
  return async (row, request) => {
    const principal = row.allow === 'anyone' ? null : await known(parts, request, limiters.strangers);
    await (principal === null ? limiters.strangers(request) : limiters.known(request, principal));
    if (principal !== null) {
      if (row.method !== 'GET') checkMark(parts.clusterKey, principal, request);
      checkRule(row.allow, principal, (request.params as { site?: string }).site);
    }
    return { principal, by: principal?.name ?? '' };
  };
}

async function known(
  { authenticator }: ApiParts,
  request: FastifyRequest,
  count: (request: FastifyRequest) => Promise<void>,
): Promise<Principal> {
  const { authorization } = request.headers;
  const by = request.headers['holdfast-by'];
  const principal = await authenticator.identify({
    authorization,
    cookie: request.cookies[COOKIE],
    by: typeof by === 'string' ? nameOf(by) : undefined,
  });
  if (principal !== null) return principal;
  await count(request);
  throw new HoldfastError('not-signed-in');
}

/** Header values are Latin-1 on the way; names are not, so that they are sent percent-encoded. */
function nameOf(header: string): string | undefined {
  try {
    const name = decodeURIComponent(header).trim();
    return /^[^\p{C}]{1,64}$/u.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** A cookie is sent along by any page; the mark only by one that was told it. */
function checkMark(clusterKey: string, { via, token }: Principal, { headers }: FastifyRequest): void {
  if (via !== 'session') return;
  const sent = headers['x-csrf-token'];
  if (headers['sec-fetch-site'] === 'cross-site' || typeof sent !== 'string' || !same(sent, csrfOf(clusterKey, token!)))
    throw new HoldfastError('request-mark-missing');
}

function checkRule(rule: Rule, principal: Principal, site: string | undefined): void {
  if (rule === 'anyone') return;
  const reach = rule[principal.role];
  if (reach === 'never') {
    const needed = ROLES.filter((role: AccessRole) => rule[role] !== 'never').join(' or ');
    throw new HoldfastError('forbidden', { role: principal.role, needed });
  }
  if (reach === 'own-site' && !sees(principal, site ?? ''))
    throw new HoldfastError('site-unknown', { site: site ?? '' });
}

function createLimiters(scope: FastifyInstance) {
  const strange = scope.createRateLimit({ max: MOST_STRANGE, timeWindow: MINUTE_MS });
  const named = new WeakMap<FastifyRequest, string>();
  const usual = scope.createRateLimit({
    max: (request) => (named.get(request)?.startsWith(PROGRAM) ? MOST_OF_PROGRAMS : MOST_REQUESTS),
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => named.get(request) ?? request.ip,
  });
  const refuse = (limit: { isAllowed: boolean; isExceeded?: boolean }) => {
    if (!limit.isAllowed && limit.isExceeded) throw new HoldfastError('too-many-requests');
  };
  return {
    strangers: async (request: FastifyRequest) => refuse(await strange(request)),
    known: async (request: FastifyRequest, { token }: Principal) => {
      named.set(request, token ?? `${PROGRAM}${request.ip}`);
      refuse(await usual(request));
    },
  };
}
