/** The page on files of observations: its example is replayed, and it leaves out no kind of line and no key. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { namedPolicies } from '../src/cli/commands/replay.ts';
import { plain } from '../src/cli/screens/paint.ts';
import { replayScreen } from '../src/cli/screens/replay.ts';
import { headerLine, LINE_KINDS, REPORT_KINDS, schemaOf } from '../src/record/observations/lines.ts';
import { linesOfFile } from '../src/replay/file.ts';
import { replay } from '../src/replay/run.ts';

const FILE = fileURLToPath(new URL('../docs/reference/observations-example.ndjson', import.meta.url));
const page = readFileSync(new URL('../docs/reference/observations.md', import.meta.url), 'utf8');

const example = () => replay('example', linesOfFile(FILE), namedPolicies());

describe('the example', () => {
  it('stands on the page as it is in the file', () => {
    expect(page).toContain(`\`\`\`json\n${readFileSync(FILE, 'utf8')}\`\`\``);
  });

  it('replayed: zone a is dark, and its site moves after the patience of its policy', async () => {
    const { timeline, moves, policies } = await example();
    expect(timeline.map(({ kind }) => kind)).toEqual(['placement', 'finding', 'decision', 'end']);
    expect(timeline[1]).toMatchObject({ code: 'zone-dark', zone: 'a' });
    expect(moves[0]!.move).toMatchObject({ to: 'b', because: 'zone-dark:a', counterfactual: false });
    const at = policies.map(({ sites }) => sites[0]!.move!.at);
    expect(at.toSorted((one, other) => one - other)).toEqual(at);
    expect(at[0]).toBeLessThan(at[1]!);
    expect(at[1]).toBeLessThan(at[2]!);
  });

  it('on the screen: the time line with its evidence, and the policies side by side', async () => {
    const screen = replayScreen(await example(), 'example', 120, plain);
    expect(screen).toMatch(/2\.\d{3} s +\+0\.\d{3} s +decision +failover: shop moves from zone a to zone b/);
    expect(screen).toMatch(/agent:c: no answer for \d+ ms \(timeout\)/);
    expect(screen).toMatch(/shop +no move +to b at .* to b at .* to b at .* to b at /);
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(160);
  });
});

/** Every key that a schema knows, at any depth. */
function keysOf(schema: z.ZodType): string[] {
  const {
    shape,
    element,
    innerType,
    in: input,
    options,
  } = schema.def as unknown as {
    shape?: Record<string, z.ZodType>;
    element?: z.ZodType;
    innerType?: z.ZodType;
    in?: z.ZodType;
    options?: z.ZodType[];
  };
  const inside = [
    ...Object.values(shape ?? {}),
    ...(options ?? []),
    ...[element, innerType, input].filter((each) => each !== undefined),
  ];
  return [...Object.keys(shape ?? {}), ...inside.flatMap(keysOf)];
}

describe('the page', () => {
  it('names every kind of line', () => {
    for (const kind of ['header', ...LINE_KINDS]) expect(page).toContain(`| \`${kind}\` |`);
  });

  it('names every key', () => {
    const lines = LINE_KINDS.filter((kind) => kind !== 'report').map((kind) => schemaOf({ kind })!);
    const reports = REPORT_KINDS.map((kind) => schemaOf({ kind: 'report', report: { kind } })!);
    const keys = new Set([headerLine, ...lines, ...reports].flatMap(keysOf));
    expect(keys.size).toBeGreaterThan(100);
    expect([...keys].filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
