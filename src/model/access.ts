/** Who may do what over the API, and what is remembered of it: roles, tokens and the audit record. */
import type { SiteId, WallMs, ZoneId } from './ids.ts';

/** `viewer` reads everything; `owner` sees and practises on named sites; `operator` acts; `admin` gives access and describes. */
export const ROLES = ['viewer', 'owner', 'operator', 'admin'] as const;
export type AccessRole = (typeof ROLES)[number];

/** What a token, or a session of the console, allows. The secret itself is kept nowhere, only its hash. */
export interface TokenRecord {
  /** First characters of the hash of its secret: what lists and records show. */
  id: string;
  /** `token`: carried by a program; `session`: a browser that signed in, ended with `parent`. */
  kind: 'token' | 'session';
  /** SHA-256 of the secret, hexadecimal; null: no secret opens it (a session is held by a signed cookie). */
  hash: string | null;
  /** The token that a session was opened with; null: a sign-in link, or no session. */
  parent: string | null;
  /** Whose it is; stands in records. */
  name: string;
  role: AccessRole;
  /** For owners: which sites are theirs. */
  sites: SiteId[];
  createdAt: WallMs;
  createdBy: string;
  expiresAt: WallMs;
  /** To about ten minutes; null: never used. */
  lastUsedAt: WallMs | null;
}

/** One change that somebody asked for, whether it was done or refused. */
export interface AuditEntry {
  /** Sorts by time. */
  id: string;
  at: WallMs;
  /** Person or program, as their token names them. */
  who: string;
  role: AccessRole;
  /** How they showed who they are. */
  via: 'cluster-key' | 'token' | 'session';
  /** Id of the token or session; null for the cluster key. */
  token: string | null;
  /** Verb and object: `move`, `shop`. */
  what: string;
  target: string;
  /** The reason they gave. */
  why: string;
  /** `done`, an error's code, or null: not known, since the controller ended meanwhile. */
  outcome: string | null;
  /** One sentence of the answer or of the refusal. */
  sentence: string;
  /** The controller that was asked. */
  zone: ZoneId;
}
