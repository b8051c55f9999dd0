/** The whole of it with real processes: one platform, visitors, and every fault that the guide names, one after the other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_VERBS } from '../src/drill/faults.ts';
import type { Fault } from '../src/drill/judge.ts';
import { promisesOf } from '../src/drill/promises.ts';
import { type DrillOptions, type DrillOutcome, type Ground, runDrill } from '../src/drill/run.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { untilTakenIn } from '../src/drill/taken-in.ts';
import { databasePids } from '../src/local/copies.ts';
import { healZone, killProgram, programPid, startStore, stopStore } from '../src/local/faults.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { statusOf, waitUntilProtected } from '../src/local/sites.ts';
import type { Placement } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { TEST_RATES, visitDuring } from './support/visitors.ts';

const SITE = DRILL_SITES.guestbook!;
let platform: Platform;
let store: Store;
let ground: Ground;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-failover-${process.pid}`, siteFile: SITE.file, temporary: true });
  store = openEtcdStore({
    endpoints: platform.instance.endpoints,
    clock: systemClock,
    log: createLog('test', {}, 'error'),
  });
  ground = { instance: platform.instance, store, clock: systemClock, progress: silent };
});

afterAll(async () => {
  await store?.close();
  await platform?.stop();
});

async function drill(fault: Fault, change: Partial<DrillOptions> = {}): Promise<DrillOutcome> {
  const outcome = await runDrill(ground, {
    fault,
    site: SITE,
    getsPerSecond: TEST_RATES.gets,
    writesPerSecond: TEST_RATES.writes,
    healAfterMs: null,
    leaderInZone: false,
    ...change,
  });
  console.error(JSON.stringify(outcome.result));
  return outcome;
}

/** No pause of writes is longer, however busy the machine; how long they are is for `npm run drill` to tell. */
const PAUSED_AT_MOST_MS = 15_000;

/** What was broken, with its figures: counts exactly, times by their order of magnitude. */
function broken({ result, returnedDiffers }: DrillOutcome): string[] {
  const promises = promisesOf(result, TEST_RATES.writes, PAUSED_AT_MOST_MS).filter((promise) => !promise.kept);
  const list = promises.map(({ sentence, figure }) => `${sentence}: ${figure}`);
  return [...list, ...(returnedDiffers ?? []).map((id) => `the returned copy differs in ${id}`)];
}

async function settleAfter({ zone }: DrillOutcome, fault: Fault): Promise<void> {
  await FAULT_VERBS[fault].undo(platform.instance, zone, SITE.name);
  await untilTakenIn(ground, SITE.name, zone);
}

const placement = async (): Promise<Placement> => (await store.placement(SITE.name))!;

describe('the live zone is lost (I1, I9, I11)', () => {
  it('killed, with the leader of the store in it, and taken back in', async () => {
    const before = await placement();
    const outcome = await drill('kill', { leaderInZone: true });
    expect(broken(outcome)).toEqual([]);
    const after = await placement();
    expect(after.live).toBe(before.standby);
    expect(after.standby).not.toBe(before.live);
    const incident = (await store.incidents(1))[0]!;
    const kinds = new Set(incident.entries.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['action', 'decision', 'finding', 'observation', 'result']);
    await until(async () => (await placement()).incident === null, 'the incident is closed', 60_000);
    expect((await store.incident(incident.id))!.closedAt).not.toBeNull();
    await settleAfter(outcome, 'kill');
    expect((await placement()).spares).toEqual([outcome.zone]);
  });

  it('then the second zone is lost and served the same way (I12)', async () => {
    const outcome = await drill('kill', { leaderInZone: true });
    expect(broken(outcome)).toEqual([]);
    await settleAfter(outcome, 'kill');
  });

  it.each([
    ['freeze', 1],
    ['cut', 5],
    ['freeze', 30],
  ] as const)('%s, back after %d s: nothing acknowledged is undone (I2)', async (fault, seconds) => {
    const outcome = await drill(fault, { healAfterMs: seconds * 1_000, leaderInZone: true });
    expect(broken(outcome)).toEqual([]);
    expect(outcome.returnedDiffers).toEqual([]);
  });
});

describe('part of a zone is lost', () => {
  it('the standby: the site stays, and a new one is built', async () => {
    const before = await placement();
    const outcome = await drill('standby-kill', { leaderInZone: true });
    expect(broken(outcome)).toEqual([]);
    const after = await placement();
    expect(after.live).toBe(before.live);
    expect(after.standby).not.toBe(before.standby);
    await settleAfter(outcome, 'standby-kill');
  });

  it.each(['db-kill', 'errors', 'hang'] as const)('%s: the site moves while its zone lives', async (fault) => {
    const before = await placement();
    const outcome = await drill(fault);
    expect(broken(outcome)).toEqual([]);
    expect((await placement()).live).toBe(before.standby);
    await settleAfter(outcome, fault);
  });
});

describe('what a site must not notice', () => {
  it('all of the store stopped for 30 s: no failed request, and nothing moves when it is back (I5)', async () => {
    const before = await placement();
    const visit = await visitDuring(ground, async () => {
      stopStore(platform.instance);
      await systemClock.sleep(30_000);
      startStore(platform.instance);
      await systemClock.sleep(5_000);
    });
    expect(visit).toMatchObject({ failures: [], getFailed: 0, otherFailed: 0, ackedLost: 0, executedTwice: 0 });
    expect(visit.requests).toBeGreaterThan(2_200);
    const after = await placement();
    expect([after.live, after.standby, after.inSync]).toEqual([before.live, before.standby, true]);
  });

  it('each controller, agent and the edge process killed: restarted, and the same state reached (I4)', async () => {
    const before = await placement();
    const startedAt = systemClock.wall();
    const databases = () => ['a', 'b', 'c'].map((zone) => databasePids(platform.instance, zone, SITE.name).join());
    const running = databases();
    const visit = await visitDuring(ground, async () => {
      for (const program of platform.instance.programs.filter((name) => !name.startsWith('etcd'))) {
        const pid = programPid(platform.instance, program);
        expect(killProgram(platform.instance, program), program).toBe(true);
        console.error(`${program} killed at ${systemClock.wall() - startedAt} ms`);
        await until(() => ![null, pid].includes(programPid(platform.instance, program)), `${program} restarted`);
        await until(() => answersHealth(program), `${program} answers`);
        await systemClock.sleep(2_000);
      }
    });
    expect(visit).toMatchObject({ failures: [], getFailed: 0, otherFailed: 0, ackedLost: 0, executedTwice: 0 });
    expect(databases()).toEqual(running);
    expect(await incidentsSince(startedAt)).toEqual([]);
    await waitUntilProtected(platform.instance, SITE.name);
    const after = await placement();
    expect([after.live, after.standby, after.inSync]).toEqual([before.live, before.standby, true]);
  });

  it('every zone is healthy at the end, and no refusal is left', async () => {
    for (const zone of ['a', 'b', 'c']) await healZone(platform.instance, zone);
    const status = await statusOf(platform.instance);
    expect(status.zones.map(({ state }) => state)).toEqual(['healthy', 'healthy', 'healthy']);
    expect(status.sites[0]!.refusal).toBeNull();
  });
});

/** Every sentence of every incident that opened since then. */
async function incidentsSince(startedAt: number): Promise<string[]> {
  const incidents = await store.incidents(20);
  const since = incidents.filter(({ openedAt }) => openedAt >= startedAt);
  return since.flatMap(({ id, entries }) => [id, ...entries.map(({ by, sentence }) => `${by}: ${sentence}`)]);
}

/** `agent-a` → its zone's agent; the edge → its control listener. */
async function answersHealth(program: string): Promise<boolean> {
  const { zones, edges } = await store.read();
  const [kind, name] = program.split('-');
  const zone = zones.find((one) => one.zone === name);
  const address = kind === 'edge' ? edges[0]?.control : kind === 'agent' ? zone?.agent : zone?.controller;
  const answer = await fetch(`http://${address}/health`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
  return answer?.ok ?? false;
}

async function until(condition: () => boolean | Promise<boolean>, what: string, limitMs = 20_000): Promise<void> {
  const limit = systemClock.mono() + limitMs;
  while (!(await condition())) {
    if (systemClock.mono() > limit) throw new Error(`not within ${limitMs} ms: ${what}`);
    await systemClock.sleep(50);
  }
}
