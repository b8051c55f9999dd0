/** When one folder is to be pulled again: pure, so that every case is a row of a table in its test. */
import type { MonoMs } from '../../model/index.ts';

/** What the zone that has the files last told of a folder. The state is a word that differs whenever something may have changed. */
export type News =
  | { state: string }
  /** It tells nothing (not reached, or it does not watch this folder), since then. */
  | { silentSince: MonoMs };

export interface Pulls {
  startedAt: MonoMs;
  endedAt: MonoMs;
  /** In a row, up to the newest. */
  failures: number;
  /** What was told when the newest began; null: nothing. */
  state: string | null;
}

/** While changes are told: against one that was missed. */
export const NET_MS = 60_000;
/** While they are not. */
export const UNTOLD_MS = 5_000;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;
/** A folder that changes all the time is pulled for half of the time at most. */
const REST_PER_PULL = 1;
const MOST_REST_MS = 5_000;

/** The moment from which the next pull is due. `pulls`: null before the first. */
export function nextPullAt(pulls: Pulls | null, news: News): MonoMs {
  if (pulls === null) return Number.NEGATIVE_INFINITY;
  const { startedAt, endedAt, failures, state } = pulls;
  const told = 'state' in news;
  const restedAt = endedAt + Math.min(MOST_REST_MS, REST_PER_PULL * (endedAt - startedAt));
  // What changed while it was pulled may be missing from what was pulled.
  if (told && news.state !== state) return restedAt;
  if (failures > 0) return endedAt + Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  // Counted from when it fell silent: a lost zone must not set off hundreds of pulls in the moment in which it is left.
  return Math.max(restedAt, told ? startedAt + NET_MS : Math.max(startedAt, news.silentSince) + UNTOLD_MS);
}
