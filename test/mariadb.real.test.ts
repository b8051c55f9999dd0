/** Real servers in three network namespaces: what was acknowledged survives, what was not is gone, whatever happens when. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, missing, startWriter, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 60_000;
/** Every id ever acknowledged, in any reign. */
const acknowledged = new Set<number>();

let zones: Zones;
let hand: Hand;

beforeAll(async () => {
  zones = await createZones(['a', 'b', 'c']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  await live().query(WRITES_TABLE);
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

const live = (): TestZone => hand.zone(hand.placement().live);

async function expectNothingLost(zone: TestZone): Promise<void> {
  const present = await idsIn(zone);
  expect(missing(acknowledged, present)).toEqual([]);
}

/** Same rows on both once the follower has applied the live one's position. */
async function expectSameHistory(follower: TestZone): Promise<void> {
  const target = sequence((await live().status()).report.binlogPosition);
  await follower.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target);
  expect(await idsIn(follower)).toEqual(await idsIn(live()));
}

async function takeIn(name: string): Promise<void> {
  await hand.commit({ spares: [...hand.placement().spares, name] });
  const { epoch } = hand.placement();
  await hand.zone(name).until('following', (now) => now.settledEpoch === epoch, 30_000);
}

async function writeFor(ms: number, zone: TestZone): Promise<void> {
  const writer = startWriter(zone);
  await clock.sleep(ms);
  await writer.stop();
  for (const id of writer.acknowledged) acknowledged.add(id);
  expect(writer.acknowledged.size).toBeGreaterThan(0);
}

interface Fault {
  strike(zone: TestZone): void;
  mend(zone: TestZone): void;
}
const FAULTS: Record<string, Fault> = {
  kill: { strike: (zone) => zone.kill(), mend: (zone) => zone.startAgent() },
  freeze: { strike: (zone) => zone.freeze(), mend: (zone) => zone.thaw() },
  cut: { strike: (zone) => zone.cut(), mend: (zone) => zone.heal() },
};

describe('a zone is lost and comes back', () => {
  it.each(['kill', 'freeze', 'cut'])(
    '%s: acknowledged writes survive, the rest is gone',
    async (name) => {
      const fault = FAULTS[name]!;
      const [next] = ['a', 'b', 'c'].filter(
        (zone) => zone !== hand.placement().live && zone !== hand.placement().standby,
      );
      if (hand.placement().standby === null) await hand.protect(next!);
      const old = live();
      const writer = startWriter(old);
      await clock.sleep(400);
      fault.strike(old);
      const before = new Set(writer.acknowledged);
      await clock.sleep(200);
      const tookMs = await hand.failOver();
      const atPromotion = new Set(writer.acknowledged);
      // Frozen, cut or dead, it acknowledges nothing more; thawed or healed neither, while it does not know yet.
      if (name !== 'kill') fault.mend(old);
      await clock.sleep(300);
      await writer.stop();
      for (const id of writer.acknowledged) acknowledged.add(id);
      expect(before.size).toBeGreaterThan(20);
      expect(missing(writer.acknowledged, atPromotion)).toEqual([]);
      expect(tookMs).toBeLessThan(1_000);
      await expectNothingLost(live());
      await writeFor(100, live());
      if (name === 'kill') fault.mend(old);
      await hand.tell([old.zone]);
      await old.until('ended', ({ report }) => report.state === 'down');
      await takeIn(old.zone);
      await expectSameHistory(old);
      expect(asideOf(old)).toEqual([]);
      await expectNothingLost(live());
    },
    LIMIT_MS,
  );
});
