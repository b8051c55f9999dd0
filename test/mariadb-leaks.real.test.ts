/**
 * The leak hunt, on real servers: whatever a site may say or do to a live copy that nobody acknowledges, it is told of no write that
 * could be lost; and what the rights of a site are, and what goes over a failover unharmed or not (docs/reference/mariadb.md).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { siteUser } from '../src/agent/mariadb/users.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 120_000;
/** Nothing that waits for an acknowledgement has answered by then. */
const UNANSWERED_MS = 1_500;

let zones: Zones;
let hand: Hand;
const open: mysql.Connection[] = [];

const live = () => hand.zone(hand.placement().live);
const other = () => hand.zone(hand.placement().live === 'a' ? 'b' : 'a');

beforeAll(async () => {
  zones = await createZones(['a', 'b']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  await live().query(WRITES_TABLE);
  await live().query('CREATE TABLE plain (id INT PRIMARY KEY) ENGINE=MyISAM');
  await live().query('CREATE TABLE arias (id INT PRIMARY KEY) ENGINE=Aria');
  await live().query('CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100))');
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

/** `waits` after 1.5 s, `done`, or the error's name. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  const answer = work.then(
    () => 'done',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  return Promise.race([answer, clock.sleep(UNANSWERED_MS).then(() => 'waits')]);
}

async function protect(): Promise<void> {
  if (hand.placement().standby === null) await hand.protect(other().zone);
}

/** The lost copy is dead; the other is live, and the lost one follows it again. */
async function failOverAndReturn(): Promise<void> {
  const old = live();
  old.kill();
  await hand.failOver();
  old.startAgent();
  await hand.commit({ spares: [old.zone] });
  const { epoch } = hand.placement();
  await old.until('following', (now) => now.settledEpoch === epoch, 60_000);
  const target = sequence((await live().status()).report.binlogPosition);
  await old.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target, 30_000);
}

describe('what a site may not do', () => {
  it('has rights on its own database only', async () => {
    const grants = (await live().query('SHOW GRANTS')).map((row) => String(Object.values(row)[0]));
    expect(grants.map((grant) => grant.replace(/ TO .*/, ''))).toEqual([
      'GRANT USAGE ON *.*',
      'GRANT ALL PRIVILEGES ON `shop\\_db`.*',
    ]);
  });

  it.each([
    ['SET SESSION sql_log_bin=0', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL rpl_semi_sync_master_enabled=0', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL rpl_semi_sync_master_wait_no_slave=0', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL rpl_semi_sync_master_timeout=1', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL read_only=0', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL event_scheduler=1', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL max_connections=1', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET GLOBAL gtid_slave_pos="0-1-1"', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET SESSION gtid_domain_id=7', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET SESSION gtid_seq_no=99999999', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET SESSION server_id=7', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SET SESSION binlog_format=STATEMENT', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['STOP SLAVE', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['CHANGE MASTER TO MASTER_HOST="x"', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['RESET MASTER', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['FLUSH BINARY LOGS', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['PURGE BINARY LOGS BEFORE NOW()', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['FLUSH TABLES WITH READ LOCK', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['SHUTDOWN', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['INSTALL SONAME "ha_blackhole"', 'ER_TABLEACCESS_DENIED_ERROR'],
    ['SELECT 1 INTO OUTFILE "/tmp/hf-leaks-out"', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['LOAD DATA INFILE "/etc/passwd" INTO TABLE log', 'ER_ACCESS_DENIED_ERROR'],
    ['CREATE USER me', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    ['CREATE DATABASE shopxdb', 'ER_DBACCESS_DENIED_ERROR'],
    ['SELECT * FROM mysql.global_priv', 'ER_TABLEACCESS_DENIED_ERROR'],
    ['SELECT * FROM holdfast.reigns', 'ER_TABLEACCESS_DENIED_ERROR'],
    ['GRANT ALL ON shop_db.* TO PUBLIC', 'ER_DBACCESS_DENIED_ERROR'],
    ['CREATE DEFINER=`holdfast_agent`@`localhost` PROCEDURE up() SELECT 1', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
    [
      'CREATE DEFINER=`root`@`localhost` TRIGGER up BEFORE INSERT ON log FOR EACH ROW SET @a=1',
      'ER_SPECIFIC_ACCESS_DENIED_ERROR',
    ],
    [
      'CREATE DEFINER=`root`@`localhost` EVENT up ON SCHEDULE EVERY 1 SECOND DO SELECT 1',
      'ER_SPECIFIC_ACCESS_DENIED_ERROR',
    ],
    ['CREATE DEFINER=`root`@`localhost` VIEW up AS SELECT * FROM log', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'],
  ])('%s: %s', async (sql, code) => {
    expect(await outcomeOf(live().query(sql))).toBe(code);
  });

  it('reads no file of the host', async () => {
    expect(await live().query('SELECT LOAD_FILE("/etc/passwd") AS text')).toEqual([{ text: null }]);
    expect(existsSync('/tmp/hf-leaks-out')).toBe(false);
  });
});

describe('a live copy that nobody acknowledges', () => {
  it(
    'answers no change of any kind, and shows other readers no row (I2)',
    async () => {
      await protect();
      const [alone, standby] = [live(), other()];
      await alone.query('INSERT INTO writes VALUES (1, "acknowledged")');
      const killer = await asSite(alone);
      const reader = await asSite(alone);
      const xa = await asSite(alone);
      await xa.query('XA START "isolated"');
      await xa.query('INSERT INTO writes VALUES (7, "prepared")');
      await xa.query('XA END "isolated"');
      const temporary = await asSite(alone);
      await temporary.query('CREATE TEMPORARY TABLE scratch (id INT) ENGINE=InnoDB');
      standby.killServer();
      await standby.killAgent();
      const statements: Record<string, string> = {
        insert: 'INSERT INTO writes VALUES (2, "isolated")',
        update: 'UPDATE writes SET text="isolated" WHERE id=1',
        myisam: 'INSERT INTO plain VALUES (1)',
        aria: 'INSERT INTO arias VALUES (1)',
        'create table': 'CREATE TABLE isolated_table (id INT)',
        'create select': 'CREATE TABLE isolated_copy SELECT * FROM log',
        'insert from temporary': 'INSERT INTO writes SELECT 3, "isolated"',
      };
      const outcomes: Record<string, string> = {};
      const waiting: Record<string, mysql.Connection> = {};
      const asked = Object.entries(statements).map(async ([name, sql]) => {
        waiting[name] = await asSite(alone);
        outcomes[name] = await outcomeOf(waiting[name].query(sql));
      });
      const note = async (name: string, work: Promise<unknown>) => {
        outcomes[name] = await outcomeOf(work);
      };
      asked.push(note('xa prepare', xa.query('XA PREPARE "isolated"')));
      asked.push(note('root', alone.root('INSERT INTO shop_db.writes VALUES (4, "root")')));
      await Promise.all(asked);
      expect(outcomes).toEqual(Object.fromEntries(Object.keys(outcomes).map((name) => [name, 'waits'])));
      // Its own temporary tables are its own affair: nobody else ever sees them.
      expect(await outcomeOf(temporary.query('INSERT INTO scratch VALUES (1)'))).toBe('done');
      // The rows are not there for others, except in tables without transactions.
      const [rows] = await reader.query('SELECT id, text FROM writes ORDER BY id');
      expect(rows).toEqual([{ id: 1, text: 'acknowledged' }]);
      await killer.query(`KILL QUERY ${waiting.insert!.threadId}`);
      expect(await outcomeOf(waiting.insert!.ping())).toBe('waits');
      await killer.query(`KILL HARD CONNECTION ${waiting.update!.threadId}`).catch(() => {});
      expect(await outcomeOf(reader.query('SELECT 1 FROM writes WHERE text="isolated"'))).toBe('done');
      const [after] = await reader.query('SELECT id FROM writes ORDER BY id');
      expect(after).toEqual([{ id: 1 }]);

      standby.startAgent();
      await hand.tell([standby.zone]);
      await standby.until('acknowledging', ({ report }) => report.acknowledges, 30_000);
      const [done] = await reader.query('SELECT COUNT(*) AS found FROM writes WHERE id IN (1, 2, 3, 4)');
      expect(done).toEqual([{ found: 4 }]);
      await xa.query('XA COMMIT "isolated"').catch(() => {});
    },
    LIMIT_MS,
  );

  it(
    'restarted alone lets no write through (I2)',
    async () => {
      await protect();
      const [alone, standby] = [live(), other()];
      standby.killServer();
      await standby.killAgent();
      await alone.killAgent();
      alone.killServer();
      alone.startAgent();
      await hand.tell([alone.zone]);
      await alone.until('writable again', ({ report }) => report.writable, 30_000);
      expect(await outcomeOf(alone.query('INSERT INTO writes VALUES (11, "restarted")'))).not.toBe('done');
      expect(await outcomeOf(alone.root('INSERT INTO shop_db.writes VALUES (12, "root")'))).toBe('waits');
      standby.startAgent();
      await hand.tell([standby.zone]);
      await standby.until('acknowledging', ({ report }) => report.acknowledges, 30_000);
    },
    LIMIT_MS,
  );
});

describe('over a failover', () => {
  it(
    'tables of every engine, a big transaction, triggers, time zones: all of it is there',
    async () => {
      await protect();
      const writer = await asSite(live());
      await writer.query('CREATE TABLE stamps (id INT PRIMARY KEY, at TIMESTAMP NULL, local DATETIME)');
      await writer.query('SET time_zone="+09:00"');
      await writer.query('INSERT INTO stamps VALUES (1, "2026-07-01 12:00:00", NOW())');
      await writer.query(
        'CREATE TRIGGER written AFTER INSERT ON stamps FOR EACH ROW INSERT INTO log (what) VALUES (CONCAT("trigger ", NEW.id))',
      );
      await writer.query('INSERT INTO stamps VALUES (2, FROM_UNIXTIME(1000000000), "2026-01-01")');
      await writer.query('CREATE TABLE doubled SELECT * FROM stamps');
      await writer.query('CREATE TEMPORARY TABLE scratch (id INT)');
      await writer.query('INSERT INTO scratch VALUES (5)');
      await writer.query('INSERT INTO writes SELECT 100 + id, "from a temporary table" FROM scratch');
      await writer.query('INSERT INTO plain VALUES (100)');
      await writer.query('INSERT INTO arias VALUES (100)');
      // binlog_cache_size is 32 KB: most of this goes through a temporary file.
      await writer.query('BEGIN');
      for (let id = 1_000; id < 1_020; id += 1)
        await writer.query('INSERT INTO writes VALUES (?, REPEAT("x", 60000))', [id]);
      await writer.query('COMMIT');
      const checks =
        'SELECT COUNT(*), SUM(CRC32(text)) FROM shop_db.writes; SELECT id, UNIX_TIMESTAMP(at), local FROM shop_db.stamps; ' +
        'SELECT what FROM shop_db.log; SELECT COUNT(*) FROM shop_db.doubled; SELECT id FROM shop_db.plain; SELECT id FROM shop_db.arias';
      const before = await live().root(checks);
      expect(before).toContain('1000000000');
      const old = live();
      await failOverAndReturn();
      expect(await live().root(checks)).toBe(before);
      expect(await old.root(checks)).toBe(before);
      // The trigger fired once, where the write was made: a replica gets rows, and fires nothing.
      expect(before.split('\n').filter((line) => line.startsWith('trigger'))).toEqual(['trigger 2']);
    },
    LIMIT_MS,
  );

  it(
    'an event runs nowhere: the scheduler is off on every copy, and a site cannot switch it on',
    async () => {
      await protect();
      await live().query('CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO log (what) VALUES ("tick")');
      await clock.sleep(1_500);
      for (const zone of zones.zones) {
        expect(await zone.root('SELECT @@event_scheduler')).toBe('OFF');
        expect(await zone.root('SELECT COUNT(*) FROM shop_db.log WHERE what="tick"')).toBe('0');
      }
      await live().query('DROP EVENT tick');
    },
    LIMIT_MS,
  );

  it(
    'a prepared XA transaction is there, still prepared, and can be ended there; until then it holds its locks',
    async () => {
      await protect();
      const xa = await asSite(live());
      await xa.query('XA START "order-1"');
      await xa.query('INSERT INTO writes VALUES (2000, "prepared")');
      await xa.query('XA END "order-1"');
      await xa.query('XA PREPARE "order-1"');
      await failOverAndReturn();
      const heir = await asSite(live());
      const [rows] = await heir.query('XA RECOVER');
      expect((rows as { data: Buffer }[]).map(({ data }) => String(data))).toEqual(['order-1']);
      await heir.query('XA COMMIT "order-1"');
      expect(await live().root('SELECT text FROM shop_db.writes WHERE id=2000')).toBe('prepared');
    },
    LIMIT_MS,
  );

  it(
    'a transaction that is ended by a kill while it waits is not there, or there and never told of (I2)',
    async () => {
      await protect();
      const [old, standby] = [live(), other()];
      standby.freeze();
      const ids = [3_001, 3_002, 3_003];
      const answers = ids.map((id) => outcomeOf(old.query(`INSERT INTO writes VALUES (${id}, "waiting")`)));
      expect(await Promise.all(answers)).not.toContain('done');
      // An orderly end commits what nobody acknowledged: the server's history is then its own, and is set aside.
      const pid = readFileSync(join(old.folder, 'run', 'mariadb', 'mariadbd.pid'), 'utf8').trim();
      await old.killAgent();
      process.kill(Number(pid), 'SIGTERM');
      await clock.sleep(2_500);
      old.kill();
      standby.thaw();
      await hand.failOver();
      old.startAgent();
      await hand.commit({ spares: [old.zone] });
      const { epoch } = hand.placement();
      await old.until('following', (now) => now.settledEpoch === epoch, 60_000);
      const checks = 'SELECT id FROM shop_db.writes ORDER BY id';
      const target = sequence(await live().root('SELECT @@gtid_binlog_pos'));
      await old.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target, 30_000);
      expect(await old.root(checks)).toBe(await live().root(checks));
    },
    LIMIT_MS,
  );

  it(
    'what no acknowledgement protects is told of',
    async () => {
      const sentence = 'tables that are not InnoDB: arias (Aria), plain (MyISAM)';
      const told = await live().until('told of', ({ report }) => report.trouble !== null, 90_000);
      expect(told.report.trouble).toBe(sentence);
    },
    LIMIT_MS,
  );

  it('no server has met an error in what it applied', () => {
    for (const zone of zones.zones) {
      const log = readFileSync(join(zone.folder, 'run', 'mariadb', 'mariadbd.log'), 'utf8');
      expect(
        log.split('\n').filter((line) => /\[ERROR\].*(Slave SQL|Error_code: 1(032|062|146|950))/.test(line)),
      ).toEqual([]);
    }
  });
});
