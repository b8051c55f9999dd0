/** Turns a burst of changes into one piece of news: once it has been quiet for a moment, and while it goes on every so often. */
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';

/** An upload is written in several pieces, and a picture comes with a dozen smaller ones. */
export const QUIET_MS = 50;
export const MOST_MS = 300;

export interface Settle {
  /** Something changed. */
  stir(): void;
  stop(): void;
}

/** Calls `settled` when nothing stirred for 50 ms, or 300 ms after the first stir of a burst that does not end. */
export function createSettle(clock: Clock, settled: () => void): Settle {
  let firstAt: MonoMs = 0;
  let lastAt: MonoMs = 0;
  let cancel: (() => void) | null = null;

  const look = () => {
    const waitMs = Math.min(lastAt + QUIET_MS, firstAt + MOST_MS) - clock.mono();
    cancel = waitMs > 0 ? clock.after(waitMs, look) : null;
    if (cancel === null) settled();
  };

  return {
    stir() {
      lastAt = clock.mono();
      if (cancel !== null) return;
      firstAt = lastAt;
      cancel = clock.after(QUIET_MS, look);
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
}
