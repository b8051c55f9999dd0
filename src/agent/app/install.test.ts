import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PLACEHOLDERS, type Placeholder } from '../../model/index.ts';
import { inside, install, isInstalled } from './install.ts';
import type { ApplicationPlan } from './plan.ts';

let folder: string;
let marker: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-install-'));
  marker = join(folder, 'installed');
  mkdirSync(join(folder, 'source', 'sub'), { recursive: true });
  writeFileSync(join(folder, 'source', 'sub', 'page.php'), 'page');
  writeFileSync(join(folder, 'config.php'), 'password={{database.password}}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const values = Object.fromEntries(PLACEHOLDERS.map((name) => [name, `value of ${name}`])) as Record<
  Placeholder,
  string
>;

function plan(changes: Partial<ApplicationPlan> = {}): ApplicationPlan {
  return {
    appFolder: join(folder, 'app'),
    install: [
      { from: join(folder, 'source'), to: '.', fill: false, link: false },
      { from: join(folder, 'source'), to: 'linked', fill: false, link: true },
      { from: join(folder, 'config.php'), to: 'etc/config.php', fill: true, link: false },
    ],
    values,
    files: ['content/uploads'],
    processes: [],
    setup: null,
    cron: null,
    search: null,
    ready: { host: '127.0.0.1', port: 1, path: '/', hostName: 'site.test', timeoutMs: 1000 },
    hash: 'one',
    ...changes,
  };
}
const at = (path: string) => join(folder, 'app', path);

test('copies, links, fills, and makes the file folders', async () => {
  await install(plan(), marker, null);
  expect(readFileSync(at('sub/page.php'), 'utf8')).toBe('page');
  expect(lstatSync(at('linked')).isSymbolicLink()).toBe(true);
  expect(readFileSync(at('etc/config.php'), 'utf8')).toBe('password=value of database.password');
  expect(statSync(at('etc/config.php')).mode & 0o777).toBe(0o600);
  expect(statSync(at('content/uploads')).isDirectory()).toBe(true);
});

test('is done again only when the description or a source changed, and deletes nothing', async () => {
  await install(plan(), marker, null);
  writeFileSync(at('content/uploads/photo'), 'mine');
  writeFileSync(at('sub/page.php'), 'edited here');
  await install(plan(), marker, null);
  expect(readFileSync(at('sub/page.php'), 'utf8')).toBe('edited here');
  expect(isInstalled(plan({ hash: 'two' }), marker)).toBe(false);
  utimesSync(join(folder, 'source'), 1, 1);
  expect(isInstalled(plan(), marker)).toBe(false);
  await install(plan(), marker, null);
  expect(readFileSync(at('sub/page.php'), 'utf8')).toBe('page');
  expect(readFileSync(at('content/uploads/photo'), 'utf8')).toBe('mine');
});

test('a source that went away leaves what is installed as it is', async () => {
  await install(plan(), marker, null);
  rmSync(join(folder, 'source'), { recursive: true });
  expect(isInstalled(plan(), marker)).toBe(true);
});

test('nothing is written outside the copy', () => {
  expect(() => inside('/copy/app', '../secrets')).toThrow('leads out');
  expect(() => inside('/copy/app', 'a/../../app2')).toThrow('leads out');
  expect(inside('/copy/app', './a')).toBe('/copy/app/a');
});
