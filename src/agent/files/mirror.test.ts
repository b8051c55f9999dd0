import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { firstPlacement, type Placement, type ZoneRecord } from '../../model/index.ts';
import { readJson } from '../../platform/files.ts';
import { createLog } from '../../platform/log.ts';
import { createManualClock, type ManualClock } from '../../platform/manual-clock.ts';
import type { ApplicationPlan } from '../app/plan.ts';
import { createTurnstile } from '../turnstile.ts';
import type { HostFiles } from './host.ts';
import { BEGIN_AFTER_MS, createMirror, type Mirror } from './mirror.ts';
import { moduleName } from './module.ts';
import type { News } from './pace.ts';
import type { PullOptions } from './pull.ts';

const PHOTOS = moduleName('shop', 'photos');
const standby: Placement = { ...firstPlacement('shop', 'a', 0), epoch: 5, standby: 'b', initialised: true };
const promoted: Placement = {
  ...standby,
  epoch: 6,
  live: 'b',
  standby: 'a',
  promotion: { epoch: 6, from: 'a', position: '0-1-1', open: true, acceptedLoss: null },
};
const zones = new Map(['a', 'b'].map((zone) => [zone, { zone, agent: `${zone}:1` } as ZoneRecord]));

interface Fetch {
  options: PullOptions;
  /** Null: it succeeds. */
  end(why: string | null): Promise<void>;
}

let root: string;
let clock: ManualClock;
let mirror: Mirror;
let plan: ApplicationPlan;
let fetches: Fetch[];
/** Modules that are watched for others. */
let watched: Set<string>;
/** By agent and module. */
let followed: Map<string, () => void>;
let news: News;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-mirror-'));
  plan = { appFolder: join(root, 'app'), files: ['photos'] } as ApplicationPlan;
  clock = createManualClock();
  fetches = [];
  watched = new Set();
  followed = new Map();
  news = { state: 'one' };
  const host: HostFiles = {
    changes: {
      watch(module) {
        watched.add(module);
        return () => watched.delete(module);
      },
      serve() {},
      stop() {},
    },
    hearing: {
      follow(agent, module, woken) {
        const key = `${agent} ${module}`;
        followed.set(key, woken);
        return { news: () => news, end: () => followed.delete(key) };
      },
      stop() {},
    },
    pulls: createTurnstile(1),
    stop() {},
  };
  const fetch = (options: PullOptions) =>
    new Promise<string | null>((resolve) => {
      const end = async (why: string | null) => {
        resolve(why);
        await clock.advance(0);
      };
      options.signal.addEventListener('abort', () => resolve('given up'));
      fetches.push({ options, end });
    });
  const log = createLog('test', {}, 'silent');
  mirror = createMirror({ clock, log, zone: 'b', clusterKey: 'key', user: null, folder: root, host, fetch });
});
afterEach(() => {
  mirror.stop();
  rmSync(root, { recursive: true, force: true });
});

async function pursue(placement: Placement): Promise<void> {
  mirror.pursue(plan, placement, zones);
  await clock.advance(BEGIN_AFTER_MS);
}

async function tell(next: News): Promise<void> {
  news = next;
  followed.get(`a:1 ${PHOTOS}`)!();
  await clock.advance(0);
}

test('a standby pulls, then when it is told of a change, else once a minute', async () => {
  await pursue(standby);
  expect(fetches.map(({ options }) => [options.agent, options.module])).toEqual([['a:1', PHOTOS]]);
  await fetches[0]!.end(null);
  await clock.advance(59_000);
  expect(fetches).toHaveLength(1);
  await tell({ state: 'two' });
  expect(fetches).toHaveLength(2);
  await fetches[1]!.end(null);
  await clock.advance(60_000);
  expect(fetches).toHaveLength(3);
});

test('a change during a pull leads to another, and there are never two at once', async () => {
  await pursue(standby);
  await clock.advance(100);
  await tell({ state: 'two' });
  await tell({ state: 'three' });
  await clock.advance(10_000);
  expect(fetches).toHaveLength(1);
  await fetches[0]!.end(null);
  await clock.advance(10_000);
  expect(fetches).toHaveLength(2);
  await fetches[1]!.end(null);
  await clock.advance(30_000);
  expect(fetches, 'two changes, one more pull').toHaveLength(2);
});

test('told nothing any more, it pulls every five seconds', async () => {
  await pursue(standby);
  await fetches[0]!.end(null);
  await clock.advance(30_000);
  await tell({ silentSince: clock.mono() });
  expect(fetches, 'not all sites at once').toHaveLength(1);
  for (let pull = 1; pull <= 3; pull += 1) {
    await clock.advance(4_999);
    expect(fetches).toHaveLength(pull);
    await clock.advance(1);
    await fetches[pull]!.end(null);
  }
});

test('what fails is tried again, ever more rarely, and a change does not wait for that', async () => {
  await pursue(standby);
  await fetches[0]!.end('refused');
  await clock.advance(250);
  await fetches[1]!.end('refused');
  await clock.advance(499);
  expect(fetches).toHaveLength(2);
  await clock.advance(1);
  await fetches[2]!.end('refused');
  await tell({ state: 'two' });
  expect(fetches).toHaveLength(4);
});

test('promoted during a pull it stops that, asks the former live zone for what is missing, and watches its own folders', async () => {
  await pursue(standby);
  expect(watched.size).toBe(0);
  mirror.pursue(plan, promoted, zones);
  expect(fetches[0]!.options.signal.aborted, 'nothing overwrites a live copy').toBe(true);
  await clock.advance(BEGIN_AFTER_MS - 1);
  expect([fetches.length, watched.size], 'nothing of it in the moment of the move').toEqual([1, 0]);
  await clock.advance(1);
  expect(fetches[1]!.options).toMatchObject({ agent: 'a:1', kept: null });
  expect([...watched]).toEqual([PHOTOS]);
  expect(followed.size).toBe(0);
  await fetches[1]!.end('refused');
  await clock.advance(5_000);
  await fetches[2]!.end(null);
  await vi.waitFor(() =>
    expect(readJson(join(root, 'agent', 'files-recovered.json'))).toEqual({ epoch: 6, zones: ['a'] }),
  );
  await pursue(promoted);
  await clock.advance(120_000);
  expect(fetches, 'only once').toHaveLength(3);
});

test('a lost zone that returns later is asked at once for what only it has', async () => {
  await pursue({ ...promoted, standby: null, spares: [] });
  expect(fetches).toHaveLength(0);
  mirror.pursue(plan, { ...promoted, standby: null, spares: ['a'] }, zones);
  await clock.advance(0);
  expect(fetches[0]!.options).toMatchObject({ agent: 'a:1', kept: null });
});

test('a zone that does not answer keeps no other waiting, and each is asked until it has answered', async () => {
  mirror.pursue(
    plan,
    { ...promoted, spares: ['c'] },
    new Map([...zones, ['c', { zone: 'c', agent: 'c:1' } as ZoneRecord]]),
  );
  await clock.advance(BEGIN_AFTER_MS);
  const asked = () => fetches.map(({ options }) => options.agent);
  await fetches[0]!.end('refused');
  await fetches[1]!.end(null);
  await vi.waitFor(() =>
    expect(readJson(join(root, 'agent', 'files-recovered.json'))).toEqual({ epoch: 6, zones: ['c'] }),
  );
  expect(asked()).toEqual(['a:1', 'c:1']);
  await vi.waitFor(async () => {
    await clock.advance(5_000);
    expect(asked()).toEqual(['a:1', 'c:1', 'a:1']);
  });
});

test('live no longer, it watches nothing and follows', async () => {
  await pursue({ ...promoted, promotion: { ...promoted.promotion, from: null } });
  expect(fetches).toHaveLength(0);
  expect([...watched]).toEqual([PHOTOS]);
  await pursue({ ...standby, epoch: 7 });
  expect(watched.size).toBe(0);
  const keptIn = (which: string) => join(root, 'files-kept', which, 'photos');
  expect(fetches.map(({ options }) => options.kept)).toEqual([
    { first: keptIn('1-first'), newest: keptIn('1-newest') },
  ]);
  mirror.stop();
  expect(fetches[0]!.options.signal.aborted).toBe(true);
  expect(followed.size).toBe(0);
});
