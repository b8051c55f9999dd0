/** What is looked after now and then on a server that answers, over a connection of its own so that nothing waits for it. */
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { createBinlogs, DEFAULT_BINLOGS } from './binlogs.ts';
import type { DatabaseOptions } from './options.ts';
import type { Sample } from './sampler.ts';
import type { Session } from './session.ts';
import { createUnprotected } from './unprotected.ts';

export interface Chores {
  /** For people, of a copy that is otherwise as it should be; null: nothing. */
  trouble(): string | null;
  stop(): void;
}

export interface ChoresInput {
  options: DatabaseOptions;
  clock: Clock;
  log: Log;
  session: Session;
  /** The newest look at the server; null: it does not answer. */
  sample(): Sample | null;
  backupUnderWay(): boolean;
}

const LOOK_EVERY_MS = 10_000;
/** Every so many looks: it opens every table's definition. */
const TABLES_EVERY = 6;

export function createChores({ options, clock, log, session, sample, backupUnderWay }: ChoresInput): Chores {
  let backupAt: number | null = null;
  const limits = options.binlogs ?? DEFAULT_BINLOGS;
  const binlogs = createBinlogs(clock, log, session, limits, () => backupAt);
  const unprotected = createUnprotected(clock, session, options.databaseName);
  let looks = 0;
  let looking = false;

  const look = async () => {
    if (backupUnderWay()) backupAt = clock.mono();
    const now = sample();
    if (now === null || looking) return;
    looking = true;
    try {
      await binlogs.look();
      if (now.writable && looks % TABLES_EVERY === 0) await unprotected.look();
      looks += 1;
    } catch (error) {
      log.debug({ detail: (error as Error).message }, 'what is looked after now and then was not');
    } finally {
      looking = false;
    }
  };
  const stop = clock.every(LOOK_EVERY_MS, look);
  return {
    trouble() {
      const parts = [binlogs.trouble(), sample()?.writable ? unprotected.trouble() : null];
      return parts.filter((one) => one !== null).join('; ') || null;
    },
    stop() {
      stop();
      session.close();
    },
  };
}
