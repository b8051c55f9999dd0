/** A copy whose data is damaged on its disk is set aside and built anew by itself, and nobody has to notice; once a day at most. */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHand, type Hand, sequence } from './support/mariadb-hand.ts';
import { asideOf, createZones, type TestZone, type Zones } from './support/mariadb-zones.ts';
import { idsIn, WRITES_TABLE } from './support/writer.ts';

const LIMIT_MS = 240_000;
const PAGE = 16_384;

let zones: Zones;
let hand: Hand;
let a: TestZone;
let b: TestZone;
let id = 0;

beforeAll(async () => {
  zones = await createZones(['a', 'b']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  [a, b] = [hand.zone('a'), hand.zone('b')];
  await hand.create();
  await a.root(`USE shop_db; ${WRITES_TABLE}`);
  await hand.protect('b');
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

/** The standby's host is lost; when it returns, everything of that file from `page` on is another. */
async function damaged(file: string, page: number): Promise<void> {
  b.kill();
  await hand.commit({ standby: null, inSync: false, spares: [] }, ['a']);
  const path = join(b.folder, 'data', file);
  const junk = Buffer.alloc(statSync(path).size - page * PAGE, 0xa5);
  const opened = openSync(path, 'r+');
  writeSync(opened, junk, 0, junk.length, page * PAGE);
  closeSync(opened);
  b.startAgent();
  await hand.commit({ spares: ['b'] });
  for (let write = 0; write < 3; write += 1) {
    id += 1;
    await a.root(`INSERT INTO shop_db.writes VALUES (${id}, 'while it is away')`);
  }
}

it.each([
  ['its system tables', 'ibdata1', 1],
  ['its log', 'ib_logfile0', 0],
  ["a site's table", 'shop_db/writes.ibd', 3],
  ["the whole of a site's table", 'shop_db/writes.ibd', 0],
])(
  'damaged: %s (%s from page %i)',
  async (_, file, page) => {
    // As a person does who has looked at it.
    rmSync(b.aside, { recursive: true, force: true });
    const before = asideOf(b);
    await damaged(file, page);
    const { epoch } = hand.placement();
    await b.until('set aside', () => asideOf(b).length > before.length, 60_000);
    await b.until('following', (now) => now.settledEpoch === epoch, 90_000);
    const target = sequence(await a.root('SELECT @@gtid_binlog_pos'));
    await b.until('level', ({ report }) => sequence(report.appliedPosition) >= target, 30_000);
    expect(await idsIn(b)).toEqual(await idsIn(a));
    const [folder] = asideOf(b).filter((one) => !before.includes(one));
    const why = JSON.parse(readFileSync(join(b.aside, folder!, 'why.json'), 'utf8'));
    expect(why.because).toMatch(/^its data is damaged: /);
    expect(statSync(join(b.aside, folder!, 'data', file)).size).toBeGreaterThan(0);
    await hand.protect('b');
  },
  LIMIT_MS,
);

it(
  'a second time within a day: it stays as it is, and says why',
  async () => {
    const before = asideOf(b);
    await damaged('ibdata1', 1);
    const { report } = await b.until('told', ({ report }) => /once a day/.test(report.trouble ?? ''), 90_000);
    expect(report.trouble).toMatch(/its data is damaged: InnoDB: .+ So it was 0\.0 h ago: .+ salvage discard shop-/);
    expect(asideOf(b)).toEqual(before);
  },
  LIMIT_MS,
);
