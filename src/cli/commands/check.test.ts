/** `holdfast check`: what it prints, what it answers, and that the shipped examples pass. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from './check.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(file: string): Promise<{ status: number; printed: string }> {
  let printed = '';
  const status = await check(file, {
    write: (text: string) => {
      printed += text;
    },
  });
  return { status, printed };
}

test('a wrong description: status 2 and every problem with its place', async () => {
  const file = join(folder, 'site.yaml');
  writeFileSync(file, 'site: X\nhots: [a.test]\nzones: [a]\n');
  const { status, printed } = await run(file);
  expect(status).toBe(2);
  expect(printed).toContain(`${file}: 5 problems\n`);
  expect(printed).toContain(`  ${file}:2  hots\n      is not a known key\n      right would be: hosts\n`);
  for (const path of ['site', 'hosts', 'application', 'database']) expect(printed).toMatch(new RegExp(`  ${path}\n`));
});

test('a file that is not there: status 2 and one sentence', async () => {
  const { status, printed } = await run(join(folder, 'nowhere.yaml'));
  expect(status).toBe(2);
  expect(printed).toMatch(/cannot be read: there is no such file\./);
});

const examples = new URL('../../../examples/', import.meta.url);
test.each(readdirSync(examples))('the example %s is right', async (name) => {
  const { status, printed } = await run(new URL(`${name}/site.yaml`, examples).pathname);
  expect(printed).toMatch(/is right: site /);
  expect(status).toBe(0);
});
