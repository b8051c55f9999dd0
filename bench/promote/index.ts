/**
 * How long a caught-up standby's database takes to be live: from its agent's seeing the new epoch until it is ready (fenced off from the
 * old side, everything applied), and from the line's being on record until it is writable. Two real servers that change places; the old
 * side runs, is frozen, or is dead meanwhile.
 */
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createHand, type Hand } from '../../test/support/mariadb-hand.ts';
import { createZones, type TestZone } from '../../test/support/mariadb-zones.ts';
import { WRITES_TABLE } from '../../test/support/writer.ts';

export interface PromoteBenchOptions {
  runs: number | null;
  quick: boolean;
  onProgress(text: string): void;
}

const FATES = ['runs', 'frozen', 'killed'] as const;
type Fate = (typeof FATES)[number];

interface Turn {
  fate: Fate;
  readyMs: number;
  writableMs: number;
}

const WANTED_MS = 50;
const LIMIT_MS = 60_000;
const SETTLE_MS = 500;

export async function benchPromote(options: PromoteBenchOptions) {
  const runs = options.runs ?? (options.quick ? 1 : 15);
  const zones = await createZones(['a', 'b']);
  const hand = createHand(zones);
  const turns: Turn[] = [];
  try {
    for (const zone of zones.zones) zone.startAgent();
    await hand.create();
    await hand.zone('a').root(`USE shop_db; ${WRITES_TABLE}`);
    await hand.protect('b');
    for (let turn = 0; turn < runs * FATES.length; turn += 1) {
      options.onProgress(`${turn + 1} of ${runs * FATES.length}`);
      turns.push(await promoteOnce(hand, FATES[turn % FATES.length]!, turn));
    }
  } finally {
    await zones.end();
  }
  return { data: turns, screen: screenOf(turns) };
}

async function promoteOnce(hand: Hand, fate: Fate, turn: number): Promise<Turn> {
  const { live, standby } = hand.placement();
  const [old, next] = [hand.zone(live), hand.zone(standby!)];
  await old.root(`INSERT INTO shop_db.writes VALUES (${turn}, 'before')`);
  await clock.sleep(SETTLE_MS);
  if (fate === 'frozen') old.freeze();
  if (fate === 'killed') old.kill();
  await clock.sleep(SETTLE_MS);
  const readyMs = await hand.failOver();
  const writableMs = await untilWritable(next);
  if (fate === 'frozen') old.thaw();
  if (fate === 'killed') old.startAgent();
  await takeBack(hand, old);
  return { fate, readyMs, writableMs };
}

/** `failOver` has just told the line. */
async function untilWritable(zone: TestZone): Promise<number> {
  const toldAt = clock.mono();
  while (!(await zone.status()).report.writable) {
    if (clock.mono() - toldAt > LIMIT_MS) throw new Error(`zone ${zone.zone} does not become writable`);
    await clock.sleep(1);
  }
  return clock.mono() - toldAt;
}

async function takeBack(hand: Hand, zone: TestZone): Promise<void> {
  await hand.commit({ spares: [zone.zone] });
  const { epoch } = hand.placement();
  await zone.until('following', (now) => now.settledEpoch === epoch, LIMIT_MS);
  await hand.protect(zone.zone);
}

function screenOf(turns: Turn[]): string {
  const lines = FATES.map((fate) => {
    const mine = turns.filter((turn) => turn.fate === fate);
    const [ready, writable] = [mine.map(({ readyMs }) => readyMs), mine.map(({ writableMs }) => writableMs)];
    const both = mine.map(({ readyMs, writableMs }) => readyMs + writableMs);
    return [fate.padEnd(16), ...[ready, writable, both].map(spread)].join('');
  });
  return [
    `${'the old side'.padEnd(16)}${['ready', 'writable', 'together'].map((name) => name.padEnd(22)).join('')}`,
    ...lines,
    '',
    `in ms: least, median, most of ${turns.length / FATES.length} each; ${WANTED_MS} are asked for, together`,
  ].join('\n');
}

function spread(values: number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const shown = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!].map((ms) => ms.toFixed(0).padStart(5));
  return shown.join(' ').padEnd(22);
}
