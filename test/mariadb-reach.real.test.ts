/** A copy whose source's binlog does not reach back is no stranger: it gets there by way of another copy, or is built anew. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 240_000;

let zones: Zones;
let hand: Hand;
let a: TestZone;
let b: TestZone;
let c: TestZone;

beforeAll(async () => {
  zones = await createZones(['a', 'b', 'c']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  [a, b, c] = [hand.zone('a'), hand.zone('b'), hand.zone('c')];
  await hand.create();
  await a.root(`USE shop_db; ${WRITES_TABLE}`);
  await hand.protect('b');
  await takeIn(c);
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

async function takeIn(zone: TestZone): Promise<void> {
  await hand.commit({ spares: [...new Set([...hand.placement().spares, zone.zone])] });
  const { epoch } = hand.placement();
  await zone.until('following', (now) => now.settledEpoch === epoch, 90_000);
}

/** The standby is lost with its disk and built anew; the spare is away meanwhile. */
async function standbyBuiltAnewWhileSpareIsAway(id: number): Promise<void> {
  c.kill();
  await hand.commit({ standby: null, inSync: false, spares: [] }, ['a']);
  b.kill();
  rmSync(join(b.folder, 'data'), { recursive: true });
  await a.root(`INSERT INTO shop_db.writes VALUES (${id}, 'while it was away')`);
  b.startAgent();
  await hand.protect('b');
  await a.root(`INSERT INTO shop_db.writes VALUES (${id + 1}, 'after the other was built')`);
  await clock.sleep(300);
}

async function expectLevel(): Promise<void> {
  const target = sequence(await a.root('SELECT @@gtid_binlog_pos'));
  await c.until('level', ({ report }) => sequence(report.appliedPosition) >= target, 30_000);
  await c.until('following the standby', ({ report }) => report.follows === 'b', 30_000);
  expect(await idsIn(c)).toEqual(await idsIn(a));
  expect(asideOf(c)).toEqual([]);
}

it(
  'the live copy reaches back: it follows that one until its source knows it',
  async () => {
    await standbyBuiltAnewWhileSpareIsAway(1);
    c.startAgent();
    await takeIn(c);
    await expectLevel();
    expect((await c.status()).actions.map(({ verb }) => verb)).not.toContain('build');
  },
  LIMIT_MS,
);

it(
  'nobody reaches back: it is built anew, and nothing is set aside since nothing is only there (I13)',
  async () => {
    await standbyBuiltAnewWhileSpareIsAway(11);
    await a.root("FLUSH BINARY LOGS; INSERT INTO shop_db.writes VALUES (21, 'last'); FLUSH BINARY LOGS");
    await clock.sleep(1_000);
    await a.root('PURGE BINARY LOGS BEFORE NOW()');
    c.startAgent();
    await takeIn(c);
    await expectLevel();
    expect((await c.status()).actions.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['discard', 'build']));
  },
  LIMIT_MS,
);
