/** Keeps a copy's application up and watches its readiness: the counterpart of src/agent/app/supervisor.ts, by the same table of transitions. */
import { REPORTED, type SupervisorEvent, type SupervisorState, TRANSITIONS } from '../../../src/agent/app/states.ts';
import type { ApplicationWish } from '../../../src/agent/goals.ts';
import type { ApplicationReport, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { createApplication } from './application.ts';

const TURN_MS = 250;
const MOST_CHECKS_KEPT = 20;
const MOST_CHECKS_OUTSTANDING = 2;
const CHECK_TIMEOUT_MS = 1_000;
const START_GRACE_MS = 30_000;

export interface SimSupervisor {
  pursue(wish: ApplicationWish): void;
  report(): ApplicationReport;
  /** Anything of it runs, or is about to. */
  runs(): boolean;
  stopped(): boolean;
  started(): boolean;
}

export function createSimSupervisor(world: World, agent: Process, site: SiteId, zone: ZoneId): SimSupervisor {
  const { engine, random } = world;
  const { clock } = agent;
  const seat = world.seats.of('application', zone, site);
  const disk = world.disk(site, zone);
  let wish: ApplicationWish | null = null;
  let state: SupervisorState = seat.process === null ? 'stopped' : 'starting';
  let enteredAt = clock.mono();
  let checks: number[] = [];
  let tookMs: number[] = [];
  let outstanding = 0;
  let generation = 0;
  let installing = false;
  let up = false;

  const happen = (event: SupervisorEvent) => {
    const next = TRANSITIONS[state][event];
    if (next === state) return;
    state = next;
    enteredAt = clock.mono();
    if (next === 'starting' || next === 'stopping') {
      checks = [];
      tookMs = [];
      generation += 1;
    }
  };

  const install = () => {
    if (disk.installed) return happen('installed');
    if (installing) return;
    installing = true;
    clock.after(random.between(50, 300), () => {
      installing = false;
      disk.installed = true;
      happen('installed');
    });
  };

  const keepUp = () => {
    if (seat.process === null) {
      if (up) happen('process-died');
      const process = world.seats.spawn(seat);
      if (process !== null) world.setApplication(site, zone, createApplication(world, process, site, zone));
    }
    up = seat.process !== null;
  };

  const check = () => {
    if (outstanding >= MOST_CHECKS_OUTSTANDING) return;
    outstanding += 1;
    const asked = generation;
    const startedAt = clock.mono();
    let over = false;
    const finish = (status: number) =>
      agent.deliver(() => {
        if (over) return;
        over = true;
        outstanding -= 1;
        if (asked !== generation) return;
        checks = [...checks.slice(1 - MOST_CHECKS_KEPT), status];
        tookMs = [...tookMs.slice(1 - MOST_CHECKS_KEPT), Math.round(clock.mono() - startedAt)];
        happen(status >= 200 && status < 400 ? 'answered-well' : 'answered-badly');
      });
    const application = world.application(site, zone);
    if (application === null) {
      engine.after(0.3, () => finish(0));
      return;
    }
    engine.after(CHECK_TIMEOUT_MS, () => finish(0));
    application.handle(null, ({ status }) => finish(status));
  };

  const run = () => {
    if (wish !== 'run') return happen('stop-wanted');
    keepUp();
    check();
    if (clock.mono() - enteredAt >= START_GRACE_MS) happen('grace-over');
  };

  const steps: Record<SupervisorState, () => void> = {
    stopped: () => {
      if (wish === 'run') happen('run-wanted');
      else if (wish === 'prepare' && !disk.installed) install();
    },
    installing: () => (wish === 'run' ? install() : happen('stop-wanted')),
    starting: run,
    ready: run,
    failing: run,
    stopping: () => {
      up = false;
      seat.process?.end();
      happen('ended');
    },
  };
  const turn = () => {
    if (wish === null) return;
    const before = state;
    steps[state]();
    if (state !== before) steps[state]();
  };
  clock.every(TURN_MS, turn);

  return {
    pursue(next) {
      const turned = wish !== next;
      wish = next;
      if (turned) turn();
    },
    report: () => ({ state: REPORTED[state], stateForMs: Math.round(clock.mono() - enteredAt), checks, tookMs }),
    runs: () => REPORTED[state] !== 'stopped',
    stopped: () => wish !== null && wish !== 'run' && state === 'stopped',
    started: () => up && (state === 'starting' || state === 'ready' || state === 'failing'),
  };
}
