/** What the guide shows is read by the same code that reads the real thing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../src/config/policy.ts';
import { agentConfig, controllerConfig, edgeConfig } from '../src/config/programs.ts';
import { parseSite } from '../src/config/site.ts';
import { PATIENCE, PLACEHOLDERS } from '../src/model/index.ts';

const page = (name: string) => readFileSync(new URL(`../docs/guide/${name}`, import.meta.url), 'utf8');
const snippets = (name: string) => [...page(name).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-guide-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the site description in the guide is a right one', () => {
  mkdirSync(join(folder, 'public'));
  writeFileSync(join(folder, 'config.php'), '');
  const { spec, problems } = parseSite(snippets('site.md')[0]!, join(folder, 'site.yaml'));
  expect(problems ?? []).toEqual([]);
  expect(spec).toMatchObject({ site: 'shop', zones: ['a', 'b', 'c'], files: ['public/uploads'] });
});

it('the guide names every placeholder', () => {
  for (const name of PLACEHOLDERS) expect(page('site.md')).toContain(`{{${name}}}`);
});

it('the programs’ configurations in the guide are right ones', () => {
  const [controller, agent, edge] = snippets('programs.md').map((text) => parse(text));
  expect(controllerConfig.parse(controller).detector).toEqual({ falseAlarms: 0.1 });
  expect(agentConfig.parse(agent).portBase).toBe(7400);
  expect(edgeConfig.parse(edge).hold).toEqual({ limitMs: 15_000, most: 10_000, releasePer10Ms: 20 });
});

it('the policy in the guide to replay is a right one', () => {
  expect(parsePolicy(snippets('replay.md')[0]!)).toMatchObject({
    policy: { patience: PATIENCE.careful, mode: 'ask-first' },
  });
});
