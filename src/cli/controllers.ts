/** Asks every known controller the same question and takes the best early answer: any of them may be dead, cut off or behind. */

import { HoldfastError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { systemClock } from '../platform/clock.ts';
import { type Access, API, headersOf, problemOf, troubleOf } from './access.ts';
import { Trouble } from './trouble.ts';

/** As long as this, an answer from a controller whose store is fresh is preferred to any other. */
const PREFER_MS = 500;
/** Longer than this, nobody is waited for. */
const LIMIT_MS = 3_000;

export interface Answer<T> {
  /** `host:port` of who answered. */
  from: string;
  body: T;
}

export interface Asking {
  clock?: Clock;
  preferMs?: number;
  limitMs?: number;
  /** Is this answer as good as any? Then the others are not waited for. */
  good?: (body: unknown) => boolean;
}

/**
 * The first good answer; after `preferMs` the first answer of any kind. Null: all said 404.
 * Throws `controller-unreachable` when no controller answers within `limitMs`; Trouble with what is wrong with the question.
 */
export async function askControllers<T>(access: Access, path: string, asking: Asking = {}): Promise<Answer<T> | null> {
  const { clock = systemClock, preferMs = PREFER_MS, limitMs = LIMIT_MS, good = () => true } = asking;
  const enough = new AbortController();
  const second: Answer<T>[] = [];
  const failures: string[] = [];
  let missing = 0;
  try {
    return await new Promise<Answer<T> | null>((resolve, reject) => {
      let left = access.controllers.length;
      let preferring = true;
      const giveUp = () => {
        if (second[0]) resolve(second[0]);
        else if (missing > 0) resolve(null);
        else reject(new HoldfastError('controller-unreachable', { tried: failures.join('; ') }));
      };
      for (const from of access.controllers) {
        askOne<T>(access, from, path, limitMs, enough.signal)
          .then((body) => {
            if (body === null) missing += 1;
            else if (good(body) || !preferring) resolve({ from, body });
            else second.push({ from, body });
          })
          .catch((error: Error) =>
            error instanceof Trouble ? reject(error) : failures.push(`${from}: ${reasonOf(error)}`),
          )
          .finally(() => {
            left -= 1;
            if (left === 0) giveUp();
          });
      }
      clock.sleep(preferMs, enough.signal).then(() => {
        preferring = false;
        if (second[0]) resolve(second[0]);
      });
      if (left === 0) giveUp();
    });
  } finally {
    enough.abort();
  }
}

/** Null: 404. */
async function askOne<T>(
  access: Access,
  from: string,
  path: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<T | null> {
  const response = await fetch(`http://${from}${API}${path}`, {
    headers: headersOf(access),
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  });
  if (response.status === 404) return null;
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status < 500 && problem !== null) throw troubleOf(problem);
    throw new Error(problem?.detail ?? `answered ${response.status}`);
  }
  return (await response.json()) as T;
}

export function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (error.name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? cause?.message ?? error.message;
}
