/** Times that go on by themselves: one timer for the whole page. */
import { useSyncExternalStore } from 'react';
import { useCell } from '../browser/store.ts';
import { every, now } from '../browser/time.ts';
import { clockAhead } from '../data/live.ts';
import { howLong, moment } from '../words/numbers.ts';

const TICK_MS = 1_000;
let tick = now();
const listeners = new Set<() => void>();
let stop: (() => void) | null = null;

function follow(listener: () => void): () => void {
  listeners.add(listener);
  if (stop === null) tick = now();
  stop ??= every(TICK_MS, () => {
    tick = now();
    for (const each of [...listeners]) each();
  });
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
  };
}

/** By the controller's clock, to a second. */
export function useNow(): number {
  const here = useSyncExternalStore(follow, () => tick);
  return here + useCell(clockAhead);
}

export function For({ since }: { since: number }) {
  return <>{howLong(since, useNow())}</>;
}

export function At({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{moment(at, useNow())}</time>;
}
