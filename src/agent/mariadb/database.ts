/** One copy's database: watches the server, plans against the newest goal, and does one action at a time until the goal is true. */
import { mkdir } from 'node:fs/promises';
import { BackupRefused, dataBytes, refusalOf, streamBackup } from './backup.ts';
import { backupPosition } from './build.ts';
import { createChores } from './chores.ts';
import { type BuildProgress, type Context, type Outside, Superseded } from './context.ts';
import { endServer } from './end-server.ts';
import { execute, QUIET_ACTIONS } from './execute.ts';
import { destroySockets } from './fence.ts';
import { exists, ownedFolder, ownerOf } from './files.ts';
import type { Database, DatabaseGoal } from './goal.ts';
import { createJournal } from './journal.ts';
import { createHostLooks } from './look-pace.ts';
import { type Memory, openMemory } from './memory.ts';
import { type DatabaseOptions, pathsOf } from './options.ts';
import { type Action, type Observed, plan, type Step } from './plan.ts';
import { endPredecessors } from './predecessors.ts';
import { keepReceived } from './relay/keep.ts';
import { replay } from './relay/replay.ts';
import { stateOf, toReport } from './report.ts';
import { DEFAULT_SALVAGE } from './salvage/limits.ts';
import { createSalvage } from './salvage/salvage.ts';
import { createServer } from './server.ts';
import { createSession } from './session.ts';
import { ADMIN_USER, siteUser } from './users.ts';
import { createWatcher } from './watcher.ts';

export type { BackupStream, DatabaseOptions } from './options.ts';
export { siteUser } from './users.ts';

const BEAT_MS = 80;
/** The same action again after it succeeded: its effect must have had time to show. */
const REPEAT_PAUSE_MS = 300;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
const DETACH_MS = 3_000;

/** Starts watching at once; nothing is started or changed before the first confirmed goal. */
export function createDatabase(options: DatabaseOptions): Database {
  const { clock, looks = createHostLooks() } = options;
  const log = options.log.child({ site: options.site, part: 'mariadb' });
  const paths = pathsOf(options.folder);
  const login = { socketPath: paths.socket, user: ADMIN_USER, password: options.secrets.adminPassword };
  const admin = createSession(clock, login);
  const eye = createSession(clock, { ...login, several: true });
  const server = createServer(options);
  const journal = createJournal(clock, options.site, options.zone);

  let memory: Memory | null = null;
  let data = false;
  let goal: DatabaseGoal | null = null;
  let fresh = false;
  let doing: { action: Action; goal: DatabaseGoal; cancel: AbortController } | null = null;
  let step: Step = { action: 'wait', because: 'no goal yet', settled: false };
  let stepEpoch = 0;
  let build: BuildProgress | null = null;
  let said: string | null = null;
  let failure: string | null = null;
  let greeted: number | null = null;
  let pauses = new Map<Action, { until: number; afterFailureMs: number }>();
  let detached = false;
  let copying = false;
  let state = { value: 'absent' as ReturnType<typeof stateOf>, since: clock.mono() };
  const zonesByAddress = new Map<string, string>();

  const salvage = createSalvage({
    root: options.asideFolder,
    site: options.site,
    limits: options.salvage ?? DEFAULT_SALVAGE,
    clock,
    log,
    onExtracted: (epoch, tookMs, outcome, detail) => journal.write('salvage', epoch, tookMs, outcome, detail),
  });
  const watcher = createWatcher(clock, server, eye, siteUser(options.site), () => doing !== null);
  const chores = createChores({
    options,
    clock,
    log,
    session: createSession(clock, login),
    sample: () => (watcher.process().state === 'answering' && greeted !== null ? watcher.sample() : null),
    backupUnderWay: () => copying,
  });

  const observe = (): Observed => {
    const process_ = watcher.process();
    const newest = watcher.sample();
    return {
      zone: options.zone,
      data,
      process: process_.state,
      processForMs: process_.forMs,
      sample: newest,
      created: memory?.created() ?? false,
      promotedEpoch: memory?.promotion()?.epoch ?? null,
      waitsFor: newest?.waiting ? (memory?.gate()?.standby ?? null) : null,
      admitted: memory?.admitted,
      kept: memory?.kept() ?? false,
      complete: memory?.complete() ?? false,
      diverged: memory?.diverged ?? null,
      outdated: memory?.outdated ?? null,
      detour: memory?.detour ?? null,
    };
  };

  const decide = (): Step => {
    if (goal === null || memory === null) return step;
    step = plan(goal, observe(), fresh);
    stepEpoch = goal.epoch;
    return step;
  };

  const outside: Outside = {
    breakConnections: destroySockets,
    endServer,
    backupPosition,
    keepReceived: () => keepReceived(paths),
    replayReceived: replay,
    openSession: (target) => createSession(clock, target),
  };
  const contextOf = (mine: DatabaseGoal, cancel: AbortController): Context => ({
    options,
    paths,
    clock,
    log,
    server,
    admin,
    memory: memory!,
    outside,
    signal: cancel.signal,
    current: () => !detached && !cancel.signal.aborted && goal !== null && fresh && servesStill(mine, goal),
    say: (sentence) => {
      said = sentence;
    },
    setBuild: (progress) => {
      build = progress;
    },
    heardIt: watcher.heardIt,
    dataChanged: async () => {
      data = await exists(paths.data);
    },
  });

  const run = async (action: Exclude<Action, 'wait'>, mine: DatabaseGoal) => {
    const cancel = new AbortController();
    doing = { action, goal: mine, cancel };
    const startedAt = clock.mono();
    try {
      const detail = await execute(action, contextOf(mine, cancel), mine);
      failure = null;
      if (action === 'set-aside') void salvage.look();
      pauses.set(action, { until: clock.mono() + REPEAT_PAUSE_MS, afterFailureMs: 0 });
      if (!QUIET_ACTIONS.has(action)) journal.write(action, mine.epoch, clock.mono() - startedAt, 'done', detail);
      log.info(
        { action, epoch: mine.epoch, tookMs: Math.round(clock.mono() - startedAt), detail },
        'database action done',
      );
    } catch (error) {
      if (error instanceof Superseded || cancel.signal.aborted) return;
      const detail = error instanceof Error ? error.message : String(error);
      const before = pauses.get(action)?.afterFailureMs ?? 0;
      const afterFailureMs = Math.min(before === 0 ? FIRST_RETRY_MS : before * 2, LONGEST_RETRY_MS);
      pauses.set(action, { until: clock.mono() + afterFailureMs, afterFailureMs });
      failure = `${action}: ${detail}`;
      journal.write(action, mine.epoch, clock.mono() - startedAt, 'failed', detail);
      log.warn({ action, epoch: mine.epoch, detail }, 'database action failed');
    } finally {
      doing = null;
      said = null;
    }
  };

  const turn = async (): Promise<boolean> => {
    if (detached || goal === null || memory === null) return false;
    // Statements that a dead predecessor left running must not take effect after ours.
    const running = server.running();
    if (running !== null && watcher.sample() !== null && greeted !== running.pid) {
      await endPredecessors(admin, eye);
      greeted = running.pid;
    }
    const { action } = decide();
    if (action === 'wait') {
      if (step.settled) {
        failure = null;
        build = null;
      }
      return false;
    }
    const pause = pauses.get(action);
    if (pause !== undefined && clock.mono() < pause.until) return false;
    await run(action, goal);
    if (!detached) await watcher.look();
    return true;
  };

  let turning: Promise<void> | null = null;
  const wake = () => {
    turning ??= (async () => {
      while (await turn().catch((error: Error) => noteTurnFailure(error))) {
        // One action leads to the next until nothing is left to do.
      }
    })().finally(() => {
      turning = null;
    });
  };
  const noteTurnFailure = (error: Error) => {
    failure = error.message;
    log.warn({ detail: error.message }, 'database turn failed');
    return false;
  };

  const open = async () => {
    const owner = ownerOf(options.osUser);
    await mkdir(paths.run, { recursive: true, mode: 0o755 });
    // The server makes its socket in the copy's folder, and the application has to reach it there.
    await ownedFolder(options.folder, owner, 0o755);
    await ownedFolder(paths.run, owner);
    await server.adopt();
    data = await exists(paths.data);
    memory = await openMemory(paths);
  };
  let opening: Promise<void> | null = null;

  const looker = looks.join();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const isDue = () => clock.mono() - lookedAt > looker.everyMs(!step.settled || doing !== null) - BEAT_MS / 2;
  const beat = async () => {
    opening ??= open().catch((error: Error) => {
      opening = null;
      failure = `cannot read the copy's folder: ${error.message}`;
    });
    await opening;
    const due = isDue();
    if (due) {
      lookedAt = clock.mono();
      await watcher.look();
    }
    if (due || !isAtRest()) wake();
  };
  /** Nothing is to be done before a look, a goal or the end of the process says so. */
  const isAtRest = () =>
    step.settled && stepEpoch === goal?.epoch && doing === null && (server.running()?.pid ?? null) === greeted;
  const stopBeating = clock.every(BEAT_MS, beat);
  void beat();
  server.onExit(() => {
    if (!detached) wake();
  });

  const trouble = () => {
    if (failure !== null || said !== null) return said ?? failure;
    return step.settled || doing !== null || goal === null ? chores.trouble() : step.because;
  };

  /** All that was received is applied: only then is the source forgotten. */
  const isReady = () => observe().process === 'answering' && watcher.sample()?.follows === null;

  return {
    pursue(next, isFresh) {
      if (goal !== null && next.epoch < goal.epoch) throw new Error(`goal of epoch ${next.epoch} after ${goal.epoch}`);
      if (goal?.epoch !== next.epoch || fresh !== isFresh) pauses = new Map();
      if (next.role === 'standby' || next.role === 'spare') {
        zonesByAddress.set(`${next.source.host}:${next.source.port}`, next.source.zone);
      }
      goal = next;
      fresh = isFresh;
      if (doing !== null && !servesStill(doing.goal, next)) doing.cancel.abort();
      wake();
    },
    report() {
      const seen = observe();
      const value = stateOf(seen, doing?.action ?? null, build !== null && build.stage !== 'catching-up');
      if (value !== state.value) state = { value, since: clock.mono() };
      const follows = seen.sample?.follows;
      return toReport({
        seen,
        doing: doing?.action ?? null,
        stateForMs: clock.mono() - state.since,
        trouble: trouble(),
        gatePosition: memory?.gate()?.position ?? null,
        follows: follows ? (zonesByAddress.get(`${follows.host}:${follows.port}`) ?? null) : null,
        heardAgoMs: watcher.heardAgoMs(),
        lag: watcher.lag(),
        transactions: watcher.transactions(),
        build: build === null ? null : { ...build, now: clock.mono() },
      });
    },
    settledEpoch() {
      if (goal === null || doing?.action === 'stop' || stepEpoch !== goal.epoch) return null;
      return decide().settled ? goal.epoch : null;
    },
    promoted() {
      const record = memory?.promotion() ?? null;
      return record !== null && isReady() ? record : null;
    },
    created: () => memory?.created() ?? false,
    salvage: () => salvage.list(),
    lookAtSalvage: () => salvage.look(),
    actions: () => journal.list(),
    async backup(signal, reign) {
      const answering = watcher.process().state === 'answering';
      const diverged = (memory?.diverged ?? null) !== null;
      const refusal = refusalOf(goal, { answering, settled: answering && decide().settled, diverged }, reign);
      if (refusal !== null) throw new BackupRefused(refusal);
      if (copying) throw new BackupRefused('another copy is being made from here');
      copying = true;
      const done = () => {
        copying = false;
      };
      try {
        const backup = await streamBackup(options, signal);
        void backup.ended.then(done);
        return backup;
      } catch (error) {
        done();
        throw error;
      }
    },
    dataBytes: () => dataBytes(options),
    async detach() {
      detached = true;
      looker.leave();
      stopBeating();
      salvage.stop();
      chores.stop();
      doing?.cancel.abort();
      await Promise.race([turning ?? Promise.resolve(), clock.sleep(DETACH_MS)]);
      admin.close();
      eye.close();
    },
  };
}

/** Whether work begun for `old` is still right under `next`. */
export function servesStill(old: DatabaseGoal, next: DatabaseGoal): boolean {
  if (old.role === 'live') {
    return next.role === 'live' && next.promotion.epoch === old.promotion.epoch && next.standby === old.standby;
  }
  if (old.role === 'none') return next.role === 'none';
  return next.role === 'standby' || next.role === 'spare';
}
