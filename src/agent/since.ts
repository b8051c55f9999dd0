/** Remembers since when something has been what it is. */
import type { MonoMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

/** Answers for how many whole milliseconds `value` has been the same in these calls. */
export function createSince<T>(clock: Clock): (value: T) => number {
  let seen: { value: T; at: MonoMs } | null = null;
  return (value) => {
    if (seen?.value !== value) seen = { value, at: clock.mono() };
    return Math.round(clock.mono() - seen.at);
  };
}
