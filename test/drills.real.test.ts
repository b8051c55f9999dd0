/** Drills against a running system: a move passes without a failed request, faults pass, an unsafe one is refused, and no controller is needed twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { askDrills } from '../src/cli/follow-drill.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import type { Ground } from '../src/drill/run.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { killProgram } from '../src/local/faults.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { waitUntilProtected } from '../src/local/sites.ts';
import type { Drill, DrillFault, DrillResult } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { visitDuring } from './support/visitors.ts';

const SITE = DRILL_SITES.guestbook!;
/** Away, ten seconds there, home; with a copy that has to come back first after a fault. */
const OVER_WITHIN_MS = 180_000;
const BEGUN_WITHIN_MS = 90_000;

let platform: Platform;
let store: Store;
let ground: Ground;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-drills-${process.pid}`, siteFile: SITE.file, temporary: true });
  const log = createLog('test', {}, 'error');
  store = openEtcdStore({ endpoints: platform.instance.endpoints, clock: systemClock, log });
  ground = { instance: platform.instance, store, clock: systemClock, progress: silent };
  await waitUntilProtected(platform.instance, SITE.name);
}, 300_000);

afterAll(async () => {
  await store?.close();
  await platform?.stop();
});

const path = `/sites/${SITE.name}/drill`;
const access = () => accessTo(platform.instance, 'Ada');
const ask = (fault: DrillFault) => tellControllers<{ drill: Drill | null }>(access(), path, { fault });

/** Asked again while it is only too early: a site that has just been set up, or moved. */
async function begin(fault: DrillFault): Promise<Drill> {
  const until = systemClock.mono() + BEGUN_WITHIN_MS;
  for (;;) {
    try {
      return (await ask(fault)).drill!;
    } catch (error) {
      const tooEarly = /moved \d+ s ago|standby-lost|not every edge|would not help/.test(String(error));
      if (!tooEarly || systemClock.mono() > until) throw error;
    }
    await systemClock.sleep(1_000);
  }
}

async function resultOf({ id }: Drill): Promise<DrillResult> {
  const until = systemClock.mono() + OVER_WITHIN_MS;
  while (systemClock.mono() < until) {
    const view = await askDrills(access(), SITE.name).catch(() => null);
    const result = view?.results.find((one) => one.id === id);
    if (result !== undefined) {
      console.error(JSON.stringify(result));
      return result;
    }
    await systemClock.sleep(250);
  }
  throw new Error(`the drill is not over: ${JSON.stringify(await store.placement(SITE.name))}`);
}

async function untilStage(stage: Drill['stage']): Promise<void> {
  const until = systemClock.mono() + OVER_WITHIN_MS;
  while ((await store.placement(SITE.name))?.drill?.stage !== stage) {
    if (systemClock.mono() > until) throw new Error(`the drill does not come to ${stage}`);
    await systemClock.sleep(50);
  }
}

describe('a drill on a running platform', () => {
  it('by move passes with no failed request, and brings the site home, a controller killed in the middle (I4)', async () => {
    const before = (await store.placement(SITE.name))!;
    let result: DrillResult | null = null;
    const visit = await visitDuring(ground, async () => {
      const begun = await begin('move');
      await untilStage('there');
      expect((await store.placement(SITE.name))!.live).toBe(begun.to);
      killProgram(platform.instance, 'controller-a');
      result = await resultOf(begun);
    });
    expect(result).toMatchObject({ outcome: 'passed', problems: [], figures: { failedRequests: 0 } });
    expect(visit).toMatchObject({ failures: [], getFailed: 0, otherFailed: 0, ackedLost: 0, executedTwice: 0 });
    const after = (await store.placement(SITE.name))!;
    expect([after.live, after.inSync, after.drill, after.incident]).toEqual([before.live, true, null, null]);
  });

  it('is refused with the reason while it is unsafe (I8)', async () => {
    await waitUntilProtected(platform.instance, SITE.name);
    // That of the spare: a site whose standby has to leave its zone is exposed for a moment, which is a reason of its own.
    const [zone] = (await store.placement(SITE.name))!.spares;
    if (zone === undefined) throw new Error('there is no spare');
    await store.setEvacuated(zone, { at: systemClock.wall(), by: 'Ada', why: 'test' });
    await systemClock.sleep(1_000);
    await expect(ask('move')).rejects.toThrow(/does not practise now: .*evacuated.*drill-unsafe/s);
    await store.setEvacuated(zone, null);
    await systemClock.sleep(1_000);
    expect((await store.placement(SITE.name))!.drill).toBeNull();
  });

  it.each(['kill-database', 'freeze-database'] as const)(
    'by %s passes: found and answered like any other, and home again (I1)',
    async (fault) => {
      await waitUntilProtected(platform.instance, SITE.name);
      const before = (await store.placement(SITE.name))!;
      let result: DrillResult | null = null;
      const visit = await visitDuring(ground, async () => {
        result = await resultOf(await begin(fault));
      });
      expect(result).toMatchObject({ outcome: 'passed', problems: [], figures: { decidedMs: expect.any(Number) } });
      expect([visit.ackedLost, visit.executedTwice]).toEqual([0, 0]);
      const after = (await store.placement(SITE.name))!;
      expect([after.live, after.inSync, after.drill]).toEqual([before.live, true, null]);
      expect((await store.incidents(20)).map(({ subject }) => subject.split(':')[0])).toContain('drill');
    },
  );
});
