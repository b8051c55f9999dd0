/**
 * A copy's object cache. It is never replicated, so what it holds is true only where the site is live: the standby's is emptied all
 * the time, and a newly live copy's is empty before its first visitor can read what is older than its database.
 *
 *   standby ──▶ (new reign) emptied ──▶ (all received is applied) emptied ──▶ promotion reported … LATE_MS ──▶ emptied, warming
 */
import { join } from 'node:path';
import type { ActionReport, AuxiliaryReport, Epoch, MonoMs, WallMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { readJson, writeWhole } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import type { Launcher } from '../app/processes.ts';
import { createSince } from '../since.ts';
import { type AskRedis, createAsk } from './ask.ts';
import { createCacheServer, reasonOf } from './server.ts';
import { coldFrom, parseInfo, USUAL_SHARE, type Warmth, warmthAfter } from './warmth.ts';

export interface CacheOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  user(): UserIds | null;
  /** The server's folder in the copy's. */
  folder: string;
  /** Pid file and what was emptied for which reign; not writable by anybody else. */
  runFolder: string;
  logFolder: string;
  mostMb: number;
  /** `SITE/ZONE`, for the actions' ids. */
  copyName: string;
  /** How the server is asked; replaced in tests. */
  ask?: AskRedis;
}

export interface CacheGoal {
  /** It is to run. Where the copy is live it is emptied in any case. */
  wanted: boolean;
  /** On the loopback address; null: the socket alone. */
  port: number | null;
  /** The reign under which this copy is live, null while it is not. */
  reign: Epoch | null;
  /** Nobody was live before: there is nothing stale. */
  first: boolean;
  /** Everything that this copy had received is applied: nothing older can be read from its database any more. */
  applied(): boolean;
}

export interface Cache {
  /** To be called again and again; returns at once. Null: the site has no cache. */
  pursue(goal: CacheGoal | null): void;
  /** Nothing can be read from it that was there before `reign`. At most about `EMPTY_LIMIT_MS` after `applied()`. */
  emptiedFor(reign: Epoch): boolean;
  report(): AuxiliaryReport;
  actions(): ActionReport[];
  /** Stops watching; leaves the server running. */
  detach(): void;
}

const TURN_MS = 250;
/** So often it is looked at, and the standby's emptied: its readers see nothing that is older than this beyond its own lag. */
const LOOK_MS = 1_000;
const LOOK_LIMIT_MS = 500;
/** So many looks in vain, and it is killed and started again. */
const MOST_MISSES = 3;
const APPLIED_LOOK_MS = 5;
const APPLIED_LOOK_LATER_MS = 50;
const APPLIED_SOON_MS = 2_000;
/** A request that read the standby's data before the move may still store it afterwards: so much later that is thrown away too. */
const LATE_MS = 2_000;
const MOST_ACTIONS = 10;

/** So many looks in vain in a row are told; one is what a server that has just been started does. */
const TOLD_MISSES = 2;

/** Kept on disk, so that a restart of the agent neither empties a cache again nor forgets how warm it was. */
interface Remembered {
  /** Emptied for this reign. */
  reign: Epoch | null;
  usualShare: number;
  /** The server's run that was warm. */
  warmRun: string | null;
  /** The reign whose emptying is to be followed by word that it is warm again, and when it was emptied. */
  warming: { reign: Epoch; fromWall: WallMs } | null;
}

export function createCache(options: CacheOptions): Cache {
  const { clock, log, copyName, runFolder } = options;
  const server = createCacheServer({ ...options, ask: options.ask ?? createAsk(clock) });
  const file = join(runFolder, 'emptied.json');
  let known = readRemembered(file);
  const ended = new AbortController();
  const since = createSince<AuxiliaryReport['state']>(clock);
  let goal: CacheGoal | null = null;
  let begun: Epoch | null = null;
  let warmth: Warmth = coldFrom(clock.mono(), known.usualShare);
  let actions: ActionReport[] = [];
  let misses = 0;
  let missed: string | null = null;
  let nextTurnAt: MonoMs = 0;
  let nextLookAt: MonoMs = 0;

  const act = (action: Omit<ActionReport, 'id'>) => {
    actions = [...actions, { ...action, id: `${copyName}/${action.epoch}/${action.verb}` }].slice(-MOST_ACTIONS);
    log.info(action, 'cache');
  };
  let writing: Promise<void> = Promise.resolve();
  const remember = (change: Partial<Remembered>) => {
    known = { ...known, ...change, usualShare: warmth.usualShare };
    const text = `${JSON.stringify(known)}\n`;
    writing = writing
      .then(() => writeWhole(file, text))
      .catch((error) => log.warn({ err: error }, 'what became of the cache could not be noted'));
  };
  const reignsStill = (reign: Epoch) => goal?.reign === reign && !ended.signal.aborted;

  /** Grows stale no more: what was there before is gone, and then what was read while the database was behind. */
  const beginReign = async (reign: Epoch) => {
    const earlier = server.empty();
    const applied = await untilApplied(reign);
    const first = await earlier;
    if (!reignsStill(reign)) return;
    const second = await server.empty();
    // A new one is to be there for the first visitor.
    if (first.killed || second.killed) nextTurnAt = clock.mono();
    warmth = coldFrom(clock.mono(), warmth.usualShare);
    remember({ reign, warmRun: null, warming: { reign, fromWall: clock.wall() } });
    const how = first.killed ? first.how : second.how;
    // What it cost the move: the time from then on.
    act({
      verb: 'empty-cache',
      epoch: reign,
      startedAt: applied.wall,
      tookMs: Math.round(clock.mono() - applied.mono),
      outcome: 'done',
      detail: how,
    });
    await clock.sleep(LATE_MS, ended.signal);
    if (reignsStill(reign)) await server.empty();
  };

  const untilApplied = async (reign: Epoch) => {
    const from = clock.mono();
    while (reignsStill(reign) && !goal!.applied()) {
      const pause = clock.mono() - from < APPLIED_SOON_MS ? APPLIED_LOOK_MS : APPLIED_LOOK_LATER_MS;
      await clock.sleep(pause, ended.signal);
    }
    return { wall: clock.wall(), mono: clock.mono() };
  };

  const look = async (live: boolean) => {
    try {
      if (!live) {
        await server.ask(['FLUSHALL', 'ASYNC'], LOOK_LIMIT_MS);
      } else {
        const sample = parseInfo(await server.ask(['INFO'], LOOK_LIMIT_MS), clock.mono());
        const wasWarm = warmth.samples.length === 0 && sample.run === known.warmRun;
        noteWarmth(warmthAfter(wasWarm ? { ...warmth, coldAt: null } : warmth, sample), sample.run);
      }
      misses = 0;
    } catch (error) {
      misses += 1;
      missed = reasonOf(error);
      if (misses < MOST_MISSES) return;
      log.warn({ missed }, 'the cache answers nothing: it is started anew');
      misses = 0;
      server.kill();
    }
  };

  const noteWarmth = (next: Warmth, run: string) => {
    const turnedWarm = next.coldAt === null && known.warmRun !== run;
    warmth = next;
    if (!turnedWarm) return;
    const { warming } = known;
    remember({ warmRun: run, warming: null });
    if (warming === null) return;
    const { reign, fromWall: startedAt } = warming;
    const tookMs = Math.max(0, clock.wall() - startedAt);
    act({ verb: 'cache-warm', epoch: reign, startedAt, tookMs, outcome: 'done', detail: next.because ?? '' });
  };

  const turn = async (now: CacheGoal | null) => {
    if (!now?.wanted) {
      server.stop();
      return;
    }
    await server.keep(now.port);
    if (!server.running() || clock.mono() < nextLookAt) return;
    nextLookAt = clock.mono() + LOOK_MS;
    await look(now.reign !== null);
  };

  let turning = false;
  const maybeTurn = (now: CacheGoal | null) => {
    if (turning || clock.mono() < nextTurnAt) return;
    turning = true;
    nextTurnAt = clock.mono() + TURN_MS;
    turn(now)
      .catch((error) => log.error({ err: error }, 'cache: a turn failed'))
      .finally(() => {
        turning = false;
      });
  };

  const stateNow = (): AuxiliaryReport['state'] => {
    if (!goal?.wanted) return 'stopped';
    if (!server.running() || misses >= TOLD_MISSES) return 'failing';
    return warmth.coldAt === null ? 'warm' : 'cold';
  };

  return {
    pursue(next) {
      if (ended.signal.aborted || (next === null && goal === null && !server.running())) return;
      goal = next;
      const reign = next?.reign ?? null;
      if (reign === null && warmth.coldAt === null) warmth = coldFrom(clock.mono(), warmth.usualShare);
      if (reign !== null && reign !== begun && reign !== known.reign) {
        if (next?.first) remember({ reign });
        else beginReign(reign).catch((error) => log.error({ err: error }, 'cache: emptying failed'));
      }
      begun = reign;
      maybeTurn(next);
    },
    emptiedFor: (reign) => known.reign === reign,
    report() {
      const state = stateNow();
      const trouble =
        state !== 'failing' ? null : (server.trouble() ?? (server.running() ? missed : 'it does not run'));
      return { state, stateForMs: since(state), trouble };
    },
    actions: () => actions,
    detach: () => ended.abort(),
  };
}

function readRemembered(file: string): Remembered {
  const found = readJson(file) as Partial<Remembered> | null;
  const { reign = null, usualShare = USUAL_SHARE, warmRun = null, warming = null } = found ?? {};
  return { reign, usualShare, warmRun, warming };
}
