import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../platform/log.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { createFakeLauncher } from '../app/fake-launcher.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import { lastLine } from './last-line.ts';
import { createSearch, type SearchGoal } from './search.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-search-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LIMIT_MS = 60_000;
const plan = {
  appFolder: '/copy/app',
  values: { 'database.password': 'secret', 'site.secret': '' },
  search: { command: ['index'], environment: {}, url: 'http://127.0.0.1:8983/', timeoutMs: LIMIT_MS },
} as unknown as ApplicationPlan;
const base: SearchGoal = { wanted: true, reign: 9, first: false, mayStart: true };

function start(launcher = createFakeLauncher()) {
  const clock = createManualClock();
  const service = { trouble: null as string | null };
  const search = createSearch({
    clock,
    log: createLog('test', {}, 'silent'),
    launcher,
    user: null,
    runFolder: folder,
    logFolder: folder,
    copyName: 'shop/b',
    ask: async () => service.trouble,
  });
  let goal = base;
  const turns = async () => {
    for (let turn = 0; turn < 12; turn++) await stat(folder);
  };
  const advance = async (ms: number) => {
    for (let done = 0; done < ms; done += 500) {
      search.pursue(plan, goal);
      await turns();
      await clock.advance(500);
      await turns();
    }
  };
  const pursue = (change: Partial<SearchGoal>) => {
    goal = { ...goal, ...change };
  };
  const verbs = () => search.actions().map(({ verb, outcome }) => `${verb} ${outcome}`);
  return { clock, search, launcher, service, advance, pursue, verbs };
}

test('once in each reign that follows a move, and warm when it ended well', async () => {
  const { search, launcher, advance, verbs, pursue } = start();
  await advance(2_000);
  expect(launcher.alive()).toHaveLength(1);
  expect(search.report()).toMatchObject({ state: 'cold', trouble: null });
  launcher.end(launcher.alive()[0]!);
  await advance(60_000);
  expect(search.report()).toMatchObject({ state: 'warm' });
  expect(verbs()).toEqual(['rebuild-index done', 'index-warm done']);
  expect(launcher.started).toHaveLength(1);
  pursue({ reign: 12 });
  await advance(2_000);
  expect(launcher.started).toHaveLength(2);
});

test('not before visitors are let in, not in a first reign, not on a standby', async () => {
  for (const change of [{ mayStart: false }, { first: true }, { reign: null }] satisfies Partial<SearchGoal>[]) {
    rmSync(join(folder, 'search.json'), { force: true });
    const { launcher, advance, pursue } = start();
    pursue(change);
    await advance(5_000);
    expect(launcher.started, JSON.stringify(change)).toEqual([]);
  }
});

test('a failing command is tried four times, ever later, and its last words are told', async () => {
  const { search, launcher, advance, verbs } = start();
  for (let second = 0; second < 600; second++) {
    await advance(1_000);
    if (launcher.alive().length === 0) continue;
    writeFileSync(join(folder, 'search.log'), 'reading\nno such core: secret\n\n', { flag: 'a' });
    launcher.end(launcher.alive()[0]!, 3);
  }
  expect(launcher.started).toHaveLength(4);
  expect(verbs()).toEqual(Array(4).fill('rebuild-index failed'));
  expect(search.report()).toMatchObject({
    state: 'failing',
    trouble: 'rebuild: exit status 3: no such core: …; not tried again after 4 attempts',
  });
  expect(new Set(search.actions().map(({ id }) => id)).size).toBe(4);
});

test('a hanging command is killed at its limit', async () => {
  const { search, launcher, advance } = start();
  await advance(2_000);
  const hung = launcher.alive()[0];
  await advance(LIMIT_MS + 1_000);
  expect(launcher.signals).toContainEqual({ pid: hung, signal: 'SIGKILL' });
  expect(search.report()!.trouble).toContain(`killed after its ${LIMIT_MS} ms`);
});

test('a reign that ends ends the rebuild', async () => {
  const { search, launcher, advance, pursue, verbs } = start();
  await advance(2_000);
  pursue({ reign: null });
  await advance(1_000);
  expect(launcher.alive()).toEqual([]);
  expect(verbs()).toEqual([]);
  expect(search.report()).toMatchObject({ state: 'cold' });
});

test('without an answer from its address it is stopped, and rebuilt when it comes, or after a minute', async () => {
  const { search, launcher, advance, service } = start();
  service.trouble = 'refused';
  await advance(20_000);
  expect(search.report()).toMatchObject({ state: 'stopped', trouble: 'http://127.0.0.1:8983/: refused' });
  expect(launcher.started).toEqual([]);
  service.trouble = null;
  await advance(6_000);
  expect(launcher.started).toHaveLength(1);
});

test('an agent that was restarted goes on where it was', async () => {
  const before = start();
  await before.advance(2_000);
  before.launcher.end(before.launcher.alive()[0]!);
  await before.advance(2_000);
  await expect.poll(() => readFile(join(folder, 'search.json'), 'utf8')).toContain('"done":true');
  const after = start(before.launcher);
  await after.advance(10_000);
  expect(after.launcher.started).toHaveLength(1);
  expect(after.search.report()).toMatchObject({ state: 'warm' });
});

test('the last words are those after a place, short, and without what is secret', async () => {
  const file = join(folder, 'words');
  writeFileSync(file, `old\nnew pass\u0007word ${'x'.repeat(300)}\n`);
  expect(await lastLine(file, 4, ['password'])).toBe(`new … ${'x'.repeat(194)}…`);
  writeFileSync(file, 'old\n');
  expect(await lastLine(file, 4, [])).toBe('');
});
