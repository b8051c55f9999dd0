/** An untrusted request → what the row's schemas say, or every problem at once. */
import type { FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import { HoldfastError, type Problem } from '../errors.ts';
import type { Route } from './route.ts';

/** @throws HoldfastError `request-wrong` with its problems */
export function parseAsked(row: Pick<Route, 'params' | 'query' | 'body'>, request: FastifyRequest) {
  const problems: Problem[] = [];
  const parse = (schema: ZodType | undefined, value: unknown, place: string) => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues)
      problems.push({ path: [place, ...path].join('.'), line: null, wrong: message, right: null });
    return undefined;
  };
  const params = parse(row.params, request.params, 'path');
  const query = parse(row.query, request.query, 'query');
  const body = parse(row.body, request.body, 'body');
  if (problems.length === 0) return { params: params ?? {}, query: query ?? {}, body };
  const why = problems.map(({ path, wrong }) => `${path}: ${wrong}`).join('; ');
  throw new HoldfastError('request-wrong', { why }, problems);
}
