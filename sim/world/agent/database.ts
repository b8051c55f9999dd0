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
import type { ActionReport, DatabaseReport, Epoch, ZoneId } from '../../../src/model/index.ts';
import { writesOf } from '../database/data-dir.ts';
import type { Server } from '../database/server.ts';
import { crash } from '../program.ts';
import { silentLog } from '../world.ts';
import { type ActionPlace, execute } from './actions.ts';
import { diskReport } from './disk.ts';
import { createInterruptions } from './interruptions.ts';
import { createSimMemory } from './memory.ts';
import { createOutside, openAdmin, type Place, zoneAt } from './outside.ts';
import { createSimWatcher } from './watcher.ts';

const LOOK_EVERY_MS = 80;
const REPEAT_PAUSE_MS = 300;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
const QUIET_ACTIONS: ReadonlySet<Action> = new Set(['admit', 'judge']);

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

export type SimDatabaseOptions = Place & {
  zones: ZoneId[];
  slot: number;
};

type Doing = Exclude<Action, 'wait'>;

export function createSimDatabase(options: SimDatabaseOptions): SimDatabase {
  const { world, process, site, zone } = options;
  const { clock } = process;
  const disk = world.disk(site, zone);
  disk.folder = true;
  const memory = createSimMemory(disk, clock, world.random);
  const journal = createJournal(clock, site, zone);
  const interruptions = createInterruptions(world, site, zone);
  const admin = openAdmin(options, interruptions.statement);
  const eye = openAdmin(options);

  let goal: DatabaseGoal | null = null;
  let fresh = false;
  let doing: { action: Doing; goal: DatabaseGoal; cancel: AbortController } | null = null;
  let step: Step = { action: 'wait', because: 'no goal yet', settled: false };
  let stepEpoch = 0;
  // Nothing that the plan depends on has changed since it was asked; of time it depends only while the server is not well.
  let planned = false;
  let build: BuildProgress | null = null;
  let said: string | null = null;
  let failure: string | null = null;
  let greeted: Server | null = null;
  let pauses = new Map<Action, { until: number; afterFailureMs: number }>();
  let turning = false;
  let state = { value: 'absent' as ReturnType<typeof stateOf>, since: clock.mono() };

  const watcher = createSimWatcher({
    ...options,
    busy: () => doing !== null,
    seen: () => {
      planned = false;
    },
    ended: () => wake(),
  });

  const observe = (): Observed => {
    const { value, since } = watcher.process();
    const sample = watcher.sample();
    return {
      zone,
      data: disk.dir !== null,
      process: value,
      processForMs: clock.mono() - since,
      sample,
      created: memory.created(),
      promotedEpoch: memory.promotion()?.epoch ?? null,
      waitsFor: sample?.waiting ? (memory.gate()?.standby ?? null) : null,
      admitted: memory.admitted,
      kept: memory.kept(),
      complete: memory.complete(),
      diverged: memory.diverged,
      outdated: memory.outdated,
      detour: memory.detour,
    };
  };

  const decide = (): Step => {
    const { value } = watcher.process();
    if (goal === null || (planned && value === 'answering' && stepEpoch === goal.epoch)) return step;
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
    during: interruptions.middle,
  };
  const outside = createOutside(options, place);

  const contextOf = (mine: DatabaseGoal, cancel: AbortController): Context => {
    const context: Omit<Context, 'options' | 'paths' | 'server'> & { options: object; paths: object } = {
      options: { ...options, secrets: { replicationPassword: '' }, clock },
      paths: { data: '' },
      clock,
      log: silentLog(),
      admin,
      memory,
      outside,
      signal: cancel.signal,
      current: () => !cancel.signal.aborted && goal !== null && fresh && servesStill(mine, goal),
      say: (sentence) => {
        said = sentence;
      },
      setBuild: (progress) => {
        build = progress;
      },
      heardIt: () => {},
      dataChanged: async () => {},
    };
    // Processes and files are played by actions.ts; what it hands on to the real actions is all here.
    return context as Context;
  };

  const run = async (action: Doing, mine: DatabaseGoal) => {
    const cancel = new AbortController();
    doing = { action, goal: mine, cancel };
    planned = false;
    const startedAt = clock.mono();
    try {
      interruptions.begin(action);
      await clock.sleep(0);
      const detail = await execute(place, action, contextOf(mine, cancel), goalFor(options, mine));
      interruptions.end(action);
      await clock.sleep(0);
      failure = null;
      pauses.set(action, { until: clock.mono() + REPEAT_PAUSE_MS, afterFailureMs: 0 });
      noteReign(action, mine);
      if (!QUIET_ACTIONS.has(action)) journal.write(action, mine.epoch, clock.mono() - startedAt, 'done', detail);
    } catch (error) {
      if (error instanceof Superseded || cancel.signal.aborted) return;
      noteFailure(action, mine, clock.mono() - startedAt, messageOf(error));
    } finally {
      doing = null;
      planned = false;
      said = null;
    }
  };

  const noteFailure = (action: Doing, mine: DatabaseGoal, tookMs: number, detail: string) => {
    const before = pauses.get(action)?.afterFailureMs ?? 0;
    const afterFailureMs = Math.min(before === 0 ? FIRST_RETRY_MS : before * 2, LONGEST_RETRY_MS);
    pauses.set(action, { until: clock.mono() + afterFailureMs, afterFailureMs });
    failure = `${action}: ${detail}`;
    journal.write(action, mine.epoch, tookMs, 'failed', detail);
    if (/would lose writes/.test(detail)) world.happened({ kind: 'stopped-short', site, zone, epoch: mine.epoch });
  };

  const noteReign = (action: Action, mine: DatabaseGoal) => {
    const record = memory.promotion();
    if (mine.role !== 'live' || action !== 'resume' || record?.epoch !== mine.promotion.epoch) return;
    if (disk.opened === record.epoch) return;
    disk.opened = record.epoch;
    const holds = disk.dir === null ? [] : writesOf(disk.dir.log);
    world.happened({ kind: 'promoted', site, zone, ...record, holds });
  };

  /** What is to be done now; null: nothing, or not yet. */
  const dueAction = (): Doing | null => {
    const { action } = decide();
    if (action === 'wait') {
      if (step.settled) failure = null;
      return null;
    }
    const pause = pauses.get(action);
    return pause !== undefined && clock.mono() < pause.until ? null : action;
  };
  const mustGreet = () => watcher.server() !== null && watcher.sample() !== null && greeted !== watcher.server();

  const turn = async () => {
    while (goal !== null) {
      if (mustGreet()) {
        const server = watcher.server();
        await endPredecessors(admin, eye);
        greeted = server;
      }
      const action = dueAction();
      if (action === null) return;
      await run(action, goal);
      watcher.look();
    }
  };
  function wake(): void {
    if (turning || goal === null || (!mustGreet() && dueAction() === null)) return;
    turning = true;
    world.engine.stir();
    turn()
      .catch((error: Error) => {
        if (isOfTheServer(error)) failure = error.message;
        else crash(world, error);
      })
      .finally(() => {
        turning = false;
      });
  }
  clock.every(LOOK_EVERY_MS, () => {
    watcher.look();
    if (world.bug('shrink-before-recording')) shrinkEarly(watcher.server());
    wake();
  });

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
      const report = toReport({
        seen,
        doing: doing?.action ?? null,
        stateForMs: clock.mono() - state.since,
        trouble: trouble(),
        gatePosition: memory.gate()?.position ?? null,
        follows: zoneAt(world, seen.sample?.follows?.host),
        heardAgoMs: watcher.heardAgoMs(),
        lag: watcher.lag(),
        transactions: watcher.transactions(),
        build: build === null ? null : { ...build, now: clock.mono() },
      });
      report.disk = diskReport(world, site, zone);
      return report;
    },
    state() {
      const seen = observe();
      const value = stateOf(seen, doing?.action ?? null, build !== null);
      return { state: value, writable: seen.process === 'answering' && seen.sample?.writable === true };
    },
    settledEpoch() {
      if (goal === null || doing?.action === 'stop' || stepEpoch !== goal.epoch) return null;
      return decide().settled ? goal.epoch : null;
    },
    promoted() {
      const record = memory.promotion();
      return record !== null && watcher.process().value === 'answering' && watcher.sample()?.follows === null
        ? record
        : null;
    },
    created: () => memory.created(),
    actions: () => journal.list(),
  };
}

/** The bug `rejoin-without-compare`: a returning copy is not told where the present reign began. */
function goalFor({ world }: Place, goal: DatabaseGoal): DatabaseGoal {
  if (!world.bug('rejoin-without-compare') || goal.role === 'none' || goal.role === 'live') return goal;
  return { ...goal, promotion: { ...goal.promotion, from: null } };
}

/** The bug `shrink-before-recording`: the server is told to wait no more as soon as nobody acknowledges. */
function shrinkEarly(server: Server | null): void {
  if (server === null || server.readOnly || !server.waiting || !server.running()) return;
  if (server.feeds.size === 0 || server.unacknowledgedForMs() > 1_000) server.setWaiting(false);
}

function messageOf(error: unknown): string {
  const detail = error instanceof Error ? error.message : String(error);
  if (/simulated server does not know|is not a function|Cannot read prop/.test(detail)) throw error;
  return detail;
}

/** Trouble that the server or its end has brought about; anything else is a mistake of the simulator. */
function isOfTheServer(error: Error): boolean {
  return /lost|ECONNREFUSED|took longer|cannot be ended/.test(error.message);
}
