/** How many of a copy's binlogs may stay. */
import { expect, test } from 'vitest';
import { firstToKeep } from './binlogs.ts';

const logs = (...sizes: number[]) => sizes.map((bytes, index) => ({ name: `bin.${index + 1}`, bytes }));

test.each([
  ['within the limit', logs(100, 100, 50), 300, null],
  ['the oldest go until the rest is within it', logs(100, 100, 100, 50), 260, 'bin.2'],
  ['exactly the limit', logs(100, 100, 100, 50), 350, null],
  ['the newest two stay, however big', logs(100, 500, 500), 200, 'bin.2'],
  ['two are never too many', logs(500, 500), 200, null],
  ['none', [], 200, null],
])('%s', (_name, all, most, first) => {
  expect(firstToKeep(all, most)).toBe(first);
});
