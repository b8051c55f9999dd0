/** Real folders and the kernel's own events. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { createTurnstile } from '../turnstile.ts';
import { createFolderBudget, mostFolders } from './folder-budget.ts';
import { type FolderWatch, type FolderWatchTrouble, watchFolder } from './folder-watch.ts';

/** Far above what any of it takes. */
const LIMIT = { timeout: 10_000, interval: 20 };
/** Long enough for what is on its way to be told. */
const QUIET_MS = 150;

let base: string;
let root: string;
let watching: FolderWatch | null;
let changes: number;
let troubles: (FolderWatchTrouble | null)[];
let opened: ReturnType<typeof watch>[];
let refuse: string | null;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'hf-watch-'));
  root = join(base, 'uploads');
  mkdirSync(root);
  watching = null;
  changes = 0;
  troubles = [];
  opened = [];
  refuse = null;
});
afterEach(() => {
  watching?.stop();
  rmSync(base, { recursive: true, force: true });
});

const open = ((path: string, options: object) => {
  if (refuse !== null) throw Object.assign(new Error(`${refuse}: no more of them`), { code: refuse });
  const watcher = watch(path, options);
  opened.push(watcher);
  return watcher;
}) as typeof watch;

function start(most = 1_000) {
  const budget = createFolderBudget(most);
  const on = {
    changed() {
      changes += 1;
    },
    watching: (trouble: FolderWatchTrouble | null) => void troubles.push(trouble),
  };
  watching = watchFolder({ clock: systemClock, root, budget, walks: createTurnstile(1), ...on, open });
  return budget;
}

async function started(): Promise<void> {
  start();
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), LIMIT);
}

/** That it is noticed, by itself: everything before it has been told. */
async function noticed(act: () => void): Promise<void> {
  await systemClock.sleep(QUIET_MS);
  const before = changes;
  act();
  await vi.waitFor(() => expect(changes).toBeGreaterThan(before), LIMIT);
}

const at = (...path: string[]) => join(root, ...path);

test('a file is noticed when it is made, written, moved in and removed', async () => {
  await started();
  await noticed(() => writeFileSync(at('photo'), 'first'));
  await noticed(() => appendFileSync(at('photo'), 'more'));
  writeFileSync(join(base, 'elsewhere'), 'x');
  await noticed(() => renameSync(join(base, 'elsewhere'), at('moved')));
  await noticed(() => rmSync(at('photo')));
  await systemClock.sleep(QUIET_MS);
  const before = changes;
  await systemClock.sleep(QUIET_MS);
  expect(changes, 'reading and resting are no changes').toBe(before);
});

test('folders that were there, and many that are made at once, one in the other', async () => {
  mkdirSync(at('2025', '12'), { recursive: true });
  await started();
  await noticed(() => writeFileSync(at('2025', '12', 'photo'), 'x'));
  const deep = at(...'abcdefghijklmnop');
  await noticed(() => mkdirSync(deep, { recursive: true }));
  await noticed(() => writeFileSync(join(deep, 'photo'), 'x'));
});

test('a folder that is renamed is watched where it is, with all in it', async () => {
  mkdirSync(at('old', 'inner'), { recursive: true });
  await started();
  await noticed(() => renameSync(at('old'), at('new')));
  await noticed(() => writeFileSync(at('new', 'inner', 'photo'), 'x'));
  mkdirSync(join(base, 'prepared', 'inner'), { recursive: true });
  await noticed(() => renameSync(join(base, 'prepared'), at('in')));
  await noticed(() => writeFileSync(at('in', 'inner', 'photo'), 'x'));
});

test('a folder that is removed and made again, its inode likely the same', async () => {
  await started();
  for (let round = 0; round < 20; round += 1) {
    mkdirSync(at('cache', 'cache'), { recursive: true });
    rmSync(at('cache'), { recursive: true });
    mkdirSync(at('cache', 'cache'), { recursive: true });
    await noticed(() => writeFileSync(at('cache', 'cache', 'photo'), 'x'));
    rmSync(at('cache'), { recursive: true });
  }
});

test('a folder that is not there yet, and one that is replaced', async () => {
  rmSync(root, { recursive: true });
  start();
  await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ worthTelling: false }), LIMIT);
  mkdirSync(root);
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), LIMIT);
  await noticed(() => writeFileSync(at('photo'), 'x'));
  renameSync(root, join(base, 'before'));
  mkdirSync(root);
  // Perhaps it was looked at between the two.
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), LIMIT);
  await noticed(() => writeFileSync(at('photo'), 'x'));
  rmSync(root, { recursive: true });
  await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ worthTelling: false }), LIMIT);
});

test('links are not followed, as no pull follows them', async () => {
  mkdirSync(join(base, 'other'));
  symlinkSync(join(base, 'other'), at('link'));
  symlinkSync('.', at('round'));
  await started();
  expect(opened).toHaveLength(1);
});

test('one watch a folder, given back in the end', async () => {
  mkdirSync(at('one', 'two'), { recursive: true });
  for (let file = 0; file < 300; file += 1) writeFileSync(at('one', `file-${file}`), 'x');
  const budget = start(3);
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), LIMIT);
  expect(opened).toHaveLength(3);
  expect(budget.take()).toBe(false);
  watching?.stop();
  for (let taken = 0; taken < 3; taken += 1) expect(budget.take()).toBe(true);
  expect(budget.take()).toBe(false);
});

test('more folders than there may be: none is watched, it says so, and what it took is there for others', async () => {
  for (let folder = 0; folder < 5; folder += 1) mkdirSync(at(`folder-${folder}`));
  const budget = start(3);
  await vi.waitFor(
    () => expect(troubles.at(-1)).toMatchObject({ worthTelling: true, sentence: /too many folders/ }),
    LIMIT,
  );
  for (let taken = 0; taken < 3; taken += 1) expect(budget.take()).toBe(true);
});

test('grown beyond the limit later', async () => {
  const budget = start(3);
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), LIMIT);
  for (let folder = 0; folder < 5; folder += 1) mkdirSync(at(`folder-${folder}`));
  await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ worthTelling: true }), LIMIT);
  expect(budget.take()).toBe(true);
});

test.each(['ENOSPC', 'EMFILE', 'EACCES'])(
  'the kernel refuses with %s: it says so, and tries again by itself',
  async (code) => {
    refuse = code;
    start();
    await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ worthTelling: true }), LIMIT);
    refuse = null;
    await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), { ...LIMIT, timeout: 20_000 });
    await noticed(() => writeFileSync(at('photo'), 'x'));
  },
);

test('a watcher that dies', async () => {
  mkdirSync(at('2026'));
  await started();
  opened.at(-1)!.emit('error', new Error('it died'));
  expect(troubles.at(-1)).toMatchObject({ worthTelling: true, sentence: 'it died' });
  await vi.waitFor(() => expect(troubles.at(-1)).toBeNull(), { ...LIMIT, timeout: 20_000 });
  await noticed(() => writeFileSync(at('2026', 'photo'), 'x'));
});

test('a folder that must not be read', async () => {
  if (process.getuid?.() === 0) return;
  mkdirSync(at('secret'), { mode: 0 });
  start();
  await vi.waitFor(() => expect(troubles.at(-1)).toMatchObject({ worthTelling: true }), LIMIT);
  chmodSync(at('secret'), 0o700);
});

test('the host’s limit is half of the kernel’s', () => {
  writeFileSync(join(base, 'limit'), '8192\n');
  expect(mostFolders(join(base, 'limit'))).toBe(4_096);
  writeFileSync(join(base, 'limit'), '1048576\n');
  expect(mostFolders(join(base, 'limit'))).toBe(20_000);
  expect(mostFolders(join(base, 'none'))).toBe(20_000);
});
