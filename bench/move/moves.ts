/** Planned moves under load on a platform of their own, and everything about them that can be timed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessTo } from '../../src/cli/access.ts';
import { tellControllers } from '../../src/cli/tell-controllers.ts';
import type { LoadPlan, Sample } from '../../src/drill/load/plan.ts';
import { startLoadThread } from '../../src/drill/load/thread.ts';
import { readBack } from '../../src/drill/read-back.ts';
import { DRILL_SITES } from '../../src/drill/sites.ts';
import { type Instance, logFile } from '../../src/local/instance.ts';
import { startPlatform } from '../../src/local/platform.ts';
import { createProgress } from '../../src/local/progress.ts';
import { waitForSite } from '../../src/local/sites.ts';
import {
  type CopyStatus,
  isProtected,
  type Placement,
  roleOf,
  type SiteStatus,
  type WallMs,
  type ZoneId,
} from '../../src/model/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { openEtcdStore } from '../../src/store/etcd.ts';
import type { Store } from '../../src/store/store.ts';

export interface MovesOptions {
  runs: number;
  /** Requests a second, a quarter of them writes. */
  rate: number;
}

/** One line of a program's log. */
export interface LogLine {
  at: WallMs;
  program: string;
  zone: ZoneId | null;
  entry: Record<string, unknown>;
}

export interface MoveRecord {
  askedAt: WallMs;
  to: ZoneId;
  /** Every record of the site from the one before the order to the one that is protected again. */
  placements: Placement[];
}

export interface MovesRecord {
  moves: MoveRecord[];
  samples: Sample[];
  log: LogLine[];
  /** The longest that the edge held any one request, by its access log. */
  heldLongestMs: number;
  /** How often each acknowledged write is in the live database. */
  rows: Map<string, number>;
  copies: number;
}

const NAME = 'bench-move';
const SITE = DRILL_SITES.guestbook!;
const WARM_UP_MS = 4_000;
const BETWEEN_MS = 3_000;
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 10;
const CLIENTS = 8;
const TIMEOUT_MS = 30_000;
const DRAIN_MS = 10_000;

export async function recordMoves({ runs, rate }: MovesOptions): Promise<MovesRecord> {
  const progress = createProgress(process.stderr);
  const name = process.env.HOLDFAST_INSTANCE ?? NAME;
  const platform = await startPlatform({ name, siteFile: SITE.file, temporary: true, progress });
  const { instance } = platform;
  const store = openEtcdStore({
    endpoints: instance.endpoints,
    clock: systemClock,
    log: createLog('bench', {}, 'error'),
  });
  const follower = follow(store);
  try {
    const copies = (await store.read()).sites[0]!.spec.copies;
    await untilWhole(instance, copies);
    const load = startLoadThread(loadPlan(instance, rate));
    try {
      await progress.step('visitors arrive', () => systemClock.sleep(WARM_UP_MS));
      const moves: MoveRecord[] = [];
      for (let run = 1; run <= runs; run += 1) {
        const move = () => oneMove(instance, follower, copies);
        moves.push(await progress.step(`move ${run} of ${runs}`, move));
        await systemClock.sleep(BETWEEN_MS);
      }
      const samples = await progress.step('waiting for the last answers', () => load.stop());
      const record = (await store.read()).sites[0]!;
      const sql = SITE.countSql.replaceAll('{{run}}', RUN);
      const rows = await readBack({ instance, store, clock: systemClock }, record, follower.newest().live, sql);
      return { moves, samples, log: readLogs(instance), heldLongestMs: longestHeld(instance), rows, copies };
    } finally {
      await load.abandon();
    }
  } finally {
    follower.stop();
    await store.close();
    await platform.stop();
  }
}

const RUN = 'move';

function loadPlan(instance: Instance, rate: number): LoadPlan {
  const [host = '', port = ''] = instance.edge.listen.split(':');
  return {
    address: { host, port: Number(port) },
    host: 'guestbook.localhost',
    get: SITE.get,
    write: SITE.write,
    getsPerSecond: (rate * 3) / 4,
    writesPerSecond: rate / 4,
    clients: CLIENTS,
    timeoutMs: TIMEOUT_MS,
    runId: RUN,
  };
}

/** Protected, every copy that is wanted follows and its application is ready, and nobody wants anything of the site. */
async function untilWhole(instance: Instance, copies: number): Promise<void> {
  const isThere = ({ role, database, application, lagMs }: CopyStatus) =>
    role !== 'none' && database === 'running' && (role === 'spare' ? lagMs !== null : application === 'ready');
  const isWhole = (site: SiteStatus) =>
    site.protected && site.order === null && site.copies.filter(isThere).length >= copies;
  await waitForSite(instance, SITE.name, 'every copy follows', isWhole);
}

async function oneMove(instance: Instance, follower: Follower, copies: number): Promise<MoveRecord> {
  await untilWhole(instance, copies);
  const before = follower.newest();
  const to = before.standby!;
  const askedAt = systemClock.wall();
  const wish = { to, why: 'to measure it', drainMs: DRAIN_MS };
  await tellControllers(accessTo(instance, 'bench'), `/sites/${SITE.name}/move`, wish);
  await follower.until(
    (placement) => placement.epoch > before.epoch && isProtected(placement) && roleOf(placement, to) === 'live',
  );
  return { askedAt, to, placements: follower.since(before.epoch) };
}

interface Follower {
  newest(): Placement;
  /** From this epoch on. */
  since(epoch: number): Placement[];
  until(wanted: (placement: Placement) => boolean): Promise<void>;
  stop(): void;
}

function follow(store: Store): Follower {
  const seen: Placement[] = [];
  const see = (placement: Placement) => {
    if (placement.site === SITE.name && placement.epoch > (seen.at(-1)?.epoch ?? 0)) seen.push(placement);
  };
  const nobody = () => {};
  const stop = store.watch({
    snapshot: ({ placements }) => placements.forEach(see),
    placement: see,
    site: nobody,
    zone: nobody,
    edge: nobody,
    fresh: nobody,
  });
  return {
    newest: () => seen.at(-1)!,
    since: (epoch) => seen.filter((placement) => placement.epoch >= epoch),
    async until(wanted) {
      const limit = systemClock.mono() + READY_WITHIN_MS;
      for (;;) {
        const newest = seen.at(-1);
        if (newest !== undefined && wanted(newest)) return;
        if (systemClock.mono() > limit)
          throw new Error(`waited ${READY_WITHIN_MS} ms in vain; the newest record is ${JSON.stringify(newest)}`);
        await systemClock.sleep(LOOK_EVERY_MS);
      }
    },
    stop,
  };
}

function readLogs(instance: Instance): LogLine[] {
  const programs = instance.programs.filter((program) => /^(edge|agent|controller)/.test(program));
  return programs.flatMap((program) =>
    readFileSync(logFile(instance, program), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const entry = parsed(line);
        if (entry === null || typeof entry.time !== 'string') return [];
        const zone = typeof entry.zone === 'string' ? entry.zone : null;
        return [{ at: Date.parse(entry.time), program: String(entry.program), zone, entry }];
      }),
  );
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function longestHeld(instance: Instance): number {
  const lines = readFileSync(join(instance.edge.edgeDir, 'access.log'), 'utf8').split('\n');
  return Math.max(0, ...lines.map((line) => Number(parsed(line)?.heldMs ?? 0)));
}
