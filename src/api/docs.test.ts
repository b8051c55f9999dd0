/** docs/reference/api.md is what the table of routes makes of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiPage } from './docs.ts';

test('the page in docs/ is the table’s: node scripts/api-docs.ts writes it anew', () => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/reference/api.md'), 'utf8')).toBe(apiPage());
});
