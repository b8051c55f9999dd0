/**
 * One row of the API: from it come the HTTP route, its part of the OpenAPI document, its page in the docs and its rows in the
 * authorization test. `routes.ts` is the table of all rows.
 */
import type { FastifyReply } from 'fastify';
import type { ZodType } from 'zod';
import type { ErrorCode } from '../errors.ts';
import type { ApiParts } from './parts.ts';
import type { Principal } from './principal.ts';
import type { Rule } from './rules.ts';

export interface Asked<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  /** Null only where anyone may ask. */
  principal: Principal | null;
  /** Who asks, for records: the token's name, or what the holder of the cluster key calls themselves. */
  by: string;
  /** For cookies and the few routes that answer no JSON. */
  reply: FastifyReply;
  header(name: string): string | undefined;
}

interface Described<P, Q, B, A> {
  /** `/sites/{site}`, below /api/v1. */
  path: string;
  /** The operation's name in generated clients. */
  name: string;
  summary: string;
  allow: Rule;
  params?: ZodType<P>;
  query?: ZodType<Q>;
  body?: ZodType<B>;
  /** What it answers as JSON; null: nothing (204), or something of its own kind, see `media`. */
  answer: ZodType<A> | null;
  /** Of answers that are no JSON. */
  media?: 'text/event-stream' | 'application/x-ndjson' | 'text/html';
  /** Errors of its own, besides those that every route has. */
  errors?: readonly ErrorCode[];
  /** The largest body, bytes; left out: 64 kB. */
  mostBytes?: number;
  /** Only on a local platform, whose zones may be broken on purpose; elsewhere there is no such route. */
  practice?: true;
  /** Not limited by the number of requests, since it is one long one. */
  stream?: true;
  handle(asked: Asked<P, Q, B>, parts: ApiParts): Promise<A> | A;
}

interface Reading<P, Q, B, A> extends Described<P, Q, B, A> {
  method: 'GET';
}

interface Changing<P, Q, B, A> extends Described<P, Q, B, A> {
  method: 'POST' | 'DELETE';
  /** The verb of its audit entry, and what it was done to. Null only for signing in and out, which change nothing of anybody's. */
  audit: { verb: string; target(params: P): string } | null;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of one table have different shapes; `route` has checked each.
export type Route = Reading<any, any, any, any> | Changing<any, any, any, any>;

/** Checks one row against its own schemas. */
export function route<P = Record<string, never>, Q = Record<string, never>, B = undefined, A = void>(
  row: Reading<P, Q, B, A> | Changing<P, Q, B, A>,
): Route {
  return row;
}

/** The sentence and the reason of a change, for its audit entry, as far as its answer and body have them. */
export function wordsOf(body: unknown, answer: unknown): { why: string; sentence: string } {
  const text = (from: unknown, key: string) => {
    const value = (from as Record<string, unknown> | null | undefined)?.[key];
    return typeof value === 'string' ? value : '';
  };
  return { why: text(body, 'why'), sentence: text(answer, 'sentence') };
}
