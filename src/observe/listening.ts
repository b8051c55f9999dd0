/** A clock that counts only time in which this process was listening: a pause of ours must never be read as others' silence. */
import type { MonoMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

export interface ListeningClock {
  /** Milliseconds spent listening since this clock was made. Call it often: a gap between calls counts `mostGapMs` at most. */
  now(): MonoMs;
}

/**
 * Somebody has to call `now()` at least every `mostGapMs` while all is well. After SIGSTOP, a blocked event loop or a
 * starved machine, the gap is much longer than that, and only `mostGapMs` of it are counted.
 */
export function createListeningClock(clock: Clock, mostGapMs: number): ListeningClock {
  let seenAt = clock.mono();
  let listened = 0;
  return {
    now() {
      const now = clock.mono();
      listened += Math.min(now - seenAt, mostGapMs);
      seenAt = now;
      return listened;
    },
  };
}
