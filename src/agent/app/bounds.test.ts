import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failuresAfterDeath, pauseMs } from './backoff.ts';
import { boundLog } from './logs.ts';

test('pauses double up to a quarter of a minute', () => {
  expect([0, 1, 2, 3, 6, 7, 1_000].map(pauseMs)).toEqual([0, 250, 500, 1_000, 8_000, 15_000, 15_000]);
});

test('a process that lived long is forgiven', () => {
  expect(failuresAfterDeath({ failures: 5, startedAt: 0 }, 29_999)).toBe(6);
  expect(failuresAfterDeath({ failures: 5, startedAt: 0 }, 30_000)).toBe(1);
});

test('a log that grew too large is emptied, its newest part kept beside it, and its writer goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-logs-'));
  try {
    const log = join(folder, 'web.log');
    await boundLog(log, 10);
    appendFileSync(log, '0123456789');
    await boundLog(log, 10);
    expect(existsSync(`${log}.1`)).toBe(false);
    appendFileSync(log, 'x');
    await boundLog(log, 10);
    expect(statSync(log).size).toBe(0);
    expect(readFileSync(`${log}.1`, 'utf8')).toBe('0123456789x');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
