/**
 * What was live steps down where it is when nothing is under way, and is ended when something is: real servers, a planned move by hand. Nobody
 * is told OK of a write that the new live copy does not have.
 */
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsOf } from '../src/agent/mariadb/options.ts';
import { siteUser } from '../src/agent/mariadb/users.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, missing, startWriter, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 60_000;

let zones: Zones;
let hand: Hand;
const acknowledged = new Set<number>();
const open: mysql.Connection[] = [];

const live = () => hand.zone(hand.placement().live);
const other = () => hand.zone(hand.placement().live === 'a' ? 'b' : 'a');
const pidOf = (zone: TestZone): number => JSON.parse(readFileSync(pathsOf(zone.folder).process, 'utf8')).pid;

beforeAll(async () => {
  zones = await createZones(['a', 'b']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  await live().query(WRITES_TABLE);
}, LIMIT_MS);

afterAll(async () => {
  for (const connection of open) connection.destroy();
  await zones?.end();
}, LIMIT_MS);

async function asSite(zone: TestZone): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({
    host: zone.host,
    port: zone.source.port,
    user: siteUser('shop'),
    password: 'dbpw',
    database: 'shop_db',
  });
  connection.on('error', () => {});
  open.push(connection);
  return connection;
}

async function write(): Promise<void> {
  const writer = startWriter(live());
  await clock.sleep(150);
  await writer.stop();
  for (const id of writer.acknowledged) acknowledged.add(id);
  expect(writer.acknowledged.size).toBeGreaterThan(0);
}

/** The former live copy follows, with the same rows; nothing acknowledged is missing and nothing was set aside. */
async function expectFollows(zone: TestZone): Promise<void> {
  const { epoch } = hand.placement();
  await zone.until('following', (now) => now.settledEpoch === epoch, 60_000);
  const target = sequence((await live().status()).report.binlogPosition);
  await zone.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target, 30_000);
  const rows = await idsIn(live());
  expect(await idsIn(zone)).toEqual(rows);
  expect(missing(acknowledged, rows)).toEqual([]);
  expect(asideOf(zone)).toEqual([]);
}

async function protect(): Promise<void> {
  if (hand.placement().standby === null) await hand.protect(other().zone);
}

describe('a planned move', () => {
  it(
    'there and back, three times: the servers go on, and the former live copy follows at once (I1)',
    async () => {
      await protect();
      await write();
      const pids = zones.zones.map(pidOf);
      for (let round = 0; round < 6; round += 1) {
        const old = live();
        await hand.switchOver();
        await write();
        await expectFollows(old);
        await protect();
        await write();
      }
      expect(zones.zones.map(pidOf)).toEqual(pids);
    },
    LIMIT_MS,
  );

  it(
    'ends the connections of visitors, and what they have open is undone',
    async () => {
      await protect();
      const old = live();
      const pid = pidOf(old);
      const visitor = await asSite(old);
      await visitor.query('CREATE TEMPORARY TABLE seen (id INT)');
      await visitor.query('INSERT INTO seen VALUES (1)');
      await visitor.query('START TRANSACTION');
      await visitor.query("INSERT INTO writes (id, text) VALUES (900001, '')");
      await hand.switchOver();
      await expectFollows(old);
      await expect(visitor.query('SELECT 1')).rejects.toThrow(/closed|lost|ECONNRESET|Server shutdown|killed/i);
      expect(await idsIn(live())).not.toContain(900001);
      expect(pidOf(old)).toBe(pid);
    },
    LIMIT_MS,
  );

  it(
    'is gone on with by the next agent when the one of the former live copy is killed in between',
    async () => {
      await protect();
      await write();
      const old = live();
      const pid = pidOf(old);
      await hand.switchOver(async () => {
        await old.until('read-only', ({ report }) => !report.writable);
        await old.killAgent();
        old.startAgent();
      });
      await expectFollows(old);
      expect(pidOf(old)).toBe(pid);
    },
    LIMIT_MS,
  );
});

describe('something is under way on the former live copy', () => {
  it(
    'a commit that waits for its acknowledgement: the server is ended, nobody is told OK, and the write is gone (I2)',
    async () => {
      await protect();
      const old = live();
      const pid = pidOf(old);
      old.cut();
      const outcome = old.root("INSERT INTO shop_db.writes (id, text) VALUES (900002, '')").then(
        () => 'told OK',
        () => 'not told',
      );
      await clock.sleep(200);
      await hand.switchOver();
      expect(await outcome).toBe('not told');
      old.heal();
      await expectFollows(old);
      expect(pidOf(old)).not.toBe(pid);
      expect(await idsIn(live())).not.toContain(900002);
    },
    LIMIT_MS,
  );

  it(
    'a statement that takes long: it is ended with the server',
    async () => {
      await protect();
      const old = live();
      const visitor = await asSite(old);
      const startedAt = clock.mono();
      const outcome = visitor
        .query("INSERT INTO writes (id, text) SELECT 900003, '' FROM (SELECT SLEEP(60)) AS slow")
        .then(
          () => 'told OK',
          () => 'not told',
        );
      await clock.sleep(200);
      await hand.switchOver();
      expect(await outcome).toBe('not told');
      expect(clock.mono() - startedAt).toBeLessThan(30_000);
      await expectFollows(old);
      expect(await idsIn(live())).not.toContain(900003);
    },
    LIMIT_MS,
  );

  it(
    'commits that wait for nobody: the server is ended at once, for it would go on telling its visitors OK',
    async () => {
      const old = live();
      if (hand.placement().standby === null) await protect();
      const pid = pidOf(old);
      await old.root('SET GLOBAL rpl_semi_sync_master_enabled=0');
      await hand.switchOver();
      await expectFollows(old);
      expect(pidOf(old)).not.toBe(pid);
    },
    LIMIT_MS,
  );
});
