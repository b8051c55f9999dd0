/** Binlogs are kept to a limit of size: never what another copy reads at this moment; a copy that was away for longer is built anew, and told. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn } from './support/writer.ts';

const LIMIT_MS = 240_000;
const MOST_BYTES = 3_000_000;
const FILE_BYTES = 2 ** 20;

let zones: Zones;
let hand: Hand;
let a: TestZone;
let b: TestZone;
let next = 1;

beforeAll(async () => {
  zones = await createZones(['a', 'b'], { binlogs: { keepMs: 86_400_000, mostBytes: MOST_BYTES } });
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  [a, b] = [hand.zone('a'), hand.zone('b')];
  await hand.create();
  await a.query('CREATE TABLE writes (id BIGINT PRIMARY KEY, text LONGTEXT NOT NULL) ENGINE=InnoDB');
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

async function takeIn(): Promise<void> {
  await hand.commit({ spares: ['b'] });
  const { epoch } = hand.placement();
  await b.until('following', (now) => now.settledEpoch === epoch, 90_000);
}

/** That many megabytes of changes. */
async function write(megabytes: number): Promise<void> {
  for (let count = 0; count < megabytes * 2; count += 1) {
    await a.root(`INSERT INTO shop_db.writes VALUES (${next}, REPEAT(MD5(${next}), 16000))`);
    next += 1;
  }
}

async function binlogBytes(zone: TestZone): Promise<number> {
  const rows = (await zone.root('SHOW BINARY LOGS')).split('\n').map((row) => Number(row.split('\t')[1]));
  return rows.reduce((sum, bytes) => sum + bytes, 0);
}

async function untilWithin(zone: TestZone): Promise<void> {
  const deadline = clock.mono() + 30_000;
  while ((await binlogBytes(zone)) > MOST_BYTES + FILE_BYTES) {
    expect(clock.mono(), `${await binlogBytes(zone)} bytes of binlogs`).toBeLessThan(deadline);
    await clock.sleep(200);
  }
}

async function expectLevel(): Promise<void> {
  const target = sequence(await a.root('SELECT @@gtid_binlog_pos'));
  await b.until('level', ({ report }) => sequence(report.appliedPosition) >= target, 60_000);
  expect(await idsIn(b)).toEqual(await idsIn(a));
  expect(asideOf(b)).toEqual([]);
}

it(
  'what is beyond the limit goes, and what a slow copy is still to be sent stays until it has it',
  async () => {
    await write(8);
    await untilWithin(a);
    // Only what was written since a copy was built is worth anything to it: nothing of the past few minutes is removed after that.
    await takeIn();
    await expectLevel();
    await a.killAgent();
    a.startAgent();
    await hand.tell(['a']);
    b.freeze();
    await write(14);
    await clock.sleep(22_000);
    expect(await binlogBytes(a)).toBeGreaterThan(2 * MOST_BYTES);
    const told = await a.until('told', ({ report }) => report.trouble !== null, 15_000);
    expect(told.report.trouble).toContain('another copy still reads the oldest');
    b.thaw();
    await hand.tell(['b']);
    await expectLevel();
    expect((await b.status()).actions.map(({ verb }) => verb)).not.toContain('discard');
    await untilWithin(a);
    await untilWithin(b);
  },
  LIMIT_MS,
);

it(
  'a copy that was away for longer than the limit is cleared away and built anew, and says so',
  async () => {
    b.kill();
    await write(12);
    await untilWithin(a);
    b.startAgent();
    await takeIn();
    await expectLevel();
    const { actions } = await b.status();
    expect(actions.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['discard', 'build']));
    expect(actions.find(({ verb }) => verb === 'discard')!.detail).toContain('no binlog reaches back');
  },
  LIMIT_MS,
);
