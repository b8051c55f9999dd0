/** A new copy is built from a running one whatever dies meanwhile: from the start again, by itself, and half a copy is never taken for one. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { createZones, type Status, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, missing, startWriter, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 120_000;
const BUILT_MS = 90_000;
/** Enough that copying takes a while: about 100 MB. */
const ROWS = 20_000;

let zones: Zones;
let hand: Hand;
let mounted: string | null = null;

beforeAll(async () => {
  zones = await createZones(['a', 'b', 'c']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  await hand.create();
  const live = hand.zone('a');
  await live.root(
    `USE shop_db; ${WRITES_TABLE}; CREATE TABLE bulk (id INT PRIMARY KEY, text VARBINARY(1000) NOT NULL)`,
  );
  await live.root(`USE shop_db; INSERT INTO bulk SELECT seq, REPEAT(SHA2(seq, 512), 7) FROM seq_1_to_${ROWS}`);
}, LIMIT_MS);

afterAll(async () => {
  for (const zone of zones?.zones ?? []) zone.kill();
  await clock.sleep(50);
  if (mounted !== null) execFileSync('umount', ['-l', mounted]);
  await zones?.end();
}, LIMIT_MS);

const dataOf = (zone: TestZone) => join(zone.folder, 'data');
const partialOf = (zone: TestZone) => join(zone.folder, 'data.partial');

/** Asks zone `name` to have a copy. */
async function wantCopy(name: string): Promise<TestZone> {
  await hand.commit({ spares: [...hand.placement().spares, name] });
  return hand.zone(name);
}

function copying(bytes: number) {
  return ({ report }: Status) => (report.build?.receivedBytes ?? 0) > bytes;
}

/** It follows, holds every acknowledged row, and nothing half-made is left. */
async function expectWholeCopy(copy: TestZone, acknowledged: Set<number>): Promise<Status> {
  const { epoch } = hand.placement();
  await copy.until('following', (now) => now.settledEpoch === epoch, BUILT_MS);
  const live = hand.zone(hand.placement().live);
  const target = sequence((await live.status()).report.binlogPosition);
  const done = await copy.until('caught up', ({ report }) => sequence(report.appliedPosition) >= target);
  expect(missing(acknowledged, await idsIn(copy))).toEqual([]);
  expect(await copy.root('SELECT COUNT(*) FROM shop_db.bulk')).toBe(String(ROWS));
  expect(existsSync(partialOf(copy))).toBe(false);
  return done;
}

/** The copy in `name` is given up, and nothing of it left. */
async function dropCopy(name: string): Promise<void> {
  const copy = hand.zone(name);
  await hand.commit({ spares: hand.placement().spares.filter((one) => one !== name) });
  await copy.until('stopped', ({ report }) => report.state === 'down' || report.state === 'absent');
  await copy.killAgent();
  execFileSync('rm', ['-rf', dataOf(copy)]);
  copy.startAgent();
}

interface Blow {
  name: string;
  when(status: Status): boolean;
  strike(copy: TestZone): Promise<void>;
}

const restartAgent = async (zone: TestZone) => {
  await zone.killAgent();
  zone.startAgent();
  await hand.tell([zone.zone]);
};

const BLOWS: Blow[] = [
  {
    name: 'the giving server is killed',
    when: copying(5e6),
    strike: async () => hand.zone('a').killServer(),
  },
  {
    name: 'the giving agent is killed',
    when: copying(5e6),
    strike: () => restartAgent(hand.zone('a')),
  },
  {
    name: 'the receiving agent is killed while it copies',
    when: copying(5e6),
    strike: restartAgent,
  },
  {
    name: 'the receiving agent is killed while it prepares',
    when: ({ report }) => report.build?.stage === 'preparing',
    strike: restartAgent,
  },
  {
    name: 'the receiving zone is killed while it prepares',
    when: ({ report }) => report.build?.stage === 'preparing',
    async strike(copy) {
      const ended = copy.killAgent();
      copy.kill();
      await ended;
      copy.startAgent();
      await hand.tell([copy.zone]);
    },
  },
];

describe('a copy is begun anew by itself when', () => {
  it.each(BLOWS)(
    '$name (I1)',
    async ({ when, strike }) => {
      const writer = startWriter(hand.zone('a'), 2);
      const copy = await wantCopy('b');
      const struck = await copy.until('at that step', when, BUILT_MS);
      expect(struck.report.state).toBe('building');
      expect(struck.report.build).toMatchObject({ from: 'a', attempts: 1 });
      expect(struck.report.build!.totalBytes).toBeGreaterThan(ROWS * 1_000);
      expect(existsSync(dataOf(copy))).toBe(false);
      await strike(copy);
      const again = await copy.until('begun anew', ({ report }) => (report.build?.attempts ?? 0) > 1, BUILT_MS);
      expect(again.report.build!.stage).not.toBe('catching-up');
      await expectWholeCopy(copy, new Set());
      await writer.stop();
      await expectWholeCopy(copy, writer.acknowledged);
      await dropCopy('b');
    },
    LIMIT_MS,
  );
});

describe('the donor', () => {
  it(
    'is the spare as long as it is well, and else another copy; what is too large for a disk is not even begun',
    async () => {
      await wantCopy('b');
      await expectWholeCopy(hand.zone('b'), new Set());
      const small = hand.zone('c');
      await small.killAgent();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m,mode=755', 'none', small.folder]);
      mounted = small.folder;
      small.startAgent();
      await wantCopy('c');
      const refused = await small.until('short of room', ({ report }) => /no room/.test(report.trouble ?? ''));
      expect(refused.report.trouble).toMatch(/\d+ MB of data need \d+ MB .*\d+ MB are free/);
      expect(existsSync(dataOf(small))).toBe(false);
      execFileSync('mount', ['-o', 'remount,size=1g', small.folder]);
      const begun = await small.until('begun', copying(5e6), BUILT_MS);
      expect(begun.report.build!.from).toBe('b');
      await hand.zone('b').killAgent();
      const other = await small.until('begun anew', ({ report }) => report.build?.from === 'a', BUILT_MS);
      expect(other.report.build!.attempts).toBeGreaterThan(begun.report.build!.attempts);
      hand.zone('b').startAgent();
      await hand.tell(['b']);
      await expectWholeCopy(small, new Set());
    },
    LIMIT_MS,
  );
});
