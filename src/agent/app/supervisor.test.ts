import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PLACEHOLDERS, type Placeholder } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { createHostChecks, type HostChecks } from './check-pace.ts';
import { createFakeLauncher, type FakeLauncher } from './fake-launcher.ts';
import type { ApplicationPlan } from './plan.ts';
import { REPORTED, TRANSITIONS } from './states.ts';
import { createSupervisor } from './supervisor.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-supervisor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const values = Object.fromEntries(PLACEHOLDERS.map((name) => [name, name])) as Record<Placeholder, string>;

function plan(changes: Partial<ApplicationPlan> = {}): ApplicationPlan {
  return {
    appFolder: join(folder, 'app'),
    install: [],
    values,
    files: ['uploads'],
    processes: [{ name: 'web', command: ['web'], environment: {} }],
    setup: null,
    cron: null,
    search: null,
    ready: { host: '127.0.0.1', port: 1, path: '/', hostName: 'site.test', timeoutMs: 1000 },
    hash: 'one',
    ...changes,
  };
}

function start(launcher: FakeLauncher = createFakeLauncher(), checks?: HostChecks) {
  const clock = createManualClock();
  // A turn may wait for the file system: the clock stands still until it has ended.
  const turns: Promise<void>[] = [];
  const every: Clock['every'] = (ms, work) =>
    clock.every(ms, () => {
      const turn = Promise.resolve(work());
      turns.push(turn);
      return turn;
    });
  const app = { status: 200, takesMs: 0, asked: 0 };
  const supervisor = createSupervisor({
    clock: { ...clock, every },
    log: createLog('test', {}, 'silent'),
    launcher,
    user: null,
    runFolder: join(folder, 'agent'),
    logFolder: join(folder, 'log'),
    checks,
    ask: async () => {
      app.asked += 1;
      if (app.takesMs > 0) await clock.sleep(app.takesMs);
      return app.status;
    },
  });
  const advance = async (ms: number) => {
    for (let done = 0; done < ms; done += 250) {
      await clock.advance(250);
      await Promise.all(turns.splice(0));
      await clock.advance(0);
    }
  };
  return { clock, app, launcher, supervisor, advance, state: () => supervisor.report().state };
}

test('every transition leads to a state, and no state but stopped survives the wish to stop', () => {
  for (const [state, row] of Object.entries(TRANSITIONS)) {
    for (const next of Object.values(row)) expect(REPORTED).toHaveProperty(next);
    expect(['stopped', 'stopping']).toContain(row['stop-wanted']);
    if (state === 'stopping') expect(row['run-wanted'], 'what is being ended ends first').toBe('stopping');
  }
});

test('installs, starts, answers, fails, recovers', async () => {
  const { app, supervisor, advance, launcher, state } = start();
  await advance(500);
  expect(launcher.started, 'nothing before a goal').toEqual([]);
  supervisor.pursue(plan(), 'run');
  app.status = 0;
  await advance(1000);
  expect(state()).toBe('starting');
  expect(launcher.started).toHaveLength(1);
  expect(supervisor.started()).toBe(true);
  expect(supervisor.hasAnswered()).toBe(false);
  app.status = 302;
  await advance(500);
  expect(state()).toBe('ready');
  app.status = 500;
  await advance(500);
  expect(state()).toBe('failing');
  expect(supervisor.hasAnswered()).toBe(true);
  app.status = 200;
  await advance(500);
  expect(state()).toBe('ready');
  await advance(10_000);
  expect(supervisor.report().checks).toHaveLength(20);
  expect(launcher.started, 'answers alone restart nothing').toHaveLength(1);
});

test.each([
  [0, 40],
  [12, 31],
  [19, 20],
  [99, 10],
])('beside %i other applications of its host it is asked %i times in ten seconds', async (others, times) => {
  const checks = createHostChecks();
  for (let one = 0; one < others; one++) checks.join();
  const { app, supervisor, advance } = start(createFakeLauncher(), checks);
  supervisor.pursue(plan(), 'run');
  await advance(1_000);
  app.asked = 0;
  await advance(10_000);
  expect(app.asked).toBe(times);
  supervisor.pursue(plan(), 'nothing');
  await advance(1_000);
  expect(checks.join().everyMs(), 'one that is stopped counts no more').toBe(
    Math.min(1_000, Math.max(250, 25 * (others + 1))),
  );
});

test('how long each check took stands beside its answer, and a pause of the agent is not counted', async () => {
  const { app, supervisor, advance, clock } = start();
  supervisor.pursue(plan(), 'run');
  await advance(1_000);
  app.takesMs = 400;
  await advance(2_000);
  const { checks, tookMs } = supervisor.report();
  expect(tookMs).toHaveLength(checks.length);
  expect(tookMs.slice(0, 2)).toEqual([0, 0]);
  expect(tookMs.at(-1)).toBe(400);
  clock.stall(60_000);
  await advance(500);
  expect(Math.max(...supervisor.report().tookMs)).toBeLessThan(1_000);
});

test('never answering is failing after the grace', async () => {
  const { app, supervisor, advance, state } = start();
  app.status = 503;
  supervisor.pursue(plan(), 'run');
  await advance(20_000);
  expect(state()).toBe('starting');
  await advance(15_000);
  expect(state()).toBe('failing');
});

test('a dying process is started again, ever more slowly', async () => {
  const { supervisor, advance, launcher } = start();
  supervisor.pursue(plan(), 'run');
  await advance(1000);
  for (let second = 0; second < 60; second++) {
    for (const pid of launcher.alive()) launcher.end(pid, 1);
    await advance(1000);
  }
  expect(launcher.started.length).toBeGreaterThan(5);
  expect(launcher.started.length).toBeLessThan(15);
  await advance(60_000);
  expect(supervisor.report().state).toBe('ready');
});

test('a program that cannot be started is tried again', async () => {
  const { supervisor, advance, launcher, state } = start();
  launcher.broken = true;
  supervisor.pursue(plan(), 'run');
  await advance(2000);
  expect(supervisor.started()).toBe(false);
  launcher.broken = false;
  await advance(20_000);
  expect(state()).toBe('ready');
});

test('a new agent adopts what the former one started', async () => {
  const first = start();
  first.supervisor.pursue(plan(), 'run');
  await first.advance(1000);
  first.supervisor.detach();
  const pids = first.launcher.alive();
  const second = start(first.launcher);
  second.supervisor.pursue(plan(), 'run');
  await second.advance(2000);
  expect(second.state()).toBe('ready');
  expect(first.launcher.alive()).toEqual(pids);
  expect(first.launcher.started).toHaveLength(1);
});

test('a new agent ends what no longer may run here', async () => {
  const first = start();
  first.supervisor.pursue(plan(), 'run');
  await first.advance(1000);
  first.supervisor.detach();
  const second = start(first.launcher);
  expect(second.supervisor.stopped()).toBe(false);
  second.supervisor.pursue(plan(), 'nothing');
  await second.advance(1000);
  expect(second.supervisor.stopped()).toBe(true);
  expect(first.launcher.alive()).toEqual([]);
});

test('a process that ignores the request to end is killed', async () => {
  const { supervisor, advance, launcher } = start();
  supervisor.pursue(plan(), 'run');
  await advance(1000);
  launcher.stubborn = true;
  supervisor.pursue(plan(), 'nothing');
  await advance(4000);
  expect(supervisor.stopped()).toBe(false);
  await advance(2000);
  expect(supervisor.stopped()).toBe(true);
  expect(launcher.signals.map((one) => one.signal)).toContain('SIGKILL');
});

test('a changed description replaces the process, and one that was removed ends', async () => {
  const { supervisor, advance, launcher, state } = start();
  supervisor.pursue(
    plan({ processes: ['web', 'worker'].map((name) => ({ name, command: [name], environment: {} })) }),
    'run',
  );
  await advance(1000);
  expect(launcher.alive()).toHaveLength(2);
  const changed = plan({ hash: 'two', processes: [{ name: 'web', command: ['web', '--new'], environment: {} }] });
  supervisor.pursue(changed, 'run');
  await advance(2000);
  const alive = launcher.started.filter((one) => launcher.alive().includes(one.pid));
  expect(alive.map((one) => one.spec.command)).toEqual([['web', '--new']]);
  expect(state()).toBe('ready');
});

test('a spare copy is prepared without anything being started', async () => {
  const { supervisor, advance, launcher } = start();
  supervisor.pursue(plan(), 'prepare');
  await advance(500);
  expect(existsSync(join(folder, 'app', 'uploads'))).toBe(true);
  expect(supervisor.stopped()).toBe(true);
  expect(launcher.started).toEqual([]);
  supervisor.pursue(plan(), 'nothing');
  await advance(500);
  expect(supervisor.stopped()).toBe(true);
});
