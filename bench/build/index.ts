/**
 * How fast a new copy is made from a live one under load, against a plain copy of the same bytes on the same disk in the same run; and
 * what the live copy's commits notice of it. Real servers in network namespaces; needs root, like the agent itself.
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createHand, type Hand } from '../../test/support/mariadb-hand.ts';
import { createZones, type TestZone, type Zones } from '../../test/support/mariadb-zones.ts';
import { LOAD_TABLE, type Load, type LoadFigures, startLoad } from './load.ts';

export interface BuildBenchOptions {
  gb: number | null;
  runs: number | null;
  quick: boolean;
  onProgress(text: string): void;
}

interface Turn {
  way: 'cp' | 'cp and sync' | 'copy, encrypted' | 'copy, bare';
  /** Of a copy: until it is complete and on the disk. */
  tookMs: number;
  /** Of a copy: until it follows and has caught up. */
  settledMs: number | null;
  load: LoadFigures;
  /** The longest that the giving agent took to answer anything. */
  agentWorstMs: number;
  detail: string;
}

const WRITES_PER_SECOND = 150;
const ROWS_AT_ONCE = 60_000;
const ROW_BYTES = 1_070;
const QUIET_MS = 5_000;
const SETTLE_MS = 1_500;
const LIMIT_MS = 600_000;
const run = promisify(execFile);

export async function benchBuild(options: BuildBenchOptions) {
  const { quick, onProgress } = options;
  const gb = options.gb ?? (quick ? 0.05 : 1);
  const runs = options.runs ?? (quick ? 1 : 3);
  const zones = await createZones(['a', 'b']);
  const place: Place = { zones, hand: createHand(zones), load: null };
  try {
    onProgress('filling');
    const { live, bytes } = await fill(place, gb);
    const load = startLoad(live, WRITES_PER_SECOND);
    place.load = load;
    await clock.sleep(QUIET_MS);
    load.begin();
    await clock.sleep(QUIET_MS);
    const undisturbed = load.figures();
    const turns: Turn[] = [];
    for (let turn = 0; turn < runs; turn++) {
      onProgress(`run ${turn + 1} of ${runs}`);
      turns.push(await plainCopy(place, live, 'cp'));
      turns.push(await newCopy(place, live, 'copy, encrypted'));
      turns.push(await plainCopy(place, live, 'cp and sync'));
      turns.push(await newCopy(place, live, 'copy, bare'));
    }
    return { data: { bytes, undisturbed, turns }, screen: screenOf(bytes, undisturbed, turns) };
  } finally {
    await place.load?.stop();
    await zones.end();
  }
}

interface Place {
  zones: Zones;
  hand: Hand;
  load: Load | null;
}

async function fill({ hand }: Place, gb: number): Promise<{ live: TestZone; bytes: number }> {
  const live = hand.zone('a');
  live.startAgent();
  hand.zone('b').startAgent();
  await hand.create();
  await live.root(
    `CREATE TABLE shop_db.bulk (id INT PRIMARY KEY, text VARBINARY(1000) NOT NULL); USE shop_db; ${LOAD_TABLE}`,
  );
  const rows = Math.round((gb * 1e9) / ROW_BYTES);
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const last = Math.min(rows, first + ROWS_AT_ONCE);
    // Hexadecimal digests: nothing that compresses away on its way.
    await live.root(
      `USE shop_db; SET sql_log_bin=0; INSERT INTO bulk
       SELECT seq, REPEAT(SHA2(seq, 512), 7) FROM seq_${first + 1}_to_${last}`.replace(/\s+/g, ' '),
    );
  }
  const { stdout } = await run('du', ['-sb', join(live.folder, 'data')]);
  return { live, bytes: Number(stdout.split('\t')[0]) };
}

async function plainCopy(place: Place, live: TestZone, way: 'cp' | 'cp and sync'): Promise<Turn> {
  const target = join(live.folder, 'plain-copy');
  const script = `cp -r "$0" "$1"${way === 'cp' ? '' : ' && find "$1" -type f -exec sync {} +'}`;
  return measured(place, live, way, async () => {
    // The binlog's newest file grows meanwhile: that is no failure.
    const startedAt = clock.mono();
    await run('sh', ['-c', script, join(live.folder, 'data'), target]);
    const tookMs = clock.mono() - startedAt;
    return { tookMs, settledMs: null, detail: '', after: () => rm(target, { recursive: true, force: true }) };
  });
}

async function newCopy(place: Place, live: TestZone, way: 'copy, encrypted' | 'copy, bare'): Promise<Turn> {
  const { hand } = place;
  const copy = hand.zone('b');
  const bare = way === 'copy, bare';
  if (bare) process.env.BARE_BACKUPS = '1';
  else delete process.env.BARE_BACKUPS;
  for (const zone of [live, copy]) {
    await zone.killAgent();
    zone.startAgent();
  }
  await hand.commit({});
  await live.until('settled', ({ settledEpoch }) => settledEpoch === hand.placement().epoch);
  return measured(place, live, way, async () => {
    const startedAt = clock.mono();
    await hand.commit({ spares: ['b'] });
    const { epoch } = hand.placement();
    const done = await copy.until('following', (now) => now.settledEpoch === epoch, LIMIT_MS);
    const settledMs = clock.mono() - startedAt;
    const action = done.actions.filter(({ verb, outcome }) => verb === 'build' && outcome === 'done').at(-1)!;
    const after = async () => {
      await hand.commit({ spares: [] });
      await copy.until('stopped', ({ report }) => report.state === 'down' || report.state === 'absent');
      await copy.killAgent();
      copy.startAgent();
      await rm(join(copy.folder, 'data'), { recursive: true, force: true });
    };
    return { tookMs: action.tookMs, settledMs, detail: action.detail, after };
  });
}

interface Done {
  tookMs: number;
  settledMs: number | null;
  detail: string;
  after(): Promise<void>;
}

async function measured({ load }: Place, live: TestZone, way: Turn['way'], work: () => Promise<Done>): Promise<Turn> {
  await clock.sleep(SETTLE_MS);
  let agentWorstMs = 0;
  const stop = clock.every(20, async () => {
    const askedAt = clock.mono();
    await live.status();
    agentWorstMs = Math.max(agentWorstMs, clock.mono() - askedAt);
  });
  load!.begin();
  const { after, ...done } = await work();
  const figures = load!.figures();
  stop();
  await after();
  // What a plain copy left to the kernel must not be written out during the next turn.
  await run('sync');
  return { way, ...done, load: figures, agentWorstMs };
}

function screenOf(bytes: number, undisturbed: LoadFigures, turns: Turn[]): string {
  const of = (way: Turn['way']) => turns.filter((turn) => turn.way === way);
  const took = (way: Turn['way']) => median(of(way).map(({ tookMs }) => tookMs));
  const ratio = (way: Turn['way'], against: Turn['way']) => (took(against) / took(way)).toFixed(2);
  const row = (name: string, seconds: string, load: LoadFigures, agent: string) =>
    [
      name.padEnd(18),
      seconds.padStart(14),
      `${Math.round(load.perSecond)}/s`.padStart(8),
      load.p50Ms.toFixed(1).padStart(8),
      load.p99Ms.toFixed(1).padStart(8),
      load.worstMs.toFixed(0).padStart(8),
      agent.padStart(8),
    ].join('');
  const lines = turns.map((turn) =>
    row(
      turn.way,
      `${(turn.tookMs / 1_000).toFixed(2)} s ${Math.round(bytes / turn.tookMs / 1_000)} MB/s`,
      turn.load,
      `${turn.agentWorstMs.toFixed(0)} ms`,
    ),
  );
  const worst = Math.max(...of('copy, encrypted').map(({ load }) => load.worstMs));
  return [
    `${(bytes / 1e9).toFixed(2)} GB, ${WRITES_PER_SECOND} writes/s on the live copy; times of its commits in ms`,
    '',
    `${'way'.padEnd(18)}${'took'.padStart(14)}${'writes'.padStart(8)}${'p50'.padStart(8)}${'p99'.padStart(8)}${'worst'.padStart(8)}${'agent'.padStart(8)}`,
    row('nothing', '', undisturbed, ''),
    ...lines,
    '',
    `encrypted against cp            ${ratio('copy, encrypted', 'cp')} x its speed, wanted 0.6`,
    `encrypted against cp and sync   ${ratio('copy, encrypted', 'cp and sync')} x`,
    `bare against cp                 ${ratio('copy, bare', 'cp')} x`,
    `longest commit while it is built  ${worst.toFixed(0)} ms, wanted at most 100`,
  ].join('\n');
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
