/** The pace of looking at databases, by how many share the host. */
import { expect, test } from 'vitest';
import { lookEveryMs } from './look-pace.ts';

test.each([
  [0, 80],
  [1, 80],
  [10, 80],
  [20, 160],
  [50, 400],
  [62, 496],
  [63, 500],
  [1_000, 500],
])('%i copies: every %i ms', (copies, ms) => {
  expect(lookEveryMs(copies)).toBe(ms);
});
