/** How long to wait before a process that keeps dying is started again. */
import type { MonoMs } from '../../model/index.ts';

const FIRST_MS = 250;
const MOST_MS = 15_000;
/** A process that lived this long is forgiven its earlier deaths. */
const FORGIVEN_AFTER_MS = 30_000;

export interface Attempts {
  failures: number;
  startedAt: MonoMs;
}

/** Pause after the `failures`-th death in a row, in milliseconds: doubled each time, up to a quarter of a minute. */
export function pauseMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
}

export function failuresAfterDeath(attempts: Attempts, now: MonoMs): number {
  return now - attempts.startedAt >= FORGIVEN_AFTER_MS ? 1 : attempts.failures + 1;
}
