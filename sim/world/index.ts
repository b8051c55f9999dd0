/** The whole system in virtual time: real decisions over a simulated network, store, databases, edges and visitors. */
import {
  type FailoverPolicy,
  isProtected,
  phaseOf,
  roleOf,
  type SiteId,
  type SiteSpec,
} from '../../src/model/index.ts';
import type { Bug, SimMs, SimRun } from '../trace.ts';
import { createWorld, type Started } from './create.ts';
import { writesOf } from './database/data-dir.ts';
import type { FaultAt } from './faults.ts';
import { playPeople, type WishAt } from './people.ts';
import { sufferFaults } from './suffer.ts';
import { createVisitors } from './visitors.ts';
import type { World } from './world.ts';

export type { AtStep, Fault, FaultAt, Place, StepName, Target } from './faults.ts';
export { STEPS } from './faults.ts';
export type { WishAt } from './people.ts';

export interface SimOptions {
  seed: number;
  /** 1–3; named `site-1`, … Site n prefers the zones in the order of `zones`, turned by n - 1. */
  sites: number;
  /** 1–2; named `edge-1`, `edge-2`. */
  edges: number;
  zones: readonly ['a', 'b', 'c'];
  /** Virtual time of the run before `healAt`'s settling; visitors come until the end. The site's creation is part of it: give it 6 s before the first fault. */
  durationMs: SimMs;
  faults: readonly FaultAt[];
  bugs: ReadonlySet<Bug>;
  /** Per site; from `untilMs` on nobody comes any more (missing: they come until the end). */
  clients: { readsPerSecond: number; writesPerSecond: number; untilMs?: SimMs };
  /** By site, the first for `site-1`; missing: the default policy. */
  policies?: readonly FailoverPolicy[];
  /** By site, what else its description says; missing: the defaults. */
  wishes?: readonly Partial<Pick<SiteSpec, 'copies' | 'freeze' | 'handOver' | 'disasterRecovery'>>[];
  /** What people ask for; missing: nothing. */
  people?: readonly WishAt[];
  /** At this time everything that is still broken is healed: event `calm`. */
  healAt: SimMs;
  /**
   * So long after `healAt` everything must have converged; then visitors stop, what is under way ends, and `end` is written. A run
   * that came to rest earlier and stayed so ends earlier.
   */
  settleMs: SimMs;
}

/** After the visitors have stopped: requests end, replicas apply. */
const LAST_STEP_MS = 500;
const LAST_STEPS = 70;

/** Same options, same run: everything in it hangs on `seed` alone. */
export async function simulate(options: SimOptions): Promise<SimRun> {
  const started = createWorld(options);
  const { world, events, edges } = started;
  const { engine } = world;
  const visitors = createVisitors(world, edges);
  const begun = new Set<SiteId>();
  started.onPlacement = (placement) => {
    if (begun.has(placement.site) || phaseOf(placement) === 'new') return;
    begun.add(placement.site);
    engine.after(200, () => visitors.begin(placement.site));
  };
  sufferFaults(started, options);
  playPeople(world, options.people ?? []);
  const endAt = Math.max(options.durationMs, options.healAt + options.settleMs);
  await engine.runUntil(Math.min(options.healAt, endAt));
  await runUntilAtRest(started, endAt);
  visitors.stop();
  for (let step = 0; step < LAST_STEPS && (visitors.underWay() > 0 || step < 2); step += 1)
    await engine.runUntil(engine.now() + LAST_STEP_MS);
  writeEnd(world);
  return {
    seed: options.seed,
    plan: options.faults.map((fault) => JSON.stringify(fault)),
    events,
    calmAt: options.healAt,
    endedAt: engine.now(),
  };
}

/** A run that has been at rest for so long, and had so long for late consequences, has nothing more to tell. */
const AT_REST_MS = 7_000;
const LEAST_AFTER_CALM_MS = 14_000;

/** Runs on until everything has come to rest, at most until `endAt`. */
async function runUntilAtRest({ world, events }: Started, endAt: SimMs): Promise<void> {
  const { engine } = world;
  const leastAt = engine.now() + LEAST_AFTER_CALM_MS;
  let restedMs = 0;
  let read = events.length;
  while (engine.now() < endAt && (engine.now() < leastAt || restedMs < AT_REST_MS)) {
    const stepMs = Math.min(LAST_STEP_MS, endAt - engine.now());
    await engine.runUntil(engine.now() + stepMs);
    const changed = events.slice(read).some(({ kind }) => kind === 'commit');
    read = events.length;
    restedMs = !changed && isAtRest(world) ? restedMs + stepMs : 0;
  }
}

/** Every site is protected without an incident, every copy of it runs and holds what the live one holds, give or take what is under way. */
function isAtRest(world: World): boolean {
  return world.specs.every(({ site, zones }) => {
    const placement = world.store.cluster.placements.get(site);
    if (placement === undefined || !isProtected(placement) || placement.incident !== null) return false;
    if (placement.order !== null) return false;
    const live = world.server(site, placement.live);
    if (live === null) return false;
    return zones.every((zone) => {
      if (roleOf(placement, zone) === 'none') return world.disk(site, zone).dir === null;
      const server = world.server(site, zone);
      return server?.running() && live.dir.committed - server.dir.committed <= UNDER_WAY;
    });
  });
}

/** Transactions that a follower may be behind. */
const UNDER_WAY = 20;

/** What every running server of each site holds, applied. */
function writeEnd(world: World): void {
  for (const { site, zones } of world.specs) {
    const placement = world.store.cluster.placements.get(site);
    if (placement === undefined) continue;
    const running = zones.filter((zone) => world.server(site, zone)?.running());
    const holds = Object.fromEntries(
      running.map((zone) => {
        const { dir } = world.server(site, zone)!;
        return [zone, writesOf(dir.log.slice(0, dir.committed))];
      }),
    );
    world.happened({ kind: 'end', site, placement, holds });
  }
}
