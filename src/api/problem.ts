/** Errors as RFC 9457 has them (`application/problem+json`), all from the one table. */
import { z } from 'zod';
import { type ErrorCode, HoldfastError } from '../errors.ts';
import { StoreUnavailable } from '../store/store.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export const problemSchema = z
  .object({
    type: z.string().describe('`urn:holdfast:error:CODE`'),
    title: z.string().describe('The code in words; the same for every occurrence.'),
    status: z.int(),
    detail: z.string().describe('What happened, as a sentence for people.'),
    fix: z.string().describe('What to do about it.'),
    code: z.string().describe('Stable; docs/reference/api.md lists them.'),
    problems: z
      .array(z.object({ path: z.string(), wrong: z.string() }))
      .optional()
      .describe('What is wrong with the request, one by one.'),
  })
  .describe('An error.');
export type Problem = z.infer<typeof problemSchema>;

/** Null: an error that nobody foresaw. */
export function toHoldfastError(error: unknown): HoldfastError | null {
  if (error instanceof HoldfastError) return error;
  if (error instanceof StoreUnavailable)
    return new HoldfastError('store-unavailable', { what: error.message.replace(/^.*?: /, '') });
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (status === 413) return new HoldfastError('request-too-large');
  if (status === 429) return new HoldfastError('too-many-requests');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new HoldfastError('request-wrong', { why: (error as Error).message });
  return null;
}

export function toProblem({ code, message, fix, httpStatus, problems }: HoldfastError): Problem {
  return {
    type: `urn:holdfast:error:${code}`,
    title: titleOf(code),
    status: httpStatus,
    detail: message,
    fix,
    code,
    ...(problems.length > 0 ? { problems: problems.map(({ path, wrong }) => ({ path, wrong })) } : {}),
  };
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
