/** The plan of a running site is taken away and given back under visitors: it shrinks and grows in order, and nothing is lost. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import type { Ground } from '../src/drill/run.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { databasePids } from '../src/local/copies.ts';
import { healZone, killZone } from '../src/local/faults.ts';
import { copyFolder } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { statusOf, waitForSite, waitUntilProtected } from '../src/local/sites.ts';
import { isProtected, type Placement, type Plan, runsAlone, type SiteStatus } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { visitDuring } from './support/visitors.ts';

const SITE = DRILL_SITES.guestbook!;
const WITHIN_MS = 60_000;
const UNCHANGED = { failures: [], getFailed: 0, otherFailed: 0, ackedLost: 0, executedTwice: 0 };

let platform: Platform;
let store: Store;
let ground: Ground;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-plans-${process.pid}`, siteFile: SITE.file, temporary: true });
  const log = createLog('test', {}, 'error');
  store = openEtcdStore({ endpoints: platform.instance.endpoints, clock: systemClock, log });
  ground = { instance: platform.instance, store, clock: systemClock, progress: silent };
  await waitUntilProtected(platform.instance, SITE.name);
  await untilWhole();
}, 300_000);

afterAll(async () => {
  await store?.close();
  await platform?.stop();
});

/** As a person applies it: the file's text over a controller's API, which reads it, tells people and writes it. */
async function sell(disasterRecovery: Plan['disasterRecovery']): Promise<string[]> {
  const description = `
service: Holdfast Hosting
urls: { console: https://console.example.org, status: https://status.example.org }
contact: { sales: sales@example.org, support: support@example.org }
plans: [{ name: demonstration, title: Demonstration, disasterRecovery: ${disasterRecovery} }]
`;
  const access = accessTo(platform.instance, 'Ada');
  return (await tellControllers<{ warnings: string[] }>(access, '/apply', { description })).warnings;
}

async function until(what: string, is: (placement: Placement) => boolean): Promise<Placement> {
  const end = systemClock.mono() + WITHIN_MS;
  for (;;) {
    const placement = (await store.placement(SITE.name))!;
    if (is(placement)) return placement;
    if (systemClock.mono() > end) throw new Error(`${what}: not within a minute: ${JSON.stringify(placement)}`);
    await systemClock.sleep(20);
  }
}

/** Protected, with a spare that is not only named but runs. */
async function untilWhole(): Promise<void> {
  const { spares } = await until(
    'protected, with a spare',
    (placement) => isProtected(placement) && placement.spares.length === 1 && placement.exposedBy == null,
  );
  const runs = ({ copies }: SiteStatus) => copies.find(({ zone }) => zone === spares[0])?.database === 'running';
  await waitForSite(platform.instance, SITE.name, 'the spare runs', runs);
}

describe('a site whose plan changes while it runs', () => {
  it('shrinks to one zone and grows again, back and forth, with no request failed and nothing lost (I1)', async () => {
    const before = (await store.placement(SITE.name))!;
    const visit = await visitDuring(ground, async () => {
      expect(await sell('unavailable')).toEqual([`Not protected any more: ${SITE.name}.`]);
      const alone = await until('alone', runsAlone);
      expect([alone.live, alone.standby, alone.inSync]).toEqual([before.live, null, false]);
      await systemClock.sleep(1_500);
      for (const zone of [before.standby!, before.spares[0]!]) {
        expect(databasePids(platform.instance, zone, SITE.name), `database in zone ${zone}`).toEqual([]);
        expect(existsSync(join(copyFolder(platform.instance, zone, SITE.name), 'data'))).toBe(true);
      }
      expect(await sell('included')).toEqual([`Protected from now on: ${SITE.name}.`]);
      await untilWhole();
      // Changed again before the first step was over, and by the next step after the first.
      for (const pauseMs of [0, 60, 400]) {
        await sell('unavailable');
        await systemClock.sleep(pauseMs);
        await sell('included');
        await systemClock.sleep(pauseMs);
      }
      await untilWhole();
    });
    console.error(JSON.stringify(visit));
    expect(visit).toMatchObject(UNCHANGED);
    expect(visit.writeGapMs).toBeLessThan(5_000);
    expect((await store.placement(SITE.name))!.live).toBe(before.live);
    expect(await store.incidents(5)).toEqual([]);
  }, 180_000);

  it('alone, its zone lost: it stays, says why, and goes on when the zone is back; protected again it moves', async () => {
    const { live } = (await store.placement(SITE.name))!;
    await sell('unavailable');
    await until('alone', runsAlone);
    const status = async () => (await statusOf(platform.instance)).sites.find(({ site }) => site === SITE.name)!;
    const atRest = await status();
    expect([atRest.protected, atRest.refusal?.code]).toEqual([false, 'not-protected-by-plan']);
    const visit = await visitDuring(ground, async () => {
      await killZone(platform.instance, live);
      const troubled = await until('an incident', ({ incident }) => incident !== null);
      await systemClock.sleep(3_000);
      expect((await store.placement(SITE.name))!.live).toBe(live);
      const codes = (await store.incident(troubled.incident!))!.entries.map(({ code }) => code);
      expect(codes).toContain('not-protected-by-plan');
      await healZone(platform.instance, live);
      await until('the incident is over', ({ incident }) => incident === null);
    });
    console.error(JSON.stringify({ ...visit, failures: visit.failures.slice(0, 2) }));
    expect([visit.ackedLost, visit.executedTwice]).toEqual([0, 0]);
    expect(runsAlone((await store.placement(SITE.name))!)).toBe(true);

    await sell('included');
    await untilWhole();
    const moved = await visitDuring(ground, async () => {
      await killZone(platform.instance, live);
      await until('moved', (placement) => placement.live !== live && isProtected(placement));
      await healZone(platform.instance, live);
      await untilWhole();
    });
    expect([moved.getFailed, moved.ackedLost, moved.executedTwice]).toEqual([0, 0, 0]);
  }, 240_000);
});
