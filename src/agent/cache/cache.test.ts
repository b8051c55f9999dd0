import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../platform/log.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { createFakeLauncher } from '../app/fake-launcher.ts';
import { type CacheGoal, createCache } from './cache.ts';
import { EMPTY_LIMIT_MS } from './server.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-cache-'));
  mkdirSync(join(folder, 'log'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base: CacheGoal = { wanted: true, port: null, reign: null, first: false, applied: () => false };

/** A server that holds things until it is emptied, or hangs. */
function start(launcher = createFakeLauncher()) {
  const clock = createManualClock();
  const redis = { hangs: false, hits: 0, misses: 0, run: 'one', holds: [] as string[], emptied: 0 };
  const cache = createCache({
    clock,
    log: createLog('test', {}, 'silent'),
    launcher,
    user: () => null,
    folder: join(folder, 'cache'),
    runFolder: join(folder, 'agent'),
    logFolder: join(folder, 'log'),
    mostMb: 8,
    copyName: 'shop/b',
    ask: async (_socket, [word], limitMs) => {
      if (launcher.alive().length === 0) throw new Error('refused');
      if (redis.hangs) {
        await clock.sleep(limitMs);
        throw new Error(`no answer within ${limitMs} ms`);
      }
      if (word === 'FLUSHALL') {
        redis.holds = [];
        redis.emptied += 1;
        return 'OK';
      }
      return `run_id:${redis.run}\r\nkeyspace_hits:${redis.hits}\r\nkeyspace_misses:${redis.misses}\r\n`;
    },
  });
  let goal = base;
  const turns = async () => {
    for (let turn = 0; turn < 5; turn++) await stat(folder);
  };
  /** Plays on in steps as `pursue` is called by its owner. */
  const advance = async (ms: number, stepMs = 100) => {
    for (let done = 0; done < ms; done += stepMs) {
      cache.pursue(goal);
      await turns();
      await clock.advance(stepMs);
      await turns();
    }
  };
  const pursue = (change: Partial<CacheGoal>) => {
    goal = { ...goal, ...change };
    cache.pursue(goal);
  };
  return { clock, cache, launcher, redis, advance, pursue, turns };
}

test('a standby’s cache runs and is emptied once a second', async () => {
  const { cache, redis, launcher, advance } = start();
  await advance(1_000);
  expect(launcher.alive()).toHaveLength(1);
  redis.holds.push('read from the standby');
  await advance(1_500);
  expect(redis.holds).toEqual([]);
  expect(cache.report()).toMatchObject({ state: 'cold', trouble: null });
});

test('a new reign is told only after what was read before its data was complete is gone', async () => {
  const { cache, redis, advance, pursue } = start();
  await advance(1_000);
  let applied = false;
  redis.holds.push('an earlier stay');
  pursue({ reign: 9, applied: () => applied });
  await advance(20, 10);
  expect(redis.holds, 'at once, for readers are let in at once').toEqual([]);
  redis.holds.push('read while the applier was behind');
  await advance(500, 10);
  expect(cache.emptiedFor(9)).toBe(false);
  expect(redis.holds).toHaveLength(1);
  applied = true;
  await advance(20, 10);
  expect(cache.emptiedFor(9)).toBe(true);
  expect(redis.holds).toEqual([]);
  expect(cache.actions()).toMatchObject([{ id: 'shop/b/9/empty-cache', epoch: 9, outcome: 'done', detail: 'emptied' }]);
  redis.holds.push('stored late by a request that had read before');
  await advance(2_100);
  expect(redis.holds).toEqual([]);
});

test('a hanging server is killed instead, and nobody waits longer than the limit', async () => {
  const { cache, redis, launcher, advance, pursue, clock } = start();
  await advance(1_000);
  const hung = launcher.alive()[0];
  redis.hangs = true;
  const from = clock.mono();
  pursue({ reign: 9, applied: () => true });
  while (!cache.emptiedFor(9)) await advance(5, 5);
  expect(clock.mono() - from).toBeLessThanOrEqual(EMPTY_LIMIT_MS + 10);
  expect(launcher.signals).toContainEqual({ pid: hung, signal: 'SIGKILL' });
  expect(cache.actions()[0]!.detail).toContain('killed');
  redis.hangs = false;
  await advance(500);
  expect(launcher.alive(), 'a new one, without a pause').not.toEqual([]);
  expect(launcher.alive()).not.toContain(hung);
});

test('a cache that does not run holds nobody up', async () => {
  const launcher = createFakeLauncher();
  launcher.broken = true;
  const { cache, advance, pursue } = start(launcher);
  await advance(1_000);
  expect(cache.report().state).toBe('failing');
  expect(cache.report().trouble).toContain('does not stay up');
  pursue({ reign: 9, applied: () => true });
  await advance(20, 10);
  expect(cache.emptiedFor(9)).toBe(true);
});

test('the first reign of a site has nothing stale', async () => {
  const { cache, redis, advance, pursue } = start();
  pursue({ reign: 1, first: true });
  expect(cache.emptiedFor(1)).toBe(true);
  await advance(5_000);
  expect(redis.emptied).toBe(0);
  expect(cache.actions()).toEqual([]);
});

test('a restart of the agent empties nothing again, knows what was warm, and finds the server running', async () => {
  const before = start();
  before.pursue({ reign: 9, applied: () => true });
  await before.advance(3_000);
  before.redis.hits = 1_000;
  await before.advance(12_000);
  expect(before.cache.report().state).toBe('warm');
  expect(before.cache.actions().map(({ verb }) => verb)).toEqual(['empty-cache', 'cache-warm']);
  before.cache.detach();
  await expect.poll(() => readFile(join(folder, 'agent', 'emptied.json'), 'utf8')).toContain('"warmRun":"one"');
  const after = start(before.launcher);
  after.pursue({ reign: 9, applied: () => true });
  expect(after.cache.emptiedFor(9)).toBe(true);
  await after.advance(1_000);
  expect(after.redis.emptied).toBe(0);
  expect(after.launcher.started).toHaveLength(1);
  expect(after.cache.report().state).toBe('warm');
  expect(after.cache.actions()).toEqual([]);
});

test('a server that answers nothing for long is started anew', async () => {
  const { cache, redis, launcher, advance } = start();
  await advance(1_500);
  redis.hangs = true;
  await advance(3_000);
  expect(cache.report()).toMatchObject({ state: 'failing', trouble: 'no answer within 500 ms' });
  await advance(2_000);
  expect(launcher.started.length).toBeGreaterThan(1);
});

test('it ends where it is not wanted', async () => {
  const { cache, launcher, advance, pursue } = start();
  await advance(500);
  pursue({ wanted: false });
  await advance(1_000);
  expect(launcher.alive()).toEqual([]);
  expect(cache.report().state).toBe('stopped');
});
