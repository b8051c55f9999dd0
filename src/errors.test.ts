/** The error table keeps its own form. */
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, formatError, formatProblems, HoldfastError } from './errors.ts';

test.each(Object.entries(ERRORS))('%s can be shown and acted on', (code, kind) => {
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(kind.message).not.toBe('');
  expect(kind.fix).not.toBe('');
  expect(kind.exitStatus).toBeGreaterThan(0);
  expect(kind.exitStatus).toBeLessThan(126);
  expect(kind.httpStatus).toBeGreaterThanOrEqual(400);
  const names = [...`${kind.message} ${kind.fix}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const values = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
  const shown = formatError(new HoldfastError(code as ErrorCode, values));
  expect(shown).not.toMatch(/[{}]/);
  for (const name of names) expect(shown).toContain(`<${name}>`);
});

test('problems are shown with file, line, path, what is wrong and what would be right', () => {
  const problems = [
    { path: 'zones[2]', line: 3, wrong: 'is "a" a second time', right: 'each zone once' },
    { path: '', line: null, wrong: 'is empty', right: null },
  ];
  expect(formatProblems('site.yaml', problems)).toBe(
    [
      'site.yaml: 2 problems',
      '  site.yaml:3  zones[2]',
      '      is "a" a second time',
      '      right would be: each zone once',
      '  site.yaml',
      '      is empty',
    ].join('\n'),
  );
});
