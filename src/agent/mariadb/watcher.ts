/** Keeps the newest look at the server: which process runs, whether it answers, and its sample. Blocks nobody. */
import type { MonoMs } from '../../model/index.ts';
import { type Clock, withDeadline } from '../../platform/clock.ts';
import { createAges } from './ages.ts';
import type { Observed } from './plan.ts';
import { createSampler, type Sample } from './sampler.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

export interface Watcher {
  process(): { state: Observed['process']; forMs: number };
  /** The newest sample of the process that runs now; null: it has not answered yet. */
  sample(): Sample | null;
  /** Milliseconds since the replication thread last received anything; null when nothing is known of it. */
  heardAgoMs(): number | null;
  /** How far what is applied is behind what was received; null: it follows nobody. */
  lag(): { ms: number; bytes: number } | null;
  /** The site's own transactions open now; null: the server does not answer. */
  transactions(): { open: number; oldestMs: number } | null;
  /** It has answered somebody else, however late looks come back: it begins anew to count as silent. */
  heardIt(): void;
  /** Looks now and returns when done, at most 300 ms later; never throws. */
  look(): Promise<void>;
}

const LOOK_MS = 300;
const MISSES_UNTIL_SILENT = 3;
/** A deadline that is told so much too late was this process's own fault: it stood still, and so it says nothing about the server. */
const OWN_LATE_MS = 100;

/** `busy`: while an action holds the server's locks, a late answer is no sign of illness. */
export function createWatcher(
  clock: Clock,
  server: Server,
  session: Session,
  user: string,
  busy: () => boolean,
): Watcher {
  let pid: number | null = null;
  let newest: Sample | null = null;
  let sampler = createSampler(clock, session, user);
  const age = createAges();
  let misses = 0;
  let heard: { text: string; at: MonoMs } | null = null;
  let state: { value: Observed['process']; since: MonoMs } = { value: 'none', since: clock.mono() };
  let looking: Promise<void> | null = null;

  const refresh = () => {
    const now = server.running()?.pid ?? null;
    if (now !== pid) {
      pid = now;
      newest = null;
      sampler = createSampler(clock, session, user);
      age.forget();
      misses = 0;
      heard = null;
      session.close();
    }
    const value =
      pid === null ? 'none' : newest === null ? 'starting' : misses >= MISSES_UNTIL_SILENT ? 'silent' : 'answering';
    if (value !== state.value) state = { value, since: clock.mono() };
    return state;
  };

  const lookOnce = async () => {
    refresh();
    if (pid === null) return;
    const asked = pid;
    const look = new AbortController();
    const startedAt = clock.mono();
    try {
      const sample = sampler.sample(look.signal);
      const seen = await withDeadline(clock, 'looking at the database', LOOK_MS, sample);
      if (asked !== pid) return;
      // Its counter starts anew with every connection: once heard is heard as long as the process lives.
      newest = { ...seen, everHeard: seen.everHeard || (newest?.everHeard ?? false) };
      misses = 0;
      age.see(newest);
      if (heard?.text !== seen.heard) heard = { text: seen.heard, at: seen.at };
    } catch {
      // Otherwise it would go on over a connection of its own, beside the next look.
      look.abort();
      session.close();
      const lateMs = clock.mono() - startedAt - LOOK_MS;
      if (!busy() && lateMs < OWN_LATE_MS) misses += 1;
    }
    refresh();
  };

  return {
    process() {
      const { value, since } = refresh();
      return { state: value, forMs: clock.mono() - since };
    },
    sample() {
      refresh();
      return newest;
    },
    heardAgoMs: () => (heard === null || newest === null || newest.follows === null ? null : clock.mono() - heard.at),
    lag: () => (newest === null || newest.follows === null ? null : age.lag(newest, clock.mono())),
    transactions: () => (newest === null ? null : age.transactions(newest, clock.mono())),
    heardIt() {
      misses = 0;
      refresh();
    },
    look() {
      looking ??= lookOnce().finally(() => {
        looking = null;
      });
      return looking;
    },
  };
}
