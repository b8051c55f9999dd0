/** What was read from the API, shared by all parts of the page that show it, and read anew when it is said to have changed. */
import { useEffect, useSyncExternalStore } from 'react';
import { after, every, now } from '../browser/time.ts';
import { ask, type Problem, problemOf } from './ask.ts';

export interface Resource<T> {
  /** Null until the first answer. Stays while a later question fails. */
  data: T | null;
  /** Of the newest question. */
  problem: Problem | null;
}

interface Entry {
  value: Resource<unknown>;
  listeners: Set<() => void>;
  asking: boolean;
  /** Changed while it was being read. */
  again: boolean;
  askedAt: number;
  /** It will be read anew in a moment. */
  due: (() => void) | null;
  forget: (() => void) | null;
}

const NOTHING: Resource<never> = { data: null, problem: null };
/** Kept for so long after the last part that showed it has gone: going back shows something at once. */
const KEPT_MS = 60_000;
/** However much changes, nothing is read anew more often than this. */
const LEAST_MS = 1_000;

const entries = new Map<string, Entry>();

function entryOf(path: string): Entry {
  const known = entries.get(path);
  if (known !== undefined) return known;
  const entry: Entry = {
    value: NOTHING,
    listeners: new Set(),
    asking: false,
    again: false,
    askedAt: 0,
    due: null,
    forget: null,
  };
  entries.set(path, entry);
  return entry;
}

function put(entry: Entry, value: Resource<unknown>): void {
  entry.value = value;
  for (const listener of [...entry.listeners]) listener();
}

export async function refresh(path: string): Promise<void> {
  const entry = entryOf(path);
  entry.again = entry.asking;
  if (entry.asking) return;
  entry.asking = true;
  entry.askedAt = now();
  try {
    put(entry, { data: await ask(path), problem: null });
  } catch (error) {
    put(entry, { data: entry.value.data, problem: problemOf(error) });
  } finally {
    entry.asking = false;
  }
  if (entry.again) await refresh(path);
}

/** Everything shown now whose path the test picks is read anew; the rest of what it picks is forgotten. */
export function outdated(test: (path: string) => boolean): void {
  for (const [path, entry] of entries) {
    if (!test(path)) continue;
    if (entry.listeners.size > 0) soon(path, entry);
    else entries.delete(path);
  }
}

function soon(path: string, entry: Entry): void {
  entry.due ??= after(Math.max(0, entry.askedAt + LEAST_MS - now()), () => {
    entry.due = null;
    if (entry.listeners.size > 0) void refresh(path);
  });
}

/** Changes what is known, where something is known. */
export function amend<T>(path: string, change: (data: T) => T): void {
  const entry = entries.get(path);
  if (entry === undefined || entry.value.data === null) return;
  put(entry, { data: change(entry.value.data as T), problem: null });
}

export function forgetAll(): void {
  for (const [path, { listeners }] of entries) if (listeners.size === 0) entries.delete(path);
  for (const entry of entries.values()) put(entry, NOTHING);
}

/** `path` null: nothing is asked. `everyMs`: asked again so often, besides what changes tell. */
export function useResource<T>(path: string | null, { everyMs = 0 } = {}): Resource<T> {
  useEffect(() => {
    if (path === null) return;
    void refresh(path);
    return everyMs > 0 ? every(everyMs, () => void refresh(path)) : undefined;
  }, [path, everyMs]);
  return useSyncExternalStore(
    (listener) => (path === null ? () => {} : follow(path, listener)),
    () => (path === null ? NOTHING : (entries.get(path)?.value ?? NOTHING)) as Resource<T>,
  );
}

function follow(path: string, listener: () => void): () => void {
  const entry = entryOf(path);
  entry.forget?.();
  entry.forget = null;
  entry.listeners.add(listener);
  return () => {
    entry.listeners.delete(listener);
    if (entry.listeners.size > 0) return;
    entry.forget = after(KEPT_MS, () => {
      if (entries.get(path) === entry && entry.listeners.size === 0) entries.delete(path);
    });
  };
}
