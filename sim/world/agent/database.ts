/**
 * One copy's database as its agent keeps it: looks at the server twelve times a second, asks the real plan, does one action at a
 * time. The counterpart of src/agent/mariadb/database.ts, whose timing and retries it shares.
 */
import { type BuildProgress, type Context, Superseded } from '../../../src/agent/mariadb/context.ts';
import { servesStill } from '../../../src/agent/mariadb/database.ts';
import type { DatabaseGoal } from '../../../src/agent/mariadb/goal.ts';
import { createJournal } from '../../../src/agent/mariadb/journal.ts';
import { type Action, type Observed, plan, type Step } from '../../../src/agent/mariadb/plan.ts';
import { endPredecessors } from '../../../src/agent/mariadb/predecessors.ts';
import { stateOf, toReport } from '../../../src/agent/mariadb/report.ts';
import type { Sample } from '../../../src/agent/mariadb/sampler.ts';
import { ADMIN_USER } from '../../../src/agent/mariadb/users.ts';
import type { ActionReport, DatabaseReport, Epoch, SiteId, ZoneId } from '../../../src/model/index.ts';
import { look } from '../database/look.ts';
import { breakConnections } from '../database/replication.ts';
import type { Server } from '../database/server.ts';
import { createSimSession, hostOf } from '../database/session.ts';
import type { Process } from '../process.ts';
import { crash } from '../program.ts';
import { silentLog, type World } from '../world.ts';
import { type ActionPlace, execute } from './actions.ts';
import { diskReport } from './disk.ts';
import { createSimMemory } from './memory.ts';

const LOOK_EVERY_MS = 80;
const REPEAT_PAUSE_MS = 300;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
/** Three looks without an answer, 300 ms each, begun 20 ms apart. */
const SILENT_AFTER_MS = 960;
const QUIET_ACTIONS: ReadonlySet<Action> = new Set(['admit', 'judge']);
/** Statements that an action says, about: an interruption `during` it comes before one of them. */
const STATEMENTS: Partial<Record<Action, number>> = { promote: 9, resume: 2, admit: 7, gate: 5, follow: 8, judge: 2 };

export interface SimDatabase {
  pursue(goal: DatabaseGoal, fresh: boolean): void;
  report(): DatabaseReport;
  /** Of the report only what the copy needs for itself. */
  state(): { state: DatabaseReport['state']; writable: boolean };
  settledEpoch(): Epoch | null;
  promoted(): { epoch: Epoch; position: string } | null;
  created(): boolean;
  actions(): ActionReport[];
}

export interface SimDatabaseOptions {
  world: World;
  process: Process;
  site: SiteId;
  zone: ZoneId;
  zones: ZoneId[];
  slot: number;
}

export function createSimDatabase(options: SimDatabaseOptions): SimDatabase {
  const { world, process, site, zone } = options;
  const { clock } = process;
  const { engine, random } = world;
  const disk = world.disk(site, zone);
  disk.folder = true;
  const memory = createSimMemory(disk, clock, random);
  const journal = createJournal(clock, site, zone);
  const serverNow = () => world.server(site, zone);

  let goal: DatabaseGoal | null = null;
  let fresh = false;
  let doing: { action: Action; goal: DatabaseGoal; cancel: AbortController } | null = null;
  let step: Step = { action: 'wait', because: 'no goal yet', settled: false };
  let stepEpoch = 0;
  let build: BuildProgress | null = null;
  let said: string | null = null;
  let failure: string | null = null;
  let greeted: Server | null = null;
  let pauses = new Map<Action, { until: number; afterFailureMs: number }>();
  let turning = false;

  // What was seen of the server: the counterpart of watcher.ts.
  let watched: Server | null = null;
  let newest: Sample | null = null;
  let missingSince: number | null = null;
  let heard: { text: string; at: number } | null = null;
  let seenProcess: { value: Observed['process']; since: number } = { value: 'none', since: clock.mono() };
  let state = { value: 'absent' as ReturnType<typeof stateOf>, since: clock.mono() };

  // What an interruption `during` the action under way still waits for.
  let statementsUntilFault = Number.POSITIVE_INFINITY;
  const tripMs = () => random.between(0.05, 0.25);
  const admin = createSimSession({
    asker: process,
    user: ADMIN_USER,
    server: serverNow,
    tripMs,
    nextId: world.nextId,
    onStatement: () => {
      statementsUntilFault -= 1;
      if (statementsUntilFault === 0 && doing !== null) take(doing.action, 'during');
    },
  });
  const eye = createSimSession({ asker: process, user: ADMIN_USER, server: serverNow, tripMs, nextId: world.nextId });

  const take = (action: Action, phase: 'before' | 'during' | 'after') => {
    if (action !== 'wait') world.step({ step: action, phase, zone, site });
  };

  const refresh = () => {
    const server = serverNow();
    if (server !== watched) {
      watched = server;
      newest = null;
      missingSince = null;
      heard = null;
      if (server !== null) server.process.onEnd(() => process.deliver(wake));
    }
    const now = clock.mono();
    const silent = missingSince !== null && now - missingSince >= SILENT_AFTER_MS;
    const value = server === null ? 'none' : newest === null ? 'starting' : silent ? 'silent' : 'answering';
    if (value !== seenProcess.value) {
      seenProcess = { value, since: now };
      planned = false;
    }
    return seenProcess;
  };

  const lookNow = () => {
    refresh();
    if (watched === null) return;
    const now = clock.mono();
    if (watched.running()) {
      const seen = look(watched, now);
      planned = false;
      newest = seen.everHeard || newest === null || !newest.everHeard ? seen : { ...seen, everHeard: true };
      missingSince = null;
      if (heard?.text !== seen.heard) heard = { text: seen.heard, at: now };
    } else if (doing !== null) missingSince = null;
    else missingSince ??= now;
    refresh();
  };

  const observe = (): Observed => {
    const { value, since } = refresh();
    return {
      zone,
      data: disk.dir !== null,
      process: value,
      processForMs: clock.mono() - since,
      mode: watched?.mode ?? null,
      sample: newest,
      created: memory.created(),
      promotedEpoch: memory.promotion()?.epoch ?? null,
      waitsFor: newest?.waiting ? (memory.gate()?.standby ?? null) : null,
      admitted: memory.admitted,
      diverged: memory.diverged,
    };
  };

  // Nothing that the plan depends on has changed since it was asked; of time it depends only while the server is not well.
  let planned = false;
  const decide = (): Step => {
    if (goal === null || (planned && seenProcess.value === 'answering' && stepEpoch === goal.epoch)) return step;
    step = plan(goal, observe(), fresh);
    planned = doing === null;
    stepEpoch = goal.epoch;
    return step;
  };

  const place: ActionPlace = {
    world,
    site,
    zone,
    disk,
    copyNumber: options.slot * 100 + options.zones.indexOf(zone) + 1,
    during: () => {
      if (doing !== null && STATEMENTS[doing.action] === undefined) take(doing.action, 'during');
    },
  };

  const contextOf = (mine: DatabaseGoal, cancel: AbortController): Context => {
    const context: Omit<Context, 'options' | 'paths' | 'server'> & { options: object; paths: object } = {
      options: { ...options, secrets: { replicationPassword: '' }, clock },
      paths: { data: '' },
      clock,
      log: silentLog(),
      admin,
      memory,
      outside: {
        breakConnections: async ({ host }) => {
          await clock.sleep(random.between(4, 15));
          const peer = world.zones.find((one) => hostOf(one) === host);
          const server = serverNow();
          if (server !== null && peer !== undefined) breakConnections(server, peer);
        },
        backupPosition: async () => disk.dir?.backupPosition ?? '',
        openSession: ({ host, user }) => {
          const there = world.zones.find((one) => hostOf(one) === host)!;
          return createSimSession({
            asker: process,
            user,
            server: () => world.server(site, there),
            tripMs: () => 2 * world.net.tripMs(zone, there),
            nextId: world.nextId,
          });
        },
      },
      signal: cancel.signal,
      current: () => !cancel.signal.aborted && goal !== null && fresh && servesStill(mine, goal),
      say: (sentence) => {
        said = sentence;
      },
      setBuild: (progress) => {
        build = progress;
      },
      dataChanged: async () => {},
    };
    // Processes and files are played by actions.ts; what it hands on to the real actions is all here.
    return context as Context;
  };

  const run = async (action: Exclude<Action, 'wait'>, mine: DatabaseGoal) => {
    const cancel = new AbortController();
    doing = { action, goal: mine, cancel };
    planned = false;
    const startedAt = clock.mono();
    statementsUntilFault = 1 + random.below(STATEMENTS[action] ?? 1);
    try {
      take(action, 'before');
      await clock.sleep(0);
      const detail = await execute(place, action, contextOf(mine, cancel), withBug(world, mine));
      take(action, 'after');
      await clock.sleep(0);
      failure = null;
      pauses.set(action, { until: clock.mono() + REPEAT_PAUSE_MS, afterFailureMs: 0 });
      noteDone(action, mine);
      if (!QUIET_ACTIONS.has(action)) journal.write(action, mine.epoch, clock.mono() - startedAt, 'done', detail);
    } catch (error) {
      if (error instanceof Superseded || cancel.signal.aborted) return;
      const detail = error instanceof Error ? error.message : String(error);
      if (/simulated server does not know|is not a function|Cannot read prop/.test(detail)) throw error;
      const before = pauses.get(action)?.afterFailureMs ?? 0;
      const afterFailureMs = Math.min(before === 0 ? FIRST_RETRY_MS : before * 2, LONGEST_RETRY_MS);
      pauses.set(action, { until: clock.mono() + afterFailureMs, afterFailureMs });
      failure = `${action}: ${detail}`;
      journal.write(action, mine.epoch, clock.mono() - startedAt, 'failed', detail);
    } finally {
      doing = null;
      planned = false;
      said = null;
    }
  };

  const noteDone = (action: Action, mine: DatabaseGoal) => {
    const record = memory.promotion();
    const began = action === 'promote' || (action === 'resume' && record?.epoch === mine.epoch);
    if (began && record !== null) world.happened({ kind: 'promoted', site, zone, ...record });
  };

  /** What is to be done now; null: nothing, or not yet. */
  const dueAction = (): Exclude<Action, 'wait'> | null => {
    const { action } = decide();
    if (action === 'wait') {
      if (step.settled) failure = null;
      return null;
    }
    const pause = pauses.get(action);
    return pause !== undefined && clock.mono() < pause.until ? null : action;
  };
  const mustGreet = () => watched !== null && newest !== null && greeted !== watched;

  const turn = async () => {
    for (;;) {
      if (goal === null) return;
      if (mustGreet()) {
        const server = watched;
        await endPredecessors(clock, admin, eye);
        greeted = server;
      }
      const action = dueAction();
      if (action === null) return;
      await run(action, goal);
      lookNow();
    }
  };
  function wake(): void {
    if (turning || goal === null || (!mustGreet() && dueAction() === null)) return;
    turning = true;
    engine.stir();
    turn()
      .catch((error: Error) => {
        if (/lost|ECONNREFUSED|took longer|cannot be ended/.test(error.message)) failure = error.message;
        else crash(world, error);
      })
      .finally(() => {
        turning = false;
      });
  }
  clock.every(LOOK_EVERY_MS, () => {
    lookNow();
    shrinkEarly();
    wake();
  });

  /** The bug `shrink-before-recording`: the server is told to wait no more as soon as nobody acknowledges. */
  const shrinkEarly = () => {
    if (!world.bug('shrink-before-recording') || watched === null || newest === null || !newest.writable) return;
    if (newest.waiting && (newest.acknowledgers.length === 0 || watched.unacknowledgedForMs() > 1_000))
      watched.setWaiting(false);
  };

  const trouble = () => {
    if (failure !== null || said !== null) return said ?? failure;
    return step.settled || doing !== null || goal === null ? null : step.because;
  };

  return {
    pursue(next, isFresh) {
      if (goal !== null && next.epoch < goal.epoch) throw new Error(`goal of epoch ${next.epoch} after ${goal.epoch}`);
      if (goal?.epoch !== next.epoch || fresh !== isFresh) pauses = new Map();
      if (goal !== next || fresh !== isFresh) planned = false;
      goal = next;
      fresh = isFresh;
      if (doing !== null && !servesStill(doing.goal, next)) doing.cancel.abort();
      wake();
    },
    report() {
      const seen = observe();
      const value = stateOf(seen, doing?.action ?? null, build !== null);
      if (value !== state.value) state = { value, since: clock.mono() };
      const follows = seen.sample?.follows;
      const report = toReport({
        seen,
        doing: doing?.action ?? null,
        stateForMs: clock.mono() - state.since,
        trouble: trouble(),
        gatePosition: memory.gate()?.position ?? null,
        follows: follows ? (world.zones.find((one) => hostOf(one) === follows.host) ?? null) : null,
        heardAgoMs: heard === null || newest === null || newest.follows === null ? null : clock.mono() - heard.at,
        build: build === null ? null : { ...build, now: clock.mono() },
      });
      report.disk = diskReport(world, site, zone);
      return report;
    },
    state() {
      const seen = observe();
      return {
        state: stateOf(seen, doing?.action ?? null, build !== null),
        writable: seen.process === 'answering' && newest !== null && newest.writable,
      };
    },
    settledEpoch() {
      if (goal === null || doing?.action === 'stop' || stepEpoch !== goal.epoch) return null;
      return decide().settled ? goal.epoch : null;
    },
    promoted() {
      const record = memory.promotion();
      return record !== null && refresh().value === 'answering' && newest?.writable ? record : null;
    },
    created: () => memory.created(),
    actions: () => journal.list(),
  };
}

/** The bug `rejoin-without-compare`: a returning copy is not told where the present reign began. */
function withBug(world: World, goal: DatabaseGoal): DatabaseGoal {
  if (!world.bug('rejoin-without-compare') || goal.role === 'none' || goal.role === 'live') return goal;
  return { ...goal, promotion: { ...goal.promotion, from: null } };
}
