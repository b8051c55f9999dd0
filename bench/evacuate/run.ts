/** One evacuation and the way home, as a person orders them, on a platform of its own: everything about them that can be timed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Sample } from '../../src/drill/load/plan.ts';
import { readBack } from '../../src/drill/read-back.ts';
import { CHECKOUT, type Instance } from '../../src/local/instance.ts';
import { startPlatform } from '../../src/local/platform.ts';
import { createProgress } from '../../src/local/progress.ts';
import type { Placement, SiteId, WallMs, ZoneId } from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { openEtcdStore } from '../../src/store/etcd.ts';
import type { Store } from '../../src/store/store.ts';
import { hasArrived, hasLeft } from './figures.ts';
import { type Busy, busyDuring } from './processor.ts';
import { addSites, smallSites, untilAllWhole } from './sites.ts';
import { sendVisitors } from './visitors.ts';

export interface EvacuationOptions {
  sites: number;
  copies: 2 | 3;
  /** Requests a second to each site, half of them writes. */
  rate: number;
}

export interface Phase {
  verb: 'evacuate' | 'return';
  zone: ZoneId;
  askedAt: WallMs;
  /** When the command ended, and with what. */
  commandMs: number;
  exitStatus: number;
  /** Every record of every site from the one before the order to the one that is protected again. */
  placements: Map<SiteId, Placement[]>;
  /** Sites that were not where they should be, and protected, when the waiting for them ended. */
  missing: SiteId[];
  busy: Busy;
}

export interface EvacuationRecord {
  options: EvacuationOptions;
  /** Until all sites had every copy. */
  madeMs: number;
  /** With visitors, before anything is ordered. */
  busyBefore: Busy;
  phases: Phase[];
  samples: Map<SiteId, Sample[]>;
  /** How often each write is in the live database, by site. */
  rows: Map<SiteId, Map<string, number>>;
}

const NAME = 'bench-evacuate';
const SETTLE_MS = 10_000;
const BETWEEN_MS = 5_000;
const LOOK_EVERY_MS = 50;
const DONE_WITHIN_MS = 300_000;

export async function recordEvacuation(options: EvacuationOptions): Promise<EvacuationRecord> {
  const progress = createProgress(process.stderr);
  const name = process.env.HOLDFAST_INSTANCE ?? NAME;
  const temporary = process.env.HOLDFAST_KEEP === undefined;
  const platform = await startPlatform({ name, siteFile: null, temporary, progress });
  const { instance } = platform;
  const log = createLog('bench', {}, 'error');
  const store = openEtcdStore({ endpoints: instance.endpoints, clock, log });
  const follower = follow(store);
  try {
    const specs = smallSites(
      options.sites,
      options.copies,
      instance.zones.map(({ zone }) => zone),
    );
    const madeFrom = clock.mono();
    await addSites(store, specs);
    await untilAllWhole(instance, specs, progress);
    const madeMs = Math.round(clock.mono() - madeFrom);
    const zone = specs[0]!.zones[0]!;
    const visitors = sendVisitors(instance, specs, options.rate);
    try {
      const settle = () => progress.step('visitors arrive', () => clock.sleep(SETTLE_MS));
      const busyBefore = await busyDuring(instance, settle);
      const phases: Phase[] = [];
      for (const verb of ['evacuate', 'return'] as const) {
        phases.push(await progress.step(`${verb} ${zone}`, () => carryOut(instance, follower, { verb, zone })));
        await clock.sleep(BETWEEN_MS);
      }
      const samples = await progress.step('waiting for the last answers', () => visitors.stop());
      const rows = await progress.step('reading every site back', () => readAll(instance, store, follower));
      return { options, madeMs, busyBefore, phases, samples, rows };
    } finally {
      await visitors.abandon();
    }
  } finally {
    follower.stop();
    await store.close();
    await platform.stop();
  }
}

async function readAll(instance: Instance, store: Store, follower: Follower) {
  const rows = new Map<SiteId, Map<string, number>>();
  const sql = 'SELECT id, COUNT(*) AS times FROM {{database}}.entries GROUP BY id';
  for (const record of (await store.read()).sites) {
    const { site } = record.spec;
    rows.set(site, await readBack({ instance, store, clock }, record, follower.newest(site).live, sql));
  }
  return rows;
}

async function carryOut(
  instance: Instance,
  follower: Follower,
  { verb, zone }: Pick<Phase, 'verb' | 'zone'>,
): Promise<Phase> {
  const before = follower.epochs();
  const isDone = verb === 'evacuate' ? hasLeft(zone) : hasArrived(zone);
  const askedAt = clock.wall();
  const begun = clock.mono();
  let command: { commandMs: number; exitStatus: number } | null = null;
  let missing: SiteId[] = [];
  const busy = await busyDuring(instance, async () => {
    const ended = runCommand(instance, verb, zone).then((exitStatus) => {
      command = { commandMs: Math.round(clock.mono() - begun), exitStatus };
    });
    for (;;) {
      missing = [...before.keys()].filter((site) => !isDone(follower.newest(site)));
      if (missing.length === 0 || clock.mono() - begun > DONE_WITHIN_MS) break;
      await clock.sleep(LOOK_EVERY_MS);
    }
    await ended;
  });
  const placements = new Map([...before].map(([site, epoch]) => [site, follower.since(site, epoch)]));
  return { verb, zone, askedAt, ...command!, placements, missing, busy };
}

/** As a person does; what it says goes to standard error. */
function runCommand(instance: Instance, verb: string, zone: ZoneId): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(CHECKOUT, 'src/cli/main.ts'), verb, zone, '--why', 'to measure it', '--by', 'bench'],
    { stdio: ['ignore', 2, 2], env: { ...process.env, HOLDFAST_INSTANCE: instance.name } },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}

interface Follower {
  newest(site: SiteId): Placement;
  epochs(): Map<SiteId, number>;
  /** From this epoch on. */
  since(site: SiteId, epoch: number): Placement[];
  stop(): void;
}

function follow(store: Store): Follower {
  const seen = new Map<SiteId, Placement[]>();
  const see = (placement: Placement) => {
    const known = seen.get(placement.site) ?? [];
    if (placement.epoch > (known.at(-1)?.epoch ?? 0)) seen.set(placement.site, [...known, placement]);
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
    newest: (site) => seen.get(site)!.at(-1)!,
    epochs: () => new Map([...seen].map(([site, placements]) => [site, placements.at(-1)!.epoch])),
    since: (site, epoch) => seen.get(site)!.filter((placement) => placement.epoch >= epoch),
    stop,
  };
}
