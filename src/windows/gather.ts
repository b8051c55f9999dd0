/** Fetches the minutes of every edge that the store knows, again and again, into this controller's own file. */
import type { EdgeId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { AskEdge } from './ask-edge.ts';
import { type LevelBook, openLevelBook } from './level-book.ts';

const TURN_MS = 5_000;
/** Little at a time, since it is written down between two turns of the controller's loop. */
const PAGE_ROWS = 500;
const MOST_PAGES = 100;
/** An edge that does not answer is asked more and more seldom. */
const MOST_PAUSE_MS = 60_000;
const CLEAR_MS = 10_000;

export interface GatherOptions {
  path: string;
  edges(): Iterable<{ edge: EdgeId; control: string }>;
  ask: Pick<AskEdge, 'minutes'>;
  clock: Clock;
  log: Log;
}

export interface Gather {
  /** Null: its file cannot be opened, so far. */
  book(): LevelBook | null;
  /** One turn over all edges; resolves when each has answered or failed. */
  turn(): Promise<void>;
  stop(): Promise<void>;
}

interface Fetching {
  underWay: Promise<void> | null;
  failures: number;
  notBefore: number;
}

export function startGather({ path, edges, ask, clock, log }: GatherOptions): Gather {
  const known = new Map<EdgeId, Fetching>();
  let book: LevelBook | null = null;
  let clearAt = 0;
  let stopped = false;

  const fetchAll = async (into: LevelBook, edge: EdgeId, control: string) => {
    for (let pages = 0; pages < MOST_PAGES && !stopped; pages += 1) {
      const page = await ask.minutes(control, into.cursor(edge), PAGE_ROWS);
      if (page.edge !== edge) throw new Error(`answers as ${page.edge}`);
      if (stopped) return;
      into.take(edge, page.rows, page.next);
      if (!page.more) return;
    }
  };

  const fetchOf = async (into: LevelBook, edge: EdgeId, control: string, fetching: Fetching) => {
    try {
      await fetchAll(into, edge, control);
      if (fetching.failures > 0) log.info({ edge }, 'its counted requests are fetched again');
      fetching.failures = 0;
    } catch (error) {
      const trouble = (error as Error).message;
      log[fetching.failures === 0 ? 'warn' : 'debug']({ edge, trouble }, 'its counted requests cannot be fetched now');
      fetching.failures += 1;
      fetching.notBefore = clock.mono() + Math.min(MOST_PAUSE_MS, TURN_MS * 2 ** Math.min(10, fetching.failures - 1));
    }
  };

  const clear = (into: LevelBook) => {
    if (clock.mono() < clearAt) return;
    clearAt = clock.mono() + CLEAR_MS;
    into.clear(Math.floor(clock.wall() / 60_000));
  };

  const openBook = (): LevelBook | null => {
    try {
      book ??= openLevelBook(path, log);
    } catch (error) {
      log.error({ err: error, path }, 'counted requests cannot be kept now; trying again');
    }
    return book;
  };

  const turn = async (): Promise<void> => {
    const into = openBook();
    if (into === null || stopped) return;
    const now = clock.mono();
    for (const { edge, control } of edges()) {
      const fetching = known.get(edge) ?? { underWay: null, failures: 0, notBefore: 0 };
      known.set(edge, fetching);
      if (fetching.underWay !== null || now < fetching.notBefore) continue;
      fetching.underWay = fetchOf(into, edge, control, fetching).finally(() => {
        fetching.underWay = null;
      });
    }
    await idle();
    if (!stopped) clear(into);
  };

  const idle = async () => void (await Promise.all([...known.values()].map(({ underWay }) => underWay)));

  const attempt = () =>
    turn().catch((error) => log.error({ err: error }, 'a turn of fetching counted requests failed; trying again'));
  void attempt();
  // An edge that is slow to answer keeps nobody else waiting: turns may overlap, each edge's fetching does not.
  const stop = clock.every(TURN_MS, () => void attempt());
  return {
    book: () => book,
    turn,
    async stop() {
      stopped = true;
      stop();
      await idle();
      book?.close();
      book = null;
    },
  };
}
