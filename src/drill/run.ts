/** One drill from the first visitor to the verdict: warm up, inject, wait, read back, judge. */
import { join } from 'node:path';
import { Trouble } from '../cli/trouble.ts';
import type { Instance } from '../local/instance.ts';
import type { Progress } from '../local/progress.ts';
import { isProtected, type Placement, type SiteRecord, type ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';
import { bytesSentInto, endOfLog } from './access-log.ts';
import { moveLeaderTo } from './etcd-leader.ts';
import { FAULT_VERBS } from './faults.ts';
import { type Follower, followSite } from './follower.ts';
import { type DrillRecord, type DrillResult, type Fault, judge } from './judge.ts';
import type { Sample } from './load/plan.ts';
import { type LoadThread, startLoadThread } from './load/thread.ts';
import { differing, readBack } from './read-back.ts';
import type { DrillSite } from './sites.ts';
import { untilTakenIn } from './taken-in.ts';

export interface DrillOptions {
  fault: Fault;
  site: DrillSite;
  getsPerSecond: number;
  writesPerSecond: number;
  /** Undo the fault so long after it, and read back again once the copy is taken in; null: leave the zone as it is. */
  healAfterMs: number | null;
  /** Move the store's leadership into the zone that will be hit. */
  leaderInZone: boolean;
}

export interface Ground {
  instance: Instance;
  store: Store;
  clock: Clock;
  progress: Progress;
}

export interface DrillOutcome {
  result: DrillResult;
  /** The zone that was hit. */
  zone: ZoneId;
  /** Where the site was live at the end. */
  live: ZoneId;
  failures: Sample[];
  /** How late the generator itself was, 99th percentile, milliseconds. */
  generatorLateMs: number;
  /** Ids that the returned copy and the live one do not share; null when nothing was healed. */
  returnedDiffers: string[] | null;
}

const WARM_UP_MS = 5_000;
const PROTECTED_WITHIN_MS = 120_000;
const TAIL_MS = 3_000;
/** A fault that was undone this long ago without any decision is not going to be answered with one. */
const STAYS_AFTER_MS = 5_000;
/** A returned copy that follows may still be catching up. */
const CATCH_UP_WITHIN_MS = 10_000;
const CATCH_UP_LOOK_MS = 200;
const TIMEOUT_MS = 30_000;
const CLIENTS = 8;
const MOST_INCIDENTS = 100;

export async function runDrill(ground: Ground, options: DrillOptions): Promise<DrillOutcome> {
  const { store, clock } = ground;
  const follower = followSite(store, options.site.name, clock);
  let load: LoadThread | null = null;
  try {
    const record = await recordOf(ground, options.site.name);
    const before = await protectedAtLast(ground, follower, options);
    const zone = FAULT_VERBS[options.fault].ofStandby ? before.standby! : before.live;
    if (options.leaderInZone) await moveLeaderTo(ground.instance, zone);
    const runId = `d${clock.wall().toString(36)}`;
    const logFile = join(ground.instance.edge.edgeDir, 'access.log');
    const logStart = endOfLog(logFile);
    load = startLoadThread(loadPlan(ground.instance, record, options, runId));
    await warmUp(ground, follower, load, before);

    const faultAt = clock.wall();
    await FAULT_VERBS[options.fault].inject(ground.instance, zone, record.spec.site);
    ground.progress.say(FAULT_VERBS[options.fault].sentence(zone));
    const injectedAt = clock.mono();
    const healed = healLater(ground, options, zone);
    // Awaited only further below; whatever happens before must not leave it without a listener.
    healed.catch(() => {});
    const stays = () =>
      options.healAfterMs !== null && clock.mono() - injectedAt > options.healAfterMs + STAYS_AFTER_MS;
    const after = await protectedAgain(ground, follower, before, faultAt, stays);
    await clock.sleep(TAIL_MS);
    const loadEndedAt = clock.wall();
    const samples = await ground.progress.step('waiting for the last answers', () => load!.stop());

    const sql = options.site.countSql.replaceAll('{{run}}', runId);
    const live = follower.placement()!.live;
    const readBacks = [await readBack(ground, record, live, sql)];
    await healed;
    const returned = options.healAfterMs === null ? null : await readReturned(ground, follower, record, zone, sql);
    if (returned) readBacks.push(returned.live);

    const drill: DrillRecord = {
      fault: options.fault,
      faultAt,
      loadEndedAt,
      samples,
      incidents: await store.incidents(MOST_INCIDENTS),
      // What happens when the healed zone returns belongs to its return, not to this fault.
      protection: [
        ...follower.changes().filter((change) => after === null || change.at <= after.protectionSince),
        ...(after?.epoch === before.epoch ? [{ at: faultAt, protected: true }] : []),
      ],
      readBacks,
      bytesSentInto: await bytesSentInto(logFile, logStart, runId),
    };
    return {
      result: judge(drill),
      zone,
      live,
      failures: samples.filter((sample) => !sample.ok),
      generatorLateMs: lateMs(samples),
      returnedDiffers: returned && differing(returned.live, returned.copy),
    };
  } finally {
    follower.stop();
    await load?.abandon();
  }
}

async function recordOf({ store }: Ground, site: string): Promise<SiteRecord> {
  const found = (await store.read()).sites.find(({ spec }) => spec.site === site);
  if (found) return found;
  throw new Trouble(`The platform that runs here has no site ${site}.`);
}

async function protectedAtLast({ progress }: Ground, follower: Follower, { site }: DrillOptions): Promise<Placement> {
  // The incident of an earlier fault stays open until its trouble has been away for a while.
  const placement = await progress.step(`${site.name} is protected, and in no incident`, () =>
    follower.until((each) => isProtected(each) && each.incident === null, PROTECTED_WITHIN_MS),
  );
  if (placement !== null) return placement;
  const incident = follower.placement()?.incident ?? null;
  if (incident !== null)
    throw new Trouble(`${site.name} is in trouble already: incident ${incident}. See \`npx holdfast incidents\`.`);
  throw new Trouble(`${site.name} is not protected: a drill would only lose data. See \`npx holdfast status\`.`);
}

function loadPlan(instance: Instance, { spec }: SiteRecord, options: DrillOptions, runId: string) {
  const [host = '', port = ''] = instance.edge.listen.split(':');
  return {
    address: { host, port: Number(port) },
    host: spec.hosts[0]!,
    get: options.site.get,
    write: options.site.write,
    getsPerSecond: options.getsPerSecond,
    writesPerSecond: options.writesPerSecond,
    clients: CLIENTS,
    timeoutMs: TIMEOUT_MS,
    runId,
  };
}

async function warmUp({ clock, progress }: Ground, follower: Follower, load: LoadThread, before: Placement) {
  await progress.step('visitors arrive', () => clock.sleep(WARM_UP_MS));
  const { finished, failed } = await load.count();
  if (failed > 0)
    throw new Trouble(`${failed} of ${finished} requests failed before any fault: see the edge's access log.`);
  const now = follower.placement()!;
  if (now.incident !== null)
    throw new Trouble(`${now.site} was in trouble before any fault: incident ${now.incident}.`);
  if (now.live !== before.live || !isProtected(now)) throw new Trouble('The site moved before any fault was injected.');
}

/**
 * The placement under which the site is protected after the fault; null: none within the limit. When `stays` says that the
 * fault was undone long ago and nobody has moved anything, it is the one from before.
 */
async function protectedAgain(
  { progress }: Ground,
  follower: Follower,
  before: Placement,
  faultAt: number,
  stays: () => boolean,
): Promise<Placement | null> {
  const again = (placement: Placement) =>
    isProtected(placement) && (placement.epoch > before.epoch ? placement.protectionSince >= faultAt : stays());
  return progress.step('the site is protected again', () => follower.until(again, PROTECTED_WITHIN_MS));
}

async function healLater({ instance, clock, progress }: Ground, options: DrillOptions, zone: ZoneId): Promise<void> {
  if (options.healAfterMs === null) return;
  await clock.sleep(options.healAfterMs);
  await FAULT_VERBS[options.fault].undo(instance, zone, options.site.name);
  progress.say(`zone ${zone} is healed`);
}

/** Once the zone's copy is part of the site again: what the live copy holds now, and what the returned one does. */
async function readReturned(ground: Ground, follower: Follower, record: SiteRecord, zone: ZoneId, sql: string) {
  await untilTakenIn(ground, record.spec.site, zone);
  const limit = ground.clock.mono() + CATCH_UP_WITHIN_MS;
  for (;;) {
    const live = await readBack(ground, record, follower.placement()!.live, sql);
    const copy = await readBack(ground, record, zone, sql);
    if (differing(live, copy).length === 0 || ground.clock.mono() > limit) return { live, copy };
    await ground.clock.sleep(CATCH_UP_LOOK_MS);
  }
}

function lateMs(samples: Sample[]): number {
  const late = samples.map((sample) => sample.sentAt - sample.scheduledAt).sort((x, y) => x - y);
  return Math.round(late[Math.floor(late.length * 0.99)] ?? 0);
}
