import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SiteSecrets } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { findSecrets } from './secrets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SECRETS: SiteSecrets = { databasePassword: 'd', replicationPassword: 'r', adminPassword: 'a', siteSecret: 's' };

function start(answers: (SiteSecrets | null | Error)[]) {
  const clock = createManualClock();
  const asked = { times: 0 };
  const store = {
    async secrets() {
      const answer = answers[Math.min(asked.times, answers.length - 1)] ?? null;
      asked.times += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as Partial<Store> as Store;
  const abort = new AbortController();
  const found = findSecrets({ store, clock, log: createLog('test', {}, 'silent') }, 'shop', folder, abort.signal);
  return { clock, asked, abort, found };
}

test('they are asked for until the store gives them out, and kept where only the owner can read them', async () => {
  const { clock, asked, found } = start([new StoreUnavailable('secrets'), null, SECRETS]);
  await clock.advance(2_500);
  expect(await found).toEqual(SECRETS);
  expect(asked.times).toBe(3);
  const file = join(folder, 'secrets.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(SECRETS);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('kept ones do without the store; a damaged file does not count', async () => {
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(SECRETS));
  const kept = start([new StoreUnavailable('secrets')]);
  expect(await kept.found).toEqual(SECRETS);
  expect(kept.asked.times).toBe(0);
  writeFileSync(join(folder, 'secrets.json'), '{"databasePassword":"d"}');
  expect(await start([SECRETS]).found).toEqual(SECRETS);
});

test('an agent that ends stops asking', async () => {
  const { clock, abort, found, asked } = start([null]);
  await clock.advance(1_500);
  abort.abort();
  expect(await found).toBeNull();
  const times = asked.times;
  await clock.advance(5_000);
  expect(asked.times).toBe(times);
});
