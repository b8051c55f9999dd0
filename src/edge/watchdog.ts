/** Notices workers whose loop stands still: one Lua bug stalls a whole worker, and nginx itself would never know. Pure. */
import type { MonoMs } from '../model/index.ts';
import type { WorkerBeat } from './counters.ts';

export interface Watchdog {
  /** One answered tick. Answers the pids of workers whose heartbeat has not moved for `stalledMs`. */
  beat(workers: WorkerBeat[], now: MonoMs): number[];
  /** No tick was answered. True once that has lasted `stalledMs`: every worker stands still, or nginx is gone. */
  silence(now: MonoMs): boolean;
  /** Something was ended or started anew: everybody gets their full time again. */
  reset(now: MonoMs): void;
}

/** `mostGapMs`: more than this between two calls says that we stood still ourselves; no more of it is held against anybody. */
export function createWatchdog(stalledMs: number, mostGapMs: number, start: MonoMs): Watchdog {
  const seen = new Map<number, { pid: number; beats: number; stillMs: number }>();
  let silentMs = 0;
  let calledAt = start;

  const gap = (now: MonoMs): number => {
    const ms = Math.min(now - calledAt, mostGapMs);
    calledAt = now;
    return ms;
  };

  return {
    beat(workers, now) {
      const ms = gap(now);
      silentMs = 0;
      return workers.flatMap(({ worker, pid, beats }) => {
        const before = seen.get(worker);
        const moved = before === undefined || before.pid !== pid || before.beats !== beats;
        const stillMs = moved ? 0 : before.stillMs + ms;
        seen.set(worker, { pid, beats, stillMs });
        return stillMs >= stalledMs ? [pid] : [];
      });
    },
    silence(now) {
      silentMs += gap(now);
      return silentMs >= stalledMs;
    },
    reset(now) {
      seen.clear();
      silentMs = 0;
      calledAt = now;
    },
  };
}
