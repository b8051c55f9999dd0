/** Knows of every file system that holds a copy whether it takes writes: a server on a full or stuck disk looks healthy to a probe. */
import { statSync } from 'node:fs';
import type { DiskReport, MonoMs } from '../../model/index.ts';
import { createListeningClock } from '../../observe/listening.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DiskRoom, StartDiskProbe } from './probe.ts';

export interface DiskWatch {
  /** Watches the file system that `folder` is on, once for all folders on it; answers how to ask for the newest. */
  over(folder: string): () => DiskReport | null;
  stop(): void;
}

export interface DiskWatchOptions {
  clock: Clock;
  log: Log;
  /** `diskProbe` of probe.ts; replaced in tests. */
  start: StartDiskProbe;
  /** Tells file systems apart; `st_dev` unless replaced in tests. */
  deviceOf?: (folder: string) => number;
}

/** A write that took longer is overdue. */
const OVERDUE_MS = 250;
/** With less than this left (or 0.5 % of a small disk) a server that wants to write will soon stand still. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const RESERVE_SHARE = 0.005;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);
/** A server that found no room tries again only after up to a minute, and until then stands still although there is room. */
const SERVER_WAITS_MS = 60_000;
const LISTEN_EVERY_MS = 100;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** Each takes a small process. */
const MOST_FILE_SYSTEMS = 32;

interface Watched {
  report(): DiskReport | null;
  stop(): void;
}

export function createDiskWatch(options: DiskWatchOptions): DiskWatch {
  const { clock, log } = options;
  const deviceOf = options.deviceOf ?? ((folder: string) => statSync(folder).dev);
  const listening = createListeningClock(clock, 2 * LISTEN_EVERY_MS);
  const stopListening = clock.every(LISTEN_EVERY_MS, () => {
    listening.now();
  });
  const watched = new Map<number, Watched>();
  return {
    over(folder) {
      const device = deviceOf(folder);
      if (!watched.has(device)) {
        if (watched.size >= MOST_FILE_SYSTEMS) {
          log.warn({ folder, most: MOST_FILE_SYSTEMS }, 'too many file systems: this one is not watched');
          return () => null;
        }
        watched.set(device, watchOne(options, folder, listening.now));
      }
      return () => watched.get(device)?.report() ?? null;
    },
    stop() {
      stopListening();
      for (const one of watched.values()) one.stop();
    },
  };
}

/** `now`: time in which this process was listening; a write that came back while nobody did is not overdue. */
function watchOne({ clock, log, start }: DiskWatchOptions, folder: string, now: () => MonoMs): Watched {
  let room: DiskRoom | null = null;
  let fsyncMs = 0;
  let full = false;
  let fullAt: MonoMs | null = null;
  /** Of the write under way. */
  let begunAt: MonoMs | null = null;
  /** Beginning of the first of those that failed, for another reason than room, since one succeeded. */
  let failingSince: MonoMs | null = null;
  let retryMs = FIRST_RETRY_MS;
  let stopProbe = () => {};
  let cancelRetry = () => {};

  const gone = (why: string) => {
    log.warn({ folder, why }, 'the disk is not being watched for a while');
    room = null;
    begunAt = null;
    failingSince = null;
    cancelRetry = clock.after(retryMs, begin);
    retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
  };

  const begin = () => {
    try {
      const probe = start(folder, {
        began(newest) {
          room = newest;
          begunAt = now();
        },
        ended(newest, tookMs, code) {
          room = newest;
          fsyncMs = tookMs;
          full = NO_ROOM.has(code);
          failingSince = code === 'ok' || full ? null : (failingSince ?? begunAt);
          begunAt = null;
          retryMs = FIRST_RETRY_MS;
        },
        gone,
      });
      stopProbe = probe.stop;
    } catch (error) {
      gone(error instanceof Error ? error.message : String(error));
    }
  };

  const stuckForMs = () => {
    const overdue = begunAt !== null && now() - begunAt > OVERDUE_MS;
    const since = failingSince ?? (overdue ? begunAt : null);
    return since === null ? 0 : Math.round(now() - since);
  };

  begin();
  return {
    report() {
      if (room === null) return null;
      const reserve = Math.min(RESERVE_BYTES, room.totalBytes * RESERVE_SHARE);
      if (full || room.freeBytes < reserve) fullAt = now();
      const lately = fullAt !== null && now() - fullAt < SERVER_WAITS_MS;
      return { ...room, stuckForMs: stuckForMs(), fsyncMs, full: lately };
    },
    stop() {
      cancelRetry();
      stopProbe();
    },
  };
}
