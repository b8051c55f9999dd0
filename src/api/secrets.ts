/** The secrets that open the API: tokens, the console's signed cookie, one-time sign-in links, and the mark against forged requests. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AccessRole, SiteId, WallMs } from '../model/index.ts';

const TOKEN = /^hft_[A-Za-z0-9_-]{43}$/;
const LONGEST = 4_000;

/** `random`: 32 bytes. */
export function tokenOf(random: Buffer): string {
  return `hft_${random.toString('base64url')}`;
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Tokens are 256 bits of chance, so that a plain hash keeps them as well as a slow one would. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function idOf(hash: string): string {
  return hash.slice(0, 16);
}

/** Equal texts, in a time that tells nothing of where they differ. */
export function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What the cookie of a session says. That it has not been ended is asked of the store. */
export interface SessionClaim {
  id: string;
  parent: string | null;
  name: string;
  role: AccessRole;
  sites: SiteId[];
  until: WallMs;
}

/** What a sign-in link says: whoever follows it first is signed in as that. */
export interface SignInClaim {
  id: string;
  name: string;
  role: AccessRole;
  sites: SiteId[];
  by: string;
  until: WallMs;
}

const PURPOSES: Record<keyof Claims, string> = {
  session: 'holdfast session, version 1',
  'sign-in': 'holdfast sign-in link, version 1',
};

interface Claims {
  session: SessionClaim;
  'sign-in': SignInClaim;
}

export function sign<P extends keyof Claims>(clusterKey: string, purpose: P, claim: Claims[P]): string {
  const body = Buffer.from(JSON.stringify(claim)).toString('base64url');
  return `${body}.${signature(clusterKey, PURPOSES[purpose], body)}`;
}

/** Null: not signed here for this purpose, or too old. */
export function readSigned<P extends keyof Claims>(
  clusterKey: string,
  purpose: P,
  text: string,
  now: WallMs,
): Claims[P] | null {
  const [body = '', sent = '', ...rest] = text.split('.');
  if (text.length > LONGEST || rest.length > 0) return null;
  if (!same(sent, signature(clusterKey, PURPOSES[purpose], body))) return null;
  const claim = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims[P];
  return claim.until < now ? null : claim;
}

/** What a page of the console sends along with a change, and a page of somebody else's cannot know. */
export function csrfOf(clusterKey: string, session: string): string {
  return signature(clusterKey, 'holdfast request mark, version 1', session);
}

function signature(clusterKey: string, purpose: string, text: string): string {
  const key = createHmac('sha256', clusterKey).update(purpose).digest();
  return createHmac('sha256', key).update(text).digest('base64url');
}
