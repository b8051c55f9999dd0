/** Browsers that are signed in: a record in the store that can be taken back, and a signed cookie that works on every controller. */
import type { FastifyReply } from 'fastify';
import { HoldfastError } from '../errors.ts';
import type { TokenRecord } from '../model/index.ts';
import { newBytes } from '../platform/random.ts';
import { COOKIE } from './admission.ts';
import type { ApiParts } from './parts.ts';
import type { Principal } from './principal.ts';
import { csrfOf, readSigned, type SessionClaim, sign } from './secrets.ts';

const SESSION_MS = 12 * 3_600_000;

export interface Me {
  name: string;
  role: TokenRecord['role'];
  sites: string[];
  via: Principal['via'];
  expiresAt: number | null;
  /** Null where none is needed. */
  csrf: string | null;
  /** The controller that answers. */
  controller: string;
  /** This is a local platform. */
  practice: boolean;
}

export function toMe(principal: Principal, { clusterKey, zone, practice }: ApiParts): Me {
  const { name, role, sites, via, expiresAt, token } = principal;
  const csrf = via === 'session' && token !== null ? csrfOf(clusterKey, token) : null;
  return { name, role, sites, via, expiresAt, csrf, controller: zone, practice: practice !== null };
}

/** @throws HoldfastError `not-signed-in` */
export async function signInWithToken(parts: ApiParts, secret: string, reply: FastifyReply): Promise<Me> {
  const record = await parts.authenticator.tokenOf(secret);
  if (record === null) throw new HoldfastError('not-signed-in');
  const id = newBytes(12).toString('hex');
  const { name, role, sites, expiresAt } = record;
  return open(parts, reply, { id, parent: record.id, name, role, sites, until: expiresAt }, name);
}

/** Whoever follows the link first is signed in: the session's record has the link's id, and is added only once. @throws HoldfastError `sign-in-used` */
export async function signInByLink(parts: ApiParts, link: string, reply: FastifyReply): Promise<Me> {
  const claim = readSigned(parts.clusterKey, 'sign-in', link, parts.clock.wall());
  if (claim === null) throw new HoldfastError('sign-in-used');
  const { id, name, role, sites, by } = claim;
  const until = parts.clock.wall() + SESSION_MS;
  return open(parts, reply, { id, parent: null, name, role, sites, until }, by);
}

export async function signOut(parts: ApiParts, { via, token }: Principal, reply: FastifyReply): Promise<void> {
  reply.clearCookie(COOKIE, { path: '/' });
  if (via !== 'session' || token === null) return;
  await parts.store.removeToken(token);
  parts.authenticator.forget(token);
}

async function open(parts: ApiParts, reply: FastifyReply, claim: SessionClaim, createdBy: string): Promise<Me> {
  const now = parts.clock.wall();
  const until = Math.min(claim.until, now + SESSION_MS);
  const { id, parent, name, role, sites } = claim;
  const record: TokenRecord = {
    id,
    kind: 'session',
    hash: null,
    parent,
    name,
    role,
    sites,
    createdAt: now,
    createdBy,
    expiresAt: until,
    lastUsedAt: now,
  };
  if (!(await parts.store.addToken(record))) throw new HoldfastError('sign-in-used');
  reply.setCookie(COOKIE, sign(parts.clusterKey, 'session', { ...claim, until }), {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: parts.state.service?.urls.console.startsWith('https:') ?? false,
    maxAge: Math.floor((until - now) / 1_000),
  });
  return toMe({ name, role, sites, via: 'session', token: id, expiresAt: until }, parts);
}
