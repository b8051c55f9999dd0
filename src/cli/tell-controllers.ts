/** Tells the controllers one thing, one after the other until one has taken it: what is told has to bear being told twice. */
import { HoldfastError } from '../errors.ts';
import { type Access, API, headersOf, problemOf, troubleOf } from './access.ts';
import { reasonOf } from './controllers.ts';

/** A controller that is behind a dead store may need as long as its commit's deadline. */
const LIMIT_MS = 3_000;

/** The answer of the first that takes it. @throws HoldfastError `controller-unreachable`; Trouble with what a controller answered */
export async function tellControllers<T>(
  access: Access,
  path: string,
  /** Null: what is there is to go (`DELETE`). */
  body: object | null,
  { limitMs = LIMIT_MS }: { limitMs?: number } = {},
): Promise<T> {
  const failures: string[] = [];
  for (const controller of access.controllers) {
    let response: Response;
    try {
      response = await fetch(`http://${controller}${API}${path}`, {
        method: body === null ? 'DELETE' : 'POST',
        headers: { ...headersOf(access), ...(body === null ? {} : { 'content-type': 'application/json' }) },
        body: body === null ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(limitMs),
      });
    } catch (error) {
      failures.push(`${controller}: ${reasonOf(error as Error)}`);
      continue;
    }
    if (response.ok) return (await response.json()) as T;
    const problem = await problemOf(response);
    // What one controller cannot do for the moment, another may; what is wrong with the request is wrong for all.
    if (response.status < 500 && problem !== null) throw troubleOf(problem);
    failures.push(`${controller}: ${problem?.detail ?? `answered ${response.status}`}`);
  }
  throw new HoldfastError('controller-unreachable', { tried: failures.join('; ') });
}
