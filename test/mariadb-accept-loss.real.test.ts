/** A person accepted a loss: what the lost copy had acknowledged alone is set aside, whole, when it returns, and told with its number and folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 240_000;

let zones: Zones;
let hand: Hand;

beforeAll(async () => {
  zones = await createZones(['a', 'b']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  await hand.zone('a').query(WRITES_TABLE);
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

async function takeIn(zone: TestZone): Promise<void> {
  await hand.commit({ spares: [zone.zone] });
  const { epoch } = hand.placement();
  await zone.until('following', (now) => now.settledEpoch === epoch, 90_000);
}

/** The rows that salvage.sql inserts into `writes`. */
function salvagedIds(folder: string): number[] {
  const sql = readFileSync(join(folder, 'salvage.sql'), 'utf8');
  return [...sql.matchAll(/^### INSERT INTO `shop_db`\.`writes`\n### SET\n### {3}@1=(\d+)/gm)].map(([, id]) =>
    Number(id),
  );
}

it.each([
  ['killed a moment after its last acknowledgement', 0],
  ['killed when its log had long been written', 1_500],
])(
  '%s: exactly the rows that the new live copy lacks are in salvage.sql (I13)',
  async (_name, quietMs) => {
    const [old, heir] = [hand.zone(hand.placement().live), hand.zone(hand.placement().live === 'a' ? 'b' : 'a')];
    const first = quietMs === 0 ? 1_000 : 2_000;
    await hand.protect(heir.zone);
    await old.query(`INSERT INTO writes VALUES (${first}, 'both have it')`);
    heir.cut();
    // Nobody is waited for from here on: what is acknowledged, only one copy has.
    await hand.commit({ standby: null, inSync: false, spares: [heir.zone] }, [old.zone]);
    await old.until('waiting for nobody', ({ report }) => report.waitsFor === null && report.writable);
    const alone = Array.from({ length: 20 }, (_, index) => first + 1 + index);
    for (const id of alone) await old.query(`INSERT INTO writes VALUES (${id}, 'acknowledged alone')`);
    await clock.sleep(quietMs);
    old.kill();

    heir.heal();
    const before = hand.placement();
    const epoch = before.epoch + 1;
    await hand.commit(
      {
        live: heir.zone,
        standby: null,
        inSync: false,
        spares: [],
        promotion: {
          epoch,
          from: old.zone,
          position: null,
          open: false,
          acceptedLoss: { by: 'anna', why: 'the host is burnt', at: clock.wall(), incident: null },
        },
      },
      [heir.zone],
    );
    const { promoted } = await heir.until('promoted', (now) => now.promoted?.epoch === epoch);
    const promotion = { ...hand.placement().promotion, position: promoted!.position, open: true };
    await hand.commit({ promotion }, [heir.zone]);
    await heir.until('writable', ({ report }) => report.writable);
    expect([...(await idsIn(heir))].filter((id) => alone.includes(id))).toEqual([]);
    await heir.query(`INSERT INTO writes VALUES (${first + 500}, 'in the new reign')`);

    old.startAgent();
    await takeIn(old);
    const told = await old.until('told of', (now) => now.actions.some(({ verb }) => verb === 'salvage'), 30_000);
    const folder = join(old.aside, asideOf(old).at(-1)!);
    expect(salvagedIds(folder)).toEqual(alone);
    const salvage = told.actions.findLast(({ verb }) => verb === 'salvage')!;
    expect(salvage.outcome).toBe('done');
    expect(salvage.detail).toContain(`20 transactions that only this copy had`);
    expect(salvage.detail).toContain(folder);
    expect([...(await idsIn(old))].filter((id) => alone.includes(id))).toEqual([]);
  },
  LIMIT_MS,
);
