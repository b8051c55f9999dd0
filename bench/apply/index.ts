/** `npm run bench -- apply`: how far a standby's applier is behind after a heavy load, by its number of threads; on real servers. */
import mysql from 'mysql2/promise';
import { createRandom, type Random } from '../../sim/random.ts';
import { siteUser } from '../../src/agent/mariadb/users.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createHand, sequence } from '../../test/support/mariadb-hand.ts';
import { createZones, type TestZone } from '../../test/support/mariadb-zones.ts';

const THREADS = [0, 2, 4, 8];
const CLIENTS = 16;
const LOAD_MS = 5_000;
const QUICK_LOAD_MS = 2_000;
const ROUNDS = 2;
/** Rows that everybody updates: what makes transactions wait for each other. */
const HOT_ROWS = 200;
const CATCH_UP_LIMIT_MS = 120_000;

interface Round {
  threads: number;
  commitsPerSecond: number;
  /** Transactions received and not applied when the load ended. */
  behind: number;
  /** From the end of the load until all was applied. */
  catchUpMs: number;
  /** Transactions that the applier had to begin again. */
  retried: number;
}

export async function benchApply({
  quick,
  runs,
  seed,
}: {
  quick: boolean;
  runs: number | null;
  seed: number;
}): Promise<{ data: Round[]; screen: string }> {
  const zones = await createZones(['a', 'b']);
  try {
    const hand = createHand(zones);
    for (const zone of zones.zones) zone.startAgent();
    await hand.create();
    const [live, standby] = [hand.zone('a'), hand.zone('b')];
    await live.query(
      'CREATE TABLE entries (id BIGINT AUTO_INCREMENT PRIMARY KEY, client INT, text VARCHAR(400), KEY (client))',
    );
    await live.query('CREATE TABLE counters (id INT PRIMARY KEY, value BIGINT NOT NULL)');
    const rows = Array.from({ length: HOT_ROWS }, (_, id) => `(${id}, 0)`);
    await live.query(`INSERT INTO counters VALUES ${rows.join(', ')}`);
    await hand.protect('b');
    const rounds: Round[] = [];
    for (let run = 0; run < (runs ?? (quick ? 1 : ROUNDS)); run += 1) {
      // There and back, so that the machine's mood and the growing tables do not favour one of them.
      for (const threads of run % 2 === 0 ? THREADS : THREADS.toReversed())
        rounds.push(await measure(live, standby, threads, quick ? QUICK_LOAD_MS : LOAD_MS, createRandom(seed + run)));
    }
    return { data: rounds, screen: screenOf(rounds) };
  } finally {
    await zones.end();
  }
}

async function measure(
  live: TestZone,
  standby: TestZone,
  threads: number,
  loadMs: number,
  random: Random,
): Promise<Round> {
  await untilApplied(live, standby);
  await standby.root(`STOP SLAVE; SET GLOBAL slave_parallel_threads=${threads}; START SLAVE`);
  await standby.until('acknowledging', ({ report }) => report.acknowledges && report.sqlRunning, 30_000);
  const before = await retriedOf(standby);
  const startedAt = clock.mono();
  const until = startedAt + loadMs;
  const commits = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => load(live, client, until, random)));
  const tookMs = clock.mono() - startedAt;
  const [target, applied] = await Promise.all([positionOf(live), appliedOf(standby)]);
  const endedAt = clock.mono();
  await untilApplied(live, standby);
  return {
    threads,
    commitsPerSecond: Math.round(commits.reduce((sum, count) => sum + count, 0) / (tookMs / 1_000)),
    behind: Math.max(0, target - applied),
    catchUpMs: Math.round(clock.mono() - endedAt),
    retried: (await retriedOf(standby)) - before,
  };
}

/** Each transaction adds a few rows and counts on two of the hot ones, in the same order everywhere. */
async function load(live: TestZone, client: number, until: number, random: Random): Promise<number> {
  const connection = await mysql.createConnection({
    host: live.host,
    port: live.source.port,
    user: siteUser('shop'),
    password: 'dbpw',
    database: 'shop_db',
    multipleStatements: true,
  });
  let commits = 0;
  try {
    while (clock.mono() < until) {
      const [low, high] = [random.below(HOT_ROWS / 2), HOT_ROWS / 2 + random.below(HOT_ROWS / 2)];
      await connection.query(
        `BEGIN; INSERT INTO entries (client, text) VALUES (${client}, REPEAT('x', 300)), (${client}, REPEAT('y', 300));
         UPDATE counters SET value=value+1 WHERE id=${low}; UPDATE counters SET value=value+1 WHERE id=${high}; COMMIT`,
      );
      commits += 1;
    }
  } finally {
    connection.destroy();
  }
  return commits;
}

const positionOf = async (zone: TestZone) => sequence(await zone.root('SELECT @@gtid_binlog_pos'));
const appliedOf = async (zone: TestZone) => sequence(await zone.root('SELECT @@gtid_slave_pos'));

async function retriedOf(zone: TestZone): Promise<number> {
  const text = await zone.root(`SHOW GLOBAL STATUS LIKE 'Slave_retried_transactions'`);
  return Number(text.split('\t')[1]);
}

async function untilApplied(live: TestZone, standby: TestZone): Promise<void> {
  const target = await positionOf(live);
  const deadline = clock.mono() + CATCH_UP_LIMIT_MS;
  while ((await appliedOf(standby)) < target) {
    if (clock.mono() > deadline) throw new Error('the standby does not catch up');
    await clock.sleep(10);
  }
}

function screenOf(rounds: Round[]): string {
  const lines = rounds
    .toSorted((one, other) => one.threads - other.threads)
    .map(({ threads, commitsPerSecond, behind, catchUpMs, retried }) =>
      [threads, commitsPerSecond, behind, `${catchUpMs} ms`, retried].map((cell) => String(cell).padStart(12)).join(''),
    );
  const head = ['threads', 'commits/s', 'behind', 'caught up', 'retried'].map((name) => name.padStart(12)).join('');
  return [`  slave_parallel_mode=optimistic, ${CLIENTS} clients, in sync`, head, ...lines].join('\n');
}
