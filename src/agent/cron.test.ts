import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { createFakeLauncher } from './app/fake-launcher.ts';
import type { ApplicationPlan } from './app/plan.ts';
import { createCron } from './cron.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-cron-'));
  for (const own of ['agent', 'log']) mkdirSync(join(folder, own));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const EVERY_MS = 60_000;
const plan = {
  appFolder: '/copy/app',
  cron: { command: ['cron'], environment: {}, everyMs: EVERY_MS },
} as unknown as ApplicationPlan;

function start(launcher = createFakeLauncher()) {
  const clock = createManualClock();
  const cron = createCron({
    clock,
    log: createLog('test', {}, 'silent'),
    launcher,
    user: null,
    runFolder: join(folder, 'agent'),
    logFolder: join(folder, 'log'),
  });
  const role = { isLive: true, mayStart: true };
  const advance = async (ms: number) => {
    for (let done = 0; done < ms; done += 1000) {
      cron.pursue(plan, role.isLive, role.mayStart);
      await clock.advance(1000);
      // Starting looks at the log file first: let that come back.
      for (let turn = 0; turn < 3; turn++) await stat(folder);
    }
  };
  return { clock, cron, launcher, role, advance };
}

test('runs every so often, never two at a time', async () => {
  const { launcher, advance } = start();
  await advance(EVERY_MS - 2000);
  expect(launcher.started).toHaveLength(0);
  await advance(5000);
  expect(launcher.alive()).toHaveLength(1);
  await advance(3 * EVERY_MS);
  expect(launcher.started, 'the first still runs').toHaveLength(1);
  launcher.end(launcher.alive()[0]!);
  await advance(2000);
  expect(launcher.started).toHaveLength(2);
});

test('is killed as soon as the role is lost, and does not start without it', async () => {
  const { launcher, role, advance } = start();
  await advance(EVERY_MS + 2000);
  role.isLive = false;
  await advance(1000);
  expect(launcher.alive()).toEqual([]);
  await advance(3 * EVERY_MS);
  expect(launcher.started).toHaveLength(1);
});

test('goes on, but does not start, while the epoch is not confirmed', async () => {
  const { launcher, role, advance } = start();
  await advance(EVERY_MS + 2000);
  role.mayStart = false;
  await advance(2000);
  expect(launcher.alive()).toHaveLength(1);
  launcher.end(launcher.alive()[0]!);
  await advance(3 * EVERY_MS);
  expect(launcher.started).toHaveLength(1);
});

test('is killed when it takes too long', async () => {
  const { launcher, advance } = start();
  await advance(EVERY_MS + 2000);
  const first = launcher.alive()[0]!;
  await advance(11 * EVERY_MS);
  expect(launcher.signals).toContainEqual({ pid: first, signal: 'SIGKILL' });
});

test('what an earlier agent left running is ended first', async () => {
  const launcher = createFakeLauncher();
  const { identity } = await launcher.startDetached({
    command: ['cron'],
    environment: {},
    cwd: '/',
    user: null,
    logFile: '',
  });
  writeFileSync(join(folder, 'agent', 'command-cron.pid'), JSON.stringify(identity));
  start(launcher);
  expect(launcher.alive()).toEqual([]);
});
