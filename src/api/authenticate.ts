/** From a request's headers to who asks: the cluster key, a token, or the signed cookie of a browser that signed in with one. */
import type { TokenRecord } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import type { Principal } from './principal.ts';
import { hashOf, idOf, isToken, readSigned, same } from './secrets.ts';

/** A token that was taken back opens nothing any more after this, on any controller. */
const KNOWN_FOR_MS = 5_000;
/** While the store does not answer, a token that this controller has seen before is taken for as it was. */
const WITHOUT_STORE_MS = 12 * 3_600_000;
const MOST_KNOWN = 10_000;
/** `lastUsedAt` is written so often at most. */
const TOUCH_MS = 600_000;

export interface Credentials {
  authorization: string | undefined;
  /** Of the session; undefined: none. */
  cookie: string | undefined;
  /** What the holder of the cluster key calls themselves. */
  by: string | undefined;
}

export interface Authenticator {
  /** Null: nobody. @throws StoreUnavailable when that cannot be told without the store */
  identify(credentials: Credentials): Promise<Principal | null>;
  /** The record that a secret belongs to, if it is valid now. */
  tokenOf(secret: string): Promise<TokenRecord | null>;
  /** It was taken back here: this controller at least knows at once. */
  forget(id: string): void;
}

interface Known {
  record: TokenRecord | null;
  at: number;
}

export function createAuthenticator({
  clusterKey,
  clock,
  store,
}: {
  clusterKey: string;
  clock: Clock;
  store: Pick<Store, 'token' | 'touchToken'>;
}): Authenticator {
  const known = new Map<string, Known>();
  const touched = new Map<string, number>();

  async function recordOf(id: string): Promise<TokenRecord | null> {
    const now = clock.mono();
    const before = known.get(id);
    if (before !== undefined && now - before.at <= KNOWN_FOR_MS) return before.record;
    try {
      const record = await store.token(id);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(id, { record, at: now });
      return record;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (before !== undefined && now - before.at <= WITHOUT_STORE_MS) return before.record;
      throw error;
    }
  }
  async function validOf(id: string): Promise<TokenRecord | null> {
    const record = await recordOf(id);
    return record === null || record.expiresAt < clock.wall() ? null : record;
  }
  /** Nobody waits for it, and that it fails is no harm. */
  function touch({ id, lastUsedAt }: TokenRecord): void {
    const now = clock.wall();
    if (now - (lastUsedAt ?? 0) < TOUCH_MS || now - (touched.get(id) ?? 0) < TOUCH_MS) return;
    if (touched.size >= MOST_KNOWN) touched.clear();
    touched.set(id, now);
    store.touchToken(id, now).catch(() => touched.delete(id));
  }
  async function tokenOf(secret: string): Promise<TokenRecord | null> {
    if (!isToken(secret)) return null;
    const hash = hashOf(secret);
    const record = await validOf(idOf(hash));
    if (record === null || record.hash === null || !same(record.hash, hash)) return null;
    touch(record);
    return record;
  }
  /** A session ends with the token that opened it, and has what that one has now. */
  async function sessionOf(cookie: string): Promise<Principal | null> {
    const claim = readSigned(clusterKey, 'session', cookie, clock.wall());
    if (claim === null) return null;
    const session = await validOf(claim.id);
    if (session === null) return null;
    const source = claim.parent === null ? session : await validOf(claim.parent);
    return source === null ? null : { ...toPrincipal(source, 'session'), token: claim.id, expiresAt: claim.until };
  }

  return {
    tokenOf,
    forget: (id) => {
      known.delete(id);
    },
    identify: async ({ authorization, cookie, by }) => {
      if (authorization !== undefined) {
        const secret = authorization.replace(/^Bearer /, '');
        if (same(secret, clusterKey)) return theCluster(by);
        const record = await tokenOf(secret);
        return record === null ? null : toPrincipal(record, 'token');
      }
      return cookie === undefined ? null : sessionOf(cookie);
    },
  };
}

function theCluster(by: string | undefined): Principal {
  const name = by?.trim() || 'the cluster key';
  return { name, role: 'admin', sites: [], via: 'cluster-key', token: null, expiresAt: null };
}

function toPrincipal({ id, name, role, sites, expiresAt }: TokenRecord, via: Principal['via']): Principal {
  return { name, role, sites, via, token: id, expiresAt };
}
