/** The pages in docs/reference that are made from schemas and tables are what these make of them: `node scripts/reference-docs.ts` writes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationPage } from '../src/config/reference.ts';
import { codesPage } from './codes-page.ts';

test.each([
  ['configuration.md', configurationPage],
  ['codes.md', codesPage],
])('%s', (name, made) => {
  expect(readFileSync(join(import.meta.dirname, '../docs/reference', name), 'utf8')).toBe(made());
});

test('keys, defaults and what has to be there stand in the page as people write them', () => {
  const page = configurationPage();
  for (const line of [
    '| `salvage.keep` | a time from 1d to 3650d, for example 30d | `30d` |',
    '| `salvage.most` | a size from 100MB to 1000TB, for example 20GB | `20GB` |',
    '| `level.target` | a share such as 99.95% | `99.95%` |',
    '| `detector.falseAlarms` | how often at most, for example 1 per 10 years | `1 per 10 years` |',
    '| `application.processes[].name` **•** |',
    '| `patience` | eager, normal, careful, or numbers',
  ])
    expect(page).toContain(line);
});
