/** A value that components follow: the smallest thing that React can subscribe to. */
import { useSyncExternalStore } from 'react';

export interface Cell<T> {
  get(): T;
  set(next: T): void;
  follow(listener: () => void): () => void;
}

export function cell<T>(first: T): Cell<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useCell<T>({ follow, get }: Cell<T>): T {
  return useSyncExternalStore(follow, get);
}
