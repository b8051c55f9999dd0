/** Takes what nginx counted into this edge's own file, batch by batch, each exactly once; nginx keeps a batch until it is safe here. */
import type { EdgeId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { parseBatch } from '../windows/batch.ts';
import { type EdgeBook, openEdgeBook } from '../windows/edge-book.ts';
import { NginxSilent } from './admin.ts';

const TAKE_MS = 250;
/** After nobody took anything for a while there are many; then the next turn goes on. */
const MOST_AT_ONCE = 5;
const COUNTING_MS = 1_000;
/** A file that cannot be opened or written (a full disk) is tried again; visitors notice nothing of it. */
const RETRY_MS = 5_000;

export interface VisitsBookOptions {
  path: string;
  edge: EdgeId;
  /** Asks nginx for the batch after the one named. */
  take(have: string): Promise<string>;
  clock: Clock;
  log: Log;
}

export interface VisitsBook {
  /** Null: its file could not be opened so far. */
  book(): EdgeBook | null;
  /** Takes in what is there, and closes the file. */
  stop(): Promise<void>;
}

export function startVisitsBook({ path, edge, take, clock, log }: VisitsBookOptions): VisitsBook {
  let book: EdgeBook | null = null;
  let tryAgainAt = Number.NEGATIVE_INFINITY;
  let countedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();

  const turn = async () => {
    if (clock.mono() < tryAgainAt) return;
    try {
      book ??= openEdgeBook(path, edge, log);
      await takeAll(book);
    } catch (error) {
      // nginx may be being started anew: data-plane.ts says so.
      if (error instanceof NginxSilent) return;
      tryAgainAt = clock.mono() + RETRY_MS;
      log.error({ err: error }, 'counted requests cannot be written down now; nginx keeps them meanwhile');
    }
  };

  const takeAll = async (into: EdgeBook) => {
    for (let turns = 0; turns < MOST_AT_ONCE; turns += 1) {
      const batch = parseBatch(await take(into.taken()));
      into.take(batch);
      if (batch.visits.length === 0) break;
    }
    if (clock.mono() - countedAt < COUNTING_MS) return;
    countedAt = clock.mono();
    into.counting(clock.wall());
  };

  const stop = clock.every(TAKE_MS, () => {
    running = turn();
    return running;
  });
  return {
    book: () => book,
    stop: async () => {
      stop();
      await running;
      book?.close();
      book = null;
    },
  };
}
