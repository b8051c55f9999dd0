/** What the docs show is read by the same code that reads the real thing: every file, every command. */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createProgram } from '../src/cli/program.ts';
import { parsePolicy } from '../src/config/policy.ts';
import { agentConfig, controllerConfig, edgeConfig } from '../src/config/programs.ts';
import { parseService, serviceSchema } from '../src/config/service.ts';
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

it('it names every key that a description may have', () => {
  const [shown] = snippets('site.md');
  const { spec } = parseSite(shown!, join(folder, 'site.yaml'));
  const given = parse(shown!);
  expect(Object.keys(given).toSorted()).toEqual(Object.keys(spec!).toSorted());
  expect(Object.keys(given.search).toSorted()).toEqual(['rebuild', 'url', 'within']);
  expect(Object.keys(given.drills).toSorted()).toEqual(['between', 'every', 'fault']);
  expect(spec!.search).toEqual({
    url: 'http://127.0.0.1:8983/solr/shop',
    rebuild: ['php', '{{copy.dir}}/index.php'],
    timeoutMs: 1_800_000,
  });
});

it('what the guide says about cache and index is a right description too', () => {
  const [shown] = snippets('site.md');
  const without = parse(shown!);
  for (const part of snippets('cache-and-search.md')) {
    const { problems } = parseSite(stringify({ ...without, ...parse(part) }), join(folder, 'site.yaml'));
    expect(problems ?? []).toEqual([]);
  }
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

it('the service description in the guide is a right one', () => {
  const { spec, problems } = parseService(snippets('service.md')[0]!, join(folder, 'service.yaml'));
  expect(problems ?? []).toEqual([]);
  expect(spec).toMatchObject({ name: 'Example Hosting', level: { target: 0.9995 }, onCall: { rounds: 3 } });
});

/** Every key that a schema knows, at any depth. */
function keysOf(schema: unknown): string[] {
  const def = (schema as { def?: Record<string, unknown> })?.def;
  if (def === undefined) return [];
  const shape = Object.entries((def.shape as Record<string, unknown> | undefined) ?? {});
  const inner = [def.element, def.innerType, def.in, def.valueType];
  return [...shape.flatMap(([key, value]) => [key, ...keysOf(value)]), ...inner.flatMap(keysOf)];
}

it('the guide to the service names every key', () => {
  const keys = new Set(keysOf(serviceSchema));
  expect(keys.size).toBeGreaterThan(45);
  for (const key of keys) expect(snippets('service.md')[0]).toMatch(new RegExp(`\\b${key}:`));
});

const ROOT = new URL('..', import.meta.url).pathname;
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('every piece of YAML in the docs is a right one', () => {
  const site = () => parse(snippets('site.md')[0]!);
  const edge = () => parse(snippets('programs.md')[2]!);
  const kinds: [has: string, check: (value: Record<string, unknown>, text: string) => unknown][] = [
    ['service', (_, text) => parseService(text, join(folder, 'service.yaml')).problems],
    ['site', (_, text) => parseSite(text, join(folder, 'site.yaml')).problems],
    ['edge', (value) => edgeConfig.safeParse(value).error?.issues],
    ['address', (value) => agentConfig.safeParse(value).error?.issues],
    ['zone', (value) => controllerConfig.safeParse(value).error?.issues],
    ['proxies', (value) => edgeConfig.safeParse({ ...edge(), ...value }).error?.issues],
    ['patience', (_, text) => parsePolicy(text).problems],
    ['', (value) => parseSite(stringify({ ...site(), ...value }), join(folder, 'site.yaml')).problems],
  ];
  const pieces = PAGES.flatMap((file) =>
    [...read(file).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, at) => [`${file} ${at + 1}`, match[1]!] as const),
  );

  it('there are some', () => expect(pieces.length).toBeGreaterThan(12));

  it.each(pieces)('%s', (_, text) => {
    const value = parse(text) as Record<string, unknown>;
    const [, check] = kinds.find(([has]) => has === '' || has in value)!;
    expect(check(value, text) ?? []).toEqual([]);
  });
});

describe('every command in the docs is one', () => {
  /** In a block a line, what is said about it apart; elsewhere between back-quotes. */
  function commandsIn(text: string): string[] {
    const blocks = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```/g)].map((match) => match[1]!);
    const lines = blocks.flatMap((block) => block.split('\n')).map((line) => line.trim().split(/\s{2,}|\s#/)[0]!);
    const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
    return [...lines, ...inline]
      .map((each) => /npx holdfast ([\s\S]+)$/.exec(each.trim())?.[1]?.replaceAll(/\s+/g, ' '))
      .filter((each) => each !== undefined);
  }

  const words = (line: string) =>
    [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!);

  const reached = new Error('it would run');
  /** What is wrong with it; null: it would run. */
  async function wrongWith(line: string): Promise<string | null> {
    const program = createProgram().hook('preAction', () => {
      throw reached;
    });
    const said: string[] = [];
    const quiet = (command: Command) => {
      command.exitOverride().configureOutput({ writeErr: (text) => void said.push(text), writeOut: () => {} });
      for (const each of command.commands) quiet(each);
    };
    quiet(program);
    // A command that is only named, without what it takes.
    if (program.commands.some((command) => command.name() === line)) return null;
    const end = await program.parseAsync(words(line), { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    );
    return end === reached ? null : `${said.join('')}${end}`;
  }

  const all = PAGES.flatMap((file) => commandsIn(read(file)).map((line) => [line, file] as const));
  const cases = [...new Map(all).entries()];

  it('there are some', () => expect(cases.length).toBeGreaterThan(40));

  it.each(cases)('%s (%s)', async (line) => expect(await wrongWith(line)).toBeNull());

  it('what is none is found', async () => {
    for (const line of ['stauts', 'move --to b', 'incident update latest --state fine --text x', 'zone burn a'])
      expect(await wrongWith(line)).not.toBeNull();
  });
});
