/** A standby that was killed with acknowledged rows received and not applied has them all when it is started again, alone. */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, missing, startWriter, WRITES_TABLE, type Writer } from './support/writer.ts';

const LIMIT_MS = 180_000;

let zones: Zones;
let hand: Hand;
let live: TestZone;
let standby: TestZone;

beforeAll(async () => {
  zones = await createZones(['a', 'b']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  await hand.zone('a').root(`USE shop_db; ${WRITES_TABLE}`);
}, 2 * LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

/** Whatever the last test left behind: both run, and the one that is not live protects the other. */
beforeEach(async () => {
  live = hand.zone(hand.placement().live);
  standby = hand.zone(live.zone === 'a' ? 'b' : 'a');
  for (const zone of [live, standby]) zone.kill();
  for (const zone of [live, standby]) zone.startAgent();
  await hand.commit({ standby: null, inSync: false, spares: [standby.zone] });
  const { epoch } = hand.placement();
  await live.until('writable', ({ report }) => report.writable, 30_000);
  await standby.until('following', (now) => now.settledEpoch === epoch, 30_000);
  await hand.protect(standby.zone);
}, LIMIT_MS);

/** Nothing is applied on the standby from now on, while it goes on receiving and acknowledging. */
async function blockApplier(zone: TestZone): Promise<void> {
  const statement = 'FLUSH TABLES WITH READ LOCK; SELECT SLEEP(600)';
  spawn('mariadb', ['--no-defaults', `-S${join(zone.folder, 'db.sock')}`, '-e', statement], {
    stdio: 'ignore',
  }).unref();
  for (;;) {
    const found = await zone.root(
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'",
    );
    if (found !== '0') return;
    await clock.sleep(20);
  }
}

async function writeUnapplied(): Promise<Writer> {
  await blockApplier(standby);
  return writeSome();
}

async function writeSome(): Promise<Writer> {
  const writer = startWriter(live);
  for (let round = 0; round < 400 && writer.acknowledged.size < 60; round += 1) await clock.sleep(50);
  expect(writer.acknowledged.size).toBeGreaterThan(20);
  return writer;
}

function kill(...those: TestZone[]): void {
  for (const zone of those) zone.kill();
}

/** Starts the standby's agent alone and has it promoted as soon as it tells that nothing is missing there. */
async function returnAlone(): Promise<void> {
  standby.startAgent();
  await standby.pursue(hand.goalFor(standby.zone));
  await standby.until('complete', ({ report }) => report.state === 'running', 60_000);
  await hand.failOver();
}

describe('live and standby are killed, and the standby returns alone', () => {
  it(
    'with rows that it had not applied: none is lost (I1)',
    async () => {
      const { acknowledged, stop } = await writeUnapplied();
      kill(live, standby);
      await stop();
      await returnAlone();
      expect(missing(acknowledged, await idsIn(standby))).toEqual([]);
      const { actions } = await standby.status();
      expect(actions.find(({ verb }) => verb === 'replay')?.detail).toMatch(/applied \d+ transactions/);
      // The killed live copy comes back and follows on: positions are as if nothing had happened.
      live.startAgent();
      await hand.commit({ spares: [live.zone] });
      await live.until('following', ({ report }) => report.ioRunning && report.sqlRunning, 30_000);
      await standby.query("INSERT INTO writes VALUES (5000001, 'afterwards')");
      const target = sequence(await standby.root('SELECT @@gtid_binlog_pos'));
      await live.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target);
      expect(await idsIn(live)).toEqual(await idsIn(standby));
    },
    LIMIT_MS,
  );

  it(
    'with every kind of transaction in its relay logs, over several files (I1)',
    async () => {
      await live.root('SET GLOBAL max_binlog_size=8192');
      await standby.root('SET GLOBAL max_relay_log_size=8192');
      await blockApplier(standby);
      const statements = [
        "INSERT INTO writes SELECT 700000 + seq, REPEAT('x', 300) FROM seq_1_to_60",
        'CREATE TABLE other (id INT PRIMARY KEY, y TEXT) ENGINE=InnoDB',
        'ALTER TABLE other ADD z INT DEFAULT 7',
        "INSERT INTO other (id, y) SELECT seq, REPEAT('y', 500) FROM seq_1_to_60",
        'CREATE TEMPORARY TABLE t1 (a INT); INSERT INTO t1 VALUES (1); DROP TEMPORARY TABLE t1',
        'CREATE TABLE chosen (PRIMARY KEY (id)) ENGINE=InnoDB SELECT seq AS id FROM seq_1_to_20',
        'CREATE TABLE loose (id INT) ENGINE=MyISAM; INSERT INTO loose VALUES (1), (2)',
        "XA START 'done'; INSERT INTO other VALUES (9001, 'xa', 1); XA END 'done'; XA PREPARE 'done'; XA COMMIT 'done'",
        "XA START 'open'; INSERT INTO other VALUES (9002, 'xa', 1); XA END 'open'; XA PREPARE 'open'",
        'UPDATE other SET z = id WHERE id < 30; DELETE FROM other WHERE id > 55 AND id < 60',
        ...Array.from({ length: 40 }, (_, i) => `INSERT INTO writes VALUES (${710000 + i}, REPEAT('w', 400))`),
      ];
      for (const statement of statements) await live.root(`USE shop_db; ${statement}`);
      const sums = `USE shop_db; SELECT COUNT(*), SUM(CRC32(CONCAT(id, text))) FROM writes; SELECT COUNT(*), SUM(CRC32(CONCAT(id, y, z))) FROM other;
        SELECT COUNT(*), SUM(id) FROM chosen; SELECT COUNT(*), SUM(id) FROM loose; XA RECOVER`;
      const before = await live.root(sums);
      const relays = readdirSync(join(standby.folder, 'data')).filter((name) => /^relay\.\d/.test(name));
      expect(relays.length).toBeGreaterThan(2);
      kill(live, standby);
      await returnAlone();
      expect(await standby.root(sums)).toBe(before);
      await standby.root("XA ROLLBACK 'open'");
    },
    LIMIT_MS,
  );

  it(
    'with an event written by half at the end, or killed while it catches up (I1)',
    async () => {
      const { acknowledged, stop } = await writeUnapplied();
      kill(live, standby);
      await stop();
      const newest = readFileSync(join(standby.folder, 'data', 'relay.index'), 'utf8')
        .trim()
        .split('\n')
        .at(-1)!;
      // The beginning of an event that says it is 200 bytes long.
      const half = Buffer.alloc(40);
      half.writeUInt8(162, 4);
      half.writeUInt32LE(200, 9);
      appendFileSync(join(standby.folder, 'data', newest), half);
      for (const afterMs of [150, 250, 350, 500]) {
        standby.startAgent();
        await standby.pursue(hand.goalFor(standby.zone));
        await clock.sleep(afterMs);
        kill(standby);
        await clock.sleep(50);
      }
      await returnAlone();
      expect(missing(acknowledged, await idsIn(standby))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'with a relay log that cannot be read: it says that something may be missing, and is not complete',
    async () => {
      const { stop } = await writeUnapplied();
      kill(live, standby);
      await stop();
      const newest = readFileSync(join(standby.folder, 'data', 'relay.index'), 'utf8')
        .trim()
        .split('\n')
        .at(-1)!;
      truncateSync(join(standby.folder, 'data', newest), 2);
      appendFileSync(join(standby.folder, 'data', newest), 'rubbish');
      standby.startAgent();
      await standby.pursue(hand.goalFor(standby.zone));
      const { actions } = await standby.until('through with it', (now) =>
        now.actions.some(({ verb }) => verb === 'follow'),
      );
      expect(actions.find(({ verb }) => verb === 'replay')?.detail).toMatch(/more may have been acknowledged/);
      const { report } = await standby.status();
      expect(report.state).toBe('starting');
    },
    LIMIT_MS,
  );
});

describe('the live copy is killed', () => {
  it(
    'while the applier of the standby has stopped: starting it again throws nothing away (I1)',
    async () => {
      await standby.killAgent();
      await standby.root('STOP SLAVE SQL_THREAD');
      const { acknowledged, stop } = await writeSome();
      kill(live);
      await stop();
      standby.startAgent();
      await hand.failOver();
      expect(missing(acknowledged, await idsIn(standby))).toEqual([]);
    },
    LIMIT_MS,
  );
});
