/** A copy's application: worker processes that answer visitors out of the copy's database; and the supervisor that keeps it up. */

import { REPORTED, type SupervisorEvent, type SupervisorState, TRANSITIONS } from '../../../src/agent/app/states.ts';
import type { ApplicationWish } from '../../../src/agent/goals.ts';
import type { ApplicationReport, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { WriteId } from '../../trace.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';

/** `status` as a visitor gets it; `certain`: a failure that is known to have changed nothing. */
export interface Answer {
  status: number;
  certain: boolean;
}

export interface Application {
  process: Process;
  /** One request; `answer` is called once, or never. `write` null: it only reads. */
  handle(write: WriteId | null, answer: (answer: Answer) => void): void;
  /** Called when it ends: whoever is connected learns of it. */
  pending: Set<() => void>;
}

/** Requests handled at the same time; the next wait for their turn. */
const WORKERS = 48;

function createApplication(world: World, process: Process, site: SiteId, zone: ZoneId): Application {
  const { engine, random } = world;
  const waiting: (() => void)[] = [];
  const pending = new Set<() => void>();
  process.onEnd(() => {
    for (const gone of pending) gone();
    pending.clear();
  });
  let busy = 0;
  let booted = false;
  engine.after(random.between(80, 400), () => {
    booted = true;
    while (busy < WORKERS && waiting.length > 0) waiting.shift()!();
  });

  const work = (write: WriteId | null, answer: (answer: Answer) => void) => {
    busy += 1;
    const end = (status: number, certain: boolean) =>
      process.deliver(() => {
        busy -= 1;
        answer({ status, certain });
        waiting.shift()?.();
      });
    engine.after(random.between(2, 8), () => process.deliver(() => serve(write, end)));
  };

  const serve = (write: WriteId | null, end: (status: number, certain: boolean) => void) => {
    const { appErrors, appHang, hung } = world.health(site, zone);
    if (appHang > 0) {
      hung.push(() => process.deliver(() => serve(write, end)));
      return;
    }
    if (random.chance(appErrors)) return end(500, true);
    const server = world.server(site, zone);
    if (server === null || !server.ready) return end(500, true);
    if (write === null) return server.process.deliver(() => end(200, true));
    server.commit(write, false, (outcome) => {
      if (outcome === 'ok') end(200, true);
      else end(outcome === 'lost' ? 500 : 503, outcome !== 'lost');
    });
  };

  return {
    process,
    pending,
    handle(write, answer) {
      process.deliver(() => {
        if (booted && busy < WORKERS) work(write, answer);
        else waiting.push(() => work(write, answer));
      });
    },
  };
}

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

/** The counterpart of src/agent/app/supervisor.ts, by the same table of transitions. */
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
