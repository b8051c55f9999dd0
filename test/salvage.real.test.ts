/** What was set aside is told, shown and discarded over the agents' sealed ports by the command line (I13): never unasked, never a wrong one. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSalvageDesk } from '../src/agent/mariadb/salvage/desk.ts';
import { startServer } from '../src/agent/server.ts';
import { createLog } from '../src/platform/log.ts';
import { freePort } from './support/edge-bench.ts';

const KEY = 'a-cluster-key-for-tests';
const LIMIT_MS = 60_000;
const log = createLog('agent', { zone: 'a' }, 'silent');
const ids = {
  whole: 'shop-2026-11-22T101112000Z',
  busy: 'shop-2026-11-23T101112000Z',
  other: 'blog-2026-11-22T101112000Z',
};

let root: string;
let aside: string;
let controller: http.Server;
let agent: { stop(): Promise<void> };
const discarded: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-salvage-'));
  aside = join(root, 'aside');
  writeFileSync(join(root, 'key'), `${KEY}\n`, { mode: 0o600 });
  keep(ids.whole, 'shop', {
    transactions: 2,
    tables: { '`shop_db`.`orders`': { inserted: 2, updated: 0, deleted: 0 } },
  });
  keep(ids.busy, 'shop', null);
  keep(ids.other, 'blog', { transactions: null, tables: {} });
  const listen = `127.0.0.1:${await freePort()}`;
  const salvage = createSalvageDesk({ root: aside, log, onDiscarded: (site) => void discarded.push(site) });
  agent = await startServer({ listen, zone: 'a', clusterKey: KEY, log, databaseOf: () => null, salvage });
  const zones = [
    { zone: 'a', agent: listen },
    { zone: 'b', agent: null },
    { zone: 'c', agent: `127.0.0.1:${await freePort()}` },
  ];
  controller = http.createServer((_request, response) =>
    response.end(JSON.stringify({ storeFresh: true, zones, sites: [] })),
  );
  await new Promise<void>((resolve) => controller.listen(0, '127.0.0.1', resolve));
}, LIMIT_MS);

afterAll(async () => {
  await agent?.stop();
  controller?.close();
  rmSync(root, { recursive: true, force: true });
});

function keep(id: string, site: string, found: { transactions: number | null; tables: object } | null): void {
  const folder = join(aside, id);
  mkdirSync(join(folder, 'data'), { recursive: true });
  const why = { site, zone: 'a', epoch: 3, line: '0-10101-5', because: 'it holds 0-10101-7', at: 1_795_000_000_000 };
  writeFileSync(join(folder, 'why.json'), JSON.stringify(why));
  if (found === null) return;
  const dates = { firstAt: 1_795_000_000_000, lastAt: 1_795_000_001_000, warnedAt: null, deletedAt: null };
  const manifest = {
    ...why,
    keptSince: why.at,
    bytes: 12,
    from: '0-10101-6',
    to: '0-10101-7',
    ...dates,
    trouble: null,
    ...found,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  if (found.transactions !== null) writeFileSync(join(folder, 'salvage.sql'), '### INSERT INTO `shop_db`.`orders`\n');
}

function holdfast(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const { port } = controller.address() as AddressInfo;
  const command = [join(import.meta.dirname, '../src/cli/main.ts'), 'salvage', ...args];
  const where = ['--controller', `127.0.0.1:${port}`, '--key-file', join(root, 'key')];
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...where], (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

it(
  'lists what every zone has, and says which zone could not be asked',
  async () => {
    const { status, out } = await holdfast('list', 'shop');
    expect(status).toBe(5);
    expect(out).toContain(`${ids.whole}  a  2 transactions that only it has`);
    expect(out).toContain(`${ids.busy}  a  is being looked through`);
    expect(out).not.toContain('blog');
    expect(out).toMatch(/Zone c could not be asked: .*ECONNREFUSED/);
  },
  LIMIT_MS,
);

it(
  'shows one, and its SQL',
  async () => {
    const { status, out } = await holdfast('show', ids.whole);
    expect(status).toBe(0);
    expect(out).toContain('`shop_db`.`orders`  2 inserted');
    expect(out).toContain('because  it holds 0-10101-7');
    expect((await holdfast('show', ids.whole, '--sql')).out).toBe('### INSERT INTO `shop_db`.`orders`\n');
    expect((await holdfast('show', ids.other, '--sql')).status).toBe(4);
    expect((await holdfast('show', 'nothing')).err).toContain('Nothing of that name is kept.');
  },
  LIMIT_MS,
);

it(
  'deletes only what was looked through, and only for whoever names its site (I13)',
  async () => {
    const refused = [
      await holdfast('discard', ids.whole),
      await holdfast('discard', ids.whole, '--yes-i-mean', 'blog'),
      await holdfast('discard', ids.busy, '--yes-i-mean', 'shop'),
      await holdfast('discard', '..', '--yes-i-mean', 'shop'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([4, 4, 4, 4]);
    expect(readdirSync(aside).toSorted()).toEqual(Object.values(ids).toSorted());
    const { status, out } = await holdfast('discard', ids.whole, '--yes-i-mean', 'shop');
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining(`${ids.whole} is deleted.`) });
    expect(existsSync(join(aside, ids.whole))).toBe(false);
    expect(readdirSync(aside).toSorted()).toEqual([ids.busy, ids.other].toSorted());
    expect(discarded).toEqual(['shop']);
  },
  LIMIT_MS,
);
