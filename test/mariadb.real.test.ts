/** Real servers in three network namespaces: what was acknowledged survives, what was not is gone, whatever happens when. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
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

/** Writes go on while `work` is done; no write takes long. */
async function expectShortPause(work: () => Promise<void>): Promise<void> {
  const writer = startWriter(live());
  await work();
  await writer.stop();
  for (const id of writer.acknowledged) acknowledged.add(id);
  expect(missing(writer.attempted, writer.acknowledged)).toEqual([]);
  expect(writer.slowestMs()).toBeLessThan(5_000);
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
    '%s: acknowledged writes survive, the rest is gone (I1)',
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
      const held = await idsIn(live());
      // Frozen, cut or dead, it acknowledges nothing more; thawed or healed neither, while it does not know yet. Only what had been
      // acknowledged, and whose OK was on its way when the fault struck, may be told late: the new live copy holds it.
      if (name !== 'kill') fault.mend(old);
      await clock.sleep(300);
      await writer.stop();
      for (const id of writer.acknowledged) acknowledged.add(id);
      expect(before.size).toBeGreaterThan(20);
      expect(missing(writer.acknowledged, held)).toEqual([]);
      expect(tookMs).toBeLessThan(5_000);
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

describe('three copies', () => {
  it(
    'a third copy follows the standby, and the standby takes over with it behind',
    async () => {
      const { live: first, standby: second } = hand.placement();
      const others = ['a', 'b', 'c'].filter((name) => name !== first);
      if (second === null) await hand.protect(others[0]!);
      const third = ['a', 'b', 'c'].find((name) => name !== first && name !== hand.placement().standby)!;
      if (!hand.placement().spares.includes(third)) await takeIn(third);
      const spare = hand.zone(third);
      const following = await spare.until(
        'following the standby',
        ({ report }) => report.follows === hand.placement().standby,
      );
      expect(following.report.acknowledges).toBe(false);
      const old = live();
      const writer = startWriter(old);
      await clock.sleep(300);
      old.freeze();
      await hand.failOver();
      old.thaw();
      await writer.stop();
      for (const id of writer.acknowledged) acknowledged.add(id);
      await expectNothingLost(live());
      await expectShortPause(() => hand.protect(third));
      await expectSameHistory(spare);
      await hand.tell([old.zone]);
      await takeIn(old.zone);
      await old.until('following the standby', ({ report }) => report.follows === third);
      await expectSameHistory(old);
    },
    LIMIT_MS,
  );
});

describe('an isolated live copy', () => {
  it(
    'acknowledges nothing, also when its agent is replaced or its server killed (I2)',
    async () => {
      const cutOff = live();
      cutOff.cut();
      const ids = [900_001, 900_002, 900_003];
      const write = (id: number) =>
        cutOff.root(`SET STATEMENT max_statement_time=1 FOR INSERT INTO shop_db.writes VALUES (${id}, 'alone')`);
      const answers = [Promise.allSettled([write(ids[0]!)])];
      await clock.sleep(200);
      await cutOff.killAgent();
      cutOff.startAgent();
      await cutOff.pursue(hand.goalFor(cutOff.zone), false);
      await clock.sleep(500);
      await hand.tell([cutOff.zone]);
      await cutOff.until('waiting as before', ({ report }) => report.waitsFor === hand.placement().standby);
      answers.push(Promise.allSettled([write(ids[1]!)]));
      await clock.sleep(1_500);
      const took = await Promise.race([Promise.all(answers), clock.sleep(200)]);
      expect(took).toBeUndefined();

      const killedAt = clock.mono();
      cutOff.killServer();
      await cutOff.until('down', ({ report }) => report.state === 'down', 1_000);
      // A failover is due: the server is left down for a while, and then waits again before it lets a write through.
      const back = await cutOff.until('writable again', ({ report }) => report.writable);
      expect(clock.mono() - killedAt).toBeGreaterThan(2_900);
      expect(back.report.waitsFor).toBe(hand.placement().standby);
      await expect(cutOff.query(`INSERT INTO writes VALUES (${ids[2]}, 'alone')`)).rejects.toThrow();

      await hand.failOver();
      await expectNothingLost(live());
      cutOff.heal();
      // Its restart has committed what nobody acknowledged: this history is its own, and is kept aside.
      await hand.tell([cutOff.zone]);
      await cutOff.until('ended', ({ report }) => report.state === 'down');
      await takeIn(cutOff.zone);
      await expectSameHistory(cutOff);
      expect(asideOf(cutOff)).toHaveLength(1);
      // What only it had is written down, can be read, and is told of.
      const told = await cutOff.until('extracted', (now) => now.actions.some(({ verb }) => verb === 'salvage'));
      const salvage = told.actions.find(({ verb }) => verb === 'salvage')!;
      expect(salvage.outcome).toBe('done');
      expect(salvage.detail).toMatch(/^\d+ transactions that only this copy had .*`shop_db`\.`writes` \+\d/);
      const kept = join(cutOff.aside, asideOf(cutOff)[0]!);
      const sql = readFileSync(join(kept, 'salvage.sql'), 'utf8');
      for (const id of ids.slice(0, 2)) expect(sql).toContain(`###   @1=${id}`);
      expect(statSync(join(kept, 'salvage.sql')).mode & 0o077).toBe(0);
      const present = await idsIn(cutOff);
      expect(ids.filter((id) => present.has(id))).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('an agent killed during a promotion', () => {
  it(
    'leaves it to its successor, whenever it dies (I4)',
    async () => {
      for (const afterMs of [0, 4, 8, 12, 16, 24]) {
        const next = ['a', 'b', 'c'].find((name) => name !== hand.placement().live)!;
        await hand.protect(next);
        await writeFor(100, live());
        const old = live();
        old.kill();
        const heir = hand.zone(next);
        const promotion = hand.failOver();
        promotion.catch(() => {});
        await clock.sleep(afterMs);
        await heir.killAgent();
        heir.startAgent();
        await heir.pursue(hand.goalFor(next));
        const { promoted } = await heir.until(
          'promoted',
          (now) => now.promoted?.epoch === hand.placement().promotion.epoch,
        );
        if (hand.placement().promotion.position === null) {
          await hand.commit(
            { promotion: { ...hand.placement().promotion, position: promoted!.position, open: true } },
            [next],
          );
        }
        await expectNothingLost(heir);
        await writeFor(50, heir);
        old.startAgent();
        await hand.tell([old.zone]);
      }
    },
    LIMIT_MS,
  );
});

describe('the standby', () => {
  it(
    'gone: writes pause until the placement gives it up, and not before',
    async () => {
      const next = ['a', 'b', 'c'].find((name) => name !== hand.placement().live)!;
      await hand.protect(next);
      hand.zone(next).kill();
      const write = live().root("INSERT INTO shop_db.writes VALUES (910001, 'paused')");
      expect(await Promise.race([write, clock.sleep(700).then(() => 'paused')])).toBe('paused');
      await hand.commit({ standby: null, inSync: false }, [live().zone]);
      await write;
      acknowledged.add(910001);
      await expectNothingLost(live());
      hand.zone(next).startAgent();
    },
    LIMIT_MS,
  );

  it(
    'of yesterday acknowledges nothing for the one of today (I1, I2)',
    async () => {
      const [yesterday, today] = ['a', 'b', 'c'].filter((name) => name !== hand.placement().live);
      await hand.protect(yesterday!);
      // The old standby's agent never learns that it was replaced: its server stays connected, and would acknowledge.
      await hand.zone(yesterday!).killAgent();
      await hand.commit({ standby: null, inSync: false }, [live().zone]);
      await hand.commit({ standby: today!, inSync: false }, [live().zone, today!]);
      await live().until('waiting', (now) => now.report.waitsFor === today, 30_000);
      hand.zone(today!).freeze();
      const write = live().root("INSERT INTO shop_db.writes VALUES (920001, 'paused')");
      expect(await Promise.race([write, clock.sleep(2_500).then(() => 'paused')])).toBe('paused');
      hand.zone(today!).thaw();
      await write;
      hand.zone(yesterday!).startAgent();
    },
    LIMIT_MS,
  );
});
