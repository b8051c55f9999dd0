import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRouteFile } from './route-file.ts';
import type { RouteRow } from './route-row.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-edge-'));
  path = join(folder, 'routes.txt');
});
afterEach(() => rmSync(folder, { recursive: true }));

const row = (epoch: number, site = 'shop', zone = 'a'): RouteRow => ({
  site,
  epoch,
  hosts: [`${site}.example`],
  gate: 'open',
  live: { zone, address: '10.0.0.1:7401' },
  standby: null,
});

test('what was written is there at the next start', () => {
  openRouteFile(path).write([row(1), row(4, 'blog')]);
  openRouteFile(path).write([{ ...row(2), gate: 'held' }]);
  expect([...openRouteFile(path).rows.values()]).toEqual([{ ...row(2), gate: 'held' }, row(4, 'blog')]);
});

test('an older epoch is never kept, not even over a restart', () => {
  openRouteFile(path).write([row(5)]);
  const file = openRouteFile(path);
  expect(file.write([row(4, 'shop', 'b'), row(5)])).toEqual([]);
  expect(file.rows.get('shop')).toEqual(row(5));
});

test('the same epoch with another address is news', () => {
  const file = openRouteFile(path);
  file.write([row(5)]);
  expect(file.write([row(5, 'shop', 'b')])).toEqual([row(5, 'shop', 'b')]);
});

test('a last line cut short by a crash is left out', () => {
  openRouteFile(path).write([row(5)]);
  appendFileSync(path, 'shop\t6\topen\tb\t10.0.0.2:7401\t\t\tshop.exam');
  expect(openRouteFile(path).rows.get('shop')).toEqual(row(5));
});

test('the file stays small however often a site moves', () => {
  const file = openRouteFile(path);
  for (let epoch = 1; epoch < 5_000; epoch += 1) file.write([row(epoch)]);
  expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(1_100);
  expect(openRouteFile(path).rows.get('shop')?.epoch).toBe(4_999);
});
