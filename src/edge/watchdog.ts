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

export function createWatchdog(stalledMs: number, start: MonoMs): Watchdog {
  const seen = new Map<number, { pid: number; beats: number; at: MonoMs }>();
  let answeredAt = start;
  let lookedAt = start;

  /** After a pause of our own the workers' stillness is unknown, not long. */
  const forgiveOwnPause = (now: MonoMs) => {
    if (now - lookedAt > stalledMs / 2) {
      answeredAt = now;
      for (const entry of seen.values()) entry.at = now;
    }
    lookedAt = now;
  };

  return {
    beat(workers, now) {
      forgiveOwnPause(now);
      answeredAt = now;
      return workers.flatMap(({ worker, pid, beats }) => {
        const before = seen.get(worker);
        if (before === undefined || before.pid !== pid || before.beats !== beats) {
          seen.set(worker, { pid, beats, at: now });
          return [];
        }
        return now - before.at >= stalledMs ? [pid] : [];
      });
    },
    silence(now) {
      forgiveOwnPause(now);
      return now - answeredAt >= stalledMs;
    },
    reset(now) {
      seen.clear();
      answeredAt = now;
      lookedAt = now;
    },
  };
}
