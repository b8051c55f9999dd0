/** Tells the controllers one thing, one after the other until one has taken it: what is told has to bear being told twice. */
import { HoldfastError } from '../errors.ts';
import { reasonOf } from './controllers.ts';
import { Trouble } from './trouble.ts';

/** A controller that is behind a dead store may need as long as its commit's deadline. */
const LIMIT_MS = 3_000;

interface Refused {
  error: string;
  fix?: string;
  code?: string;
}

/** The answer of the first that takes it. @throws HoldfastError `controller-unreachable`; Trouble with what a controller answered */
export async function tellControllers<T>(
  controllers: string[],
  path: string,
  body: object,
  clusterKey: string,
  limitMs: number = LIMIT_MS,
): Promise<T> {
  const failures: string[] = [];
  for (const controller of controllers) {
    let response: Response;
    try {
      response = await fetch(`http://${controller}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${clusterKey}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limitMs),
      });
    } catch (error) {
      failures.push(`${controller}: ${reasonOf(error as Error)}`);
      continue;
    }
    if (response.ok) return (await response.json()) as T;
    const { error, fix, code } = (await response.json()) as Refused;
    // What one controller cannot do for the moment, another may; what is wrong with the request is wrong for all.
    if (response.status < 500)
      throw new Trouble([error, [fix, code === undefined ? '' : `[${code}]`].join(' ')].join('\n'));
    failures.push(`${controller}: ${error}`);
  }
  throw new HoldfastError('controller-unreachable', { tried: failures.join('; ') });
}
