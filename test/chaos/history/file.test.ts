import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { added, state } from '../check/fixture.ts';
import { judge } from '../check/index.ts';
import { createHistory, readHistory } from './file.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
const file = join(folder, 'history.ndjson');
afterEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

test('a history that was kept is judged as it was; what was asked after the copies had been read does not count', () => {
  const history = createHistory(file);
  history.write(added(1), added(2), { ...state(['v1', 'v2']), at: 30 }, added(7));
  history.flush();
  const { operations, states } = readHistory(file);
  expect(operations.map(({ id }) => id)).toEqual([1, 2]);
  expect(judge(operations, states).violations).toEqual([]);
});

test('a run that ended before its copies could be read keeps all its operations', () => {
  const history = createHistory(file);
  history.write(added(1), added(2));
  history.flush();
  expect(readHistory(file).operations).toHaveLength(2);
});

test('a line that is no JSON is named', () => {
  createHistory(file).flush();
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"type":"run"}\nnonsense\n`);
  expect(() => readHistory(file)).toThrow('line 2');
});
