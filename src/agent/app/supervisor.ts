/** Runs a copy's application: installs it, keeps its processes up, and watches its readiness page; or sees to it that nothing of it runs. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplicationReport, MonoMs } from '../../model/index.ts';
import { createListeningClock } from '../../observe/listening.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import type { ApplicationWish } from '../goals.ts';
import { type Checker, createHostChecks, type HostChecks } from './check-pace.ts';
import { install, isInstalled } from './install.ts';
import { boundLog } from './logs.ts';
import { type ApplicationPlan, hashOf } from './plan.ts';
import { createKeptProcess, type KeptProcess, type Launcher } from './processes.ts';
import { askReadiness, isWell, type ReadinessTarget } from './readiness.ts';
import { REPORTED, type SupervisorEvent, type SupervisorState, TRANSITIONS } from './states.ts';

export interface SupervisorOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  /** Null: as ourselves. */
  user: UserIds | null;
  /** The copy's `run/` folder: pid files, the install marker. */
  runFolder: string;
  logFolder: string;
  /** Shared by the applications of this host; left out: this one is alone. */
  checks?: HostChecks;
  /** How readiness is asked for; replaced in tests. */
  ask?: (clock: Clock, target: ReadinessTarget) => Promise<number>;
}

export interface Supervisor {
  /** Sets what is wanted; returns at once. Any wish but `run` ends whatever runs, also what an earlier agent started. */
  pursue(plan: ApplicationPlan, wish: ApplicationWish): void;
  report(): ApplicationReport;
  /** Nothing of this application runs, and nothing is about to. */
  stopped(): boolean;
  /** It is installed and every process of it runs. */
  started(): boolean;
  /** Has answered anything at all over HTTP since it was last started. */
  hasAnswered(): boolean;
  /** Stops watching; leaves the processes running. */
  detach(): void;
}

interface Goal {
  plan: ApplicationPlan;
  wish: ApplicationWish;
}

const TURN_MS = 250;
const MOST_CHECKS_KEPT = 20;
/** A hanging application must not have all its workers taken by our questions. */
const MOST_CHECKS_OUTSTANDING = 2;
const START_GRACE_MS = 30_000;
const INSTALL_RETRY_MS = 2_000;
const LOG_CHECK_MS = 60_000;
/** The description's own change is seen at once; that of a source's time stamp so much later. */
const SOURCES_LOOK_MS = 5_000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, log, launcher, runFolder, logFolder, user } = options;
  const ask = options.ask ?? askReadiness;
  mkdirSync(runFolder, { recursive: true, mode: 0o755 });
  mkdirSync(logFolder, { recursive: true, mode: 0o755 });
  const marker = join(runFolder, 'installed');
  const kept = new Map<string, KeptProcess>();
  for (const name of pidFileNames(runFolder)) keepProcess(name);

  let goal: Goal | null = null;
  let state: SupervisorState = [...kept.values()].some((one) => one.running()) ? 'starting' : 'stopped';
  let enteredAt: MonoMs = clock.mono();
  let checks: { status: number; tookMs: number }[] = [];
  // A pause of this agent is not the application's slowness.
  const listening = createListeningClock(clock, 2 * TURN_MS);
  const host = options.checks ?? createHostChecks();
  let checker: Checker | null = null;
  let checkAt: MonoMs = clock.mono();
  let outstanding = 0;
  let generation = 0;
  let retryInstallAt: MonoMs = 0;
  let logsLookedAt: MonoMs = clock.mono();
  let found = { plan: null as ApplicationPlan | null, at: 0 as MonoMs };
  let allUp = false;
  let detached = false;

  function keepProcess(name: string): KeptProcess {
    const one = kept.get(name) ?? createKeptProcess({ clock, log, launcher, name, runFolder });
    kept.set(name, one);
    return one;
  }

  const happen = (event: SupervisorEvent) => {
    const next = TRANSITIONS[state][event];
    if (next === state) return;
    log.info({ from: state, to: next, event }, 'application');
    state = next;
    enteredAt = clock.mono();
    if (next === 'starting' || next === 'stopping') {
      checks = [];
      generation += 1;
    }
  };

  const tryInstall = async (plan: ApplicationPlan) => {
    if (clock.mono() < retryInstallAt) return;
    try {
      await install(plan, marker, user);
      found = { plan, at: clock.mono() };
      happen('installed');
    } catch (error) {
      retryInstallAt = clock.mono() + INSTALL_RETRY_MS;
      log.error({ err: error }, 'cannot install the application');
    }
  };

  const keepAll = async (plan: ApplicationPlan) => {
    const wanted = new Set(plan.processes.map((one) => one.name));
    for (const [name, one] of kept) if (!wanted.has(name) && one.stop()) kept.delete(name);
    let up = true;
    for (const { name, command, environment } of plan.processes) {
      const spec = { command, environment, cwd: plan.appFolder, user, logFile: join(logFolder, `${name}.log`) };
      const outcome = await keepProcess(name).keep(spec, hashOf([command, environment, plan.hash]));
      if (outcome === 'died') happen('process-died');
      up &&= outcome === 'running';
    }
    allUp = up;
  };

  const check = (plan: ApplicationPlan) => {
    checker ??= host.join();
    // The turn that is nearest to when it is due.
    if (outstanding >= MOST_CHECKS_OUTSTANDING || clock.mono() + TURN_MS / 2 < checkAt) return;
    checkAt = Math.max(checkAt, clock.mono() - TURN_MS) + checker.everyMs();
    outstanding += 1;
    const asked = generation;
    const startedAt = listening.now();
    ask(clock, plan.ready).then((status) => {
      outstanding -= 1;
      if (asked !== generation || detached) return;
      const tookMs = Math.round(listening.now() - startedAt);
      checks = [...checks.slice(1 - MOST_CHECKS_KEPT), { status, tookMs }];
      happen(isWell(status) ? 'answered-well' : 'answered-badly');
    });
  };

  const run = async ({ plan, wish }: Goal) => {
    if (wish !== 'run') return happen('stop-wanted');
    if (found.plan !== plan || clock.mono() - found.at >= SOURCES_LOOK_MS) {
      if (!isInstalled(plan, marker)) return happen('changed');
      found = { plan, at: clock.mono() };
    }
    await keepAll(plan);
    check(plan);
    if (clock.mono() - enteredAt >= START_GRACE_MS) happen('grace-over');
    if (clock.mono() - logsLookedAt < LOG_CHECK_MS) return;
    logsLookedAt = clock.mono();
    for (const name of kept.keys()) await boundLog(join(logFolder, `${name}.log`));
  };

  const leave = () => {
    checker?.leave();
    checker = null;
  };

  const steps: Record<SupervisorState, (goal: Goal) => void | Promise<void>> = {
    stopped: ({ plan, wish }) => {
      if (wish === 'run') return happen('run-wanted');
      if (wish === 'prepare' && found.plan !== plan) return tryInstall(plan);
    },
    installing: ({ plan, wish }) => (wish === 'run' ? tryInstall(plan) : happen('stop-wanted')),
    starting: run,
    ready: run,
    failing: run,
    stopping: () => {
      leave();
      allUp = false;
      const ended = [...kept.values()].map((one) => one.stop());
      if (ended.every(Boolean)) happen('ended');
    },
  };

  const step = async () => {
    listening.now();
    if (goal === null || detached) return;
    const before = state;
    await steps[state](goal);
    // What follows at once need not wait for the next turn.
    if (state !== before && !detached) await steps[state](goal);
  };
  let turning: Promise<void> | null = null;
  const turn = () => {
    turning ??= step()
      .catch((error) => log.error({ err: error }, 'application supervisor: a turn failed'))
      .finally(() => {
        turning = null;
      });
    return turning;
  };

  const stopTurns = clock.every(TURN_MS, turn);
  return {
    pursue(plan, wish) {
      const turned = goal?.wish !== wish;
      goal = { plan, wish };
      if (turned) void turn();
    },
    report: () => ({
      state: REPORTED[state],
      stateForMs: Math.round(clock.mono() - enteredAt),
      checks: checks.map(({ status }) => status),
      tookMs: checks.map(({ tookMs }) => tookMs),
    }),
    stopped: () => goal !== null && goal.wish !== 'run' && state === 'stopped',
    started: () => allUp && (state === 'starting' || state === 'ready' || state === 'failing'),
    hasAnswered: () => checks.some(({ status }) => status > 0),
    detach() {
      detached = true;
      leave();
      stopTurns();
    },
  };
}

function pidFileNames(runFolder: string): string[] {
  return readdirSync(runFolder)
    .filter((file) => file.startsWith('app-') && file.endsWith('.pid'))
    .map((file) => file.slice('app-'.length, -'.pid'.length));
}
