/** docs/reference/configuration.md from the schemas: every key of every file, what belongs there, what holds when it is left out. */
import type { z } from 'zod';
import { MEANINGS } from './meanings.ts';
import { policyFile } from './policy.ts';
import { agentConfig, controllerConfig, edgeConfig } from './programs.ts';
import { type Definition, definitionOf, isBuiltIn, TYPE_WORDS } from './schema-problems.ts';
import { serviceSchema } from './service.ts';
import { siteSchema } from './site.ts';

export interface KeyRow {
  /** `application.processes[].name` */
  path: string;
  needed: boolean;
  /** In words; empty: the keys below it say it. */
  belongs: string;
  /** As it would be written; null: nothing, or it has to be there. */
  usual: string | null;
}

const FILES: { title: string; about: string; schema: z.ZodType }[] = [
  {
    title: 'controller',
    about: '`holdfast controller --config FILE`, one in every zone. [A whole one](../guide/programs.md).',
    schema: controllerConfig,
  },
  { title: 'agent', about: '`holdfast agent --config FILE`, one on every host with copies.', schema: agentConfig },
  { title: 'edge', about: '`holdfast edge --config FILE`, one at every point of presence.', schema: edgeConfig },
  {
    title: 'site',
    about: 'A site’s description, for `holdfast apply`, `check` and `dev`. [A whole one](../guide/site.md).',
    schema: siteSchema,
  },
  {
    title: 'service',
    about: 'The service’s description, for `holdfast apply`. [A whole one](../guide/service.md).',
    schema: serviceSchema,
  },
  {
    title: 'policy',
    about: 'A policy of its own, for `holdfast replay --policy`. [How it is used](../guide/replay.md).',
    schema: policyFile,
  },
];

const HEAD = `# Every key of every file

This page is made from the schemas that read the files (\`src/config/\`): \`node scripts/reference-docs.ts\` writes it. All files are YAML. A key that
is not known is refused, with the one that was probably meant; all problems of a file are told at once, each with its line.

Durations are written \`500ms\`, \`60s\`, \`5m\`, \`1h\`, \`30d\`, sizes \`500MB\`, \`20GB\`, times of the day \`"02:00-05:00"\` (in quotes). Keys marked **•** have to be there. \`[]\`
stands for each of a list.
`;

/** The whole page. Throws when a key has no meaning, or a meaning no key. */
export function configurationPage(): string {
  const used = new Set<string>();
  const parts = FILES.map(({ title, about, schema }) => {
    const lines = keysOf(schema).map((row) => {
      const key = meaningKey(title, row.path);
      used.add(key);
      return toLine(row, MEANINGS[key]!);
    });
    return `## ${title}\n\n${about}\n\n${COLUMNS}${lines.join('')}`;
  });
  const idle = Object.keys(MEANINGS).filter((key) => !used.has(key));
  if (idle.length > 0) throw new Error(`no file has the key ${idle.join(', ')}`);
  return `${HEAD}\n${parts.join('\n')}`;
}

const COLUMNS = '| key | what belongs there | left out | what it does |\n|---|---|---|---|\n';

/** All programs have some keys alike, and a policy's are those of a site's `failover`. */
function meaningKey(file: string, path: string): string {
  const found = [`${file}.${path}`, `programs.${path}`, `site.failover.${path}`].find((key) => key in MEANINGS);
  if (found === undefined) throw new Error(`src/config/meanings.ts says nothing of ${file}.${path}`);
  return found;
}

function toLine({ path, needed, belongs, usual }: KeyRow, meaning: string): string {
  const cells = [`\`${path}\`${needed ? ' **•**' : ''}`, belongs, usual === null ? '' : `\`${usual}\``, meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** Every key below `schema`, in the order of the schema. */
export function keysOf(schema: z.ZodType, prefix = ''): KeyRow[] {
  const { type, shape, element, valueType } = definitionOf(schema) as Definition;
  if (type === 'object')
    return Object.entries(shape ?? {}).flatMap(([name, inner]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const usual = usualOf(inner);
      const needed = !inner.safeParse(undefined).success && usual === null;
      return [{ path, needed, belongs: wordsOf(inner), usual }, ...keysOf(inner, path)];
    });
  if (element !== undefined && definitionOf(element)?.type === 'object') return keysOf(element, `${prefix}[]`);
  if (valueType !== undefined && definitionOf(valueType)?.type === 'object') return keysOf(valueType, `${prefix}.NAME`);
  return [];
}

/** The schema's own words about what would be right, found by giving it what is wrong. */
function wordsOf(schema: z.ZodType): string {
  const element = definitionOf(schema)?.element;
  for (const wrong of ['', '\u0000', {}, -1e9]) {
    const issue = schema
      .safeParse(wrong)
      .error?.issues.find(({ path, message }) => path.length === 0 && !isBuiltIn(message));
    if (issue !== undefined) return issue.message;
  }
  if (element !== undefined) return `a list, each of it ${wordsOf(element)}`;
  return plainWords(schema);
}

function plainWords(schema: z.ZodType): string {
  const { type, entries, minValue, maxValue } = innermost(schema);
  if (type === 'enum') return `one of ${Object.values(entries ?? {}).join(', ')}`;
  if (type === 'number') return minValue == null ? 'a number' : `a whole number from ${minValue} to ${maxValue}`;
  return type === 'object' ? 'a group of keys' : (TYPE_WORDS[type] ?? type);
}

interface Innermost {
  type: string;
  entries?: Record<string, string>;
  minValue?: number | null;
  maxValue?: number | null;
}

function innermost(schema: z.ZodType): Innermost {
  return chainOf(schema).at(-1) as unknown as Innermost;
}

interface Wrapper {
  def: { type: string; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType; defaultValue?: unknown };
}

/** The schema, and what it wraps, outermost first. */
function chainOf(schema: z.ZodType): z.ZodType[] {
  const { def } = schema as unknown as Wrapper;
  const inner = def.innerType ?? (def.in?.def.type === 'transform' ? def.out : def.in);
  return inner === undefined ? [schema] : [schema, ...chainOf(inner)];
}

function usualOf(schema: z.ZodType): string | null {
  const chain = chainOf(schema);
  const holder = chain.find(({ def }) => def.type === 'default' || def.type === 'prefault');
  const value = (holder as unknown as Wrapper | undefined)?.def.defaultValue;
  if (value === undefined || value === null || isEmptyGroup(value)) return null;
  const shown = chain.map((each) => each.meta()?.shown).find((each) => typeof each === 'string');
  return typeof value === 'number' ? numberAs(shown as string | undefined, value) : written(value);
}

const isEmptyGroup = (value: unknown) => typeof value === 'object' && Object.keys(value as object).length === 0;

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const UNITS: Record<string, [many: number, unit: string][]> = {
  duration: [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
    [1, 'ms'],
  ],
  size: [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
  ],
};

function numberAs(shown: string | undefined, value: number): string {
  if (shown === 'percent') return `${Number((value * 100).toFixed(6))}%`;
  if (shown === 'budget') return value < 1 ? `1 per ${Number((1 / value).toFixed(3))} years` : `${value} per year`;
  const units = UNITS[shown ?? ''];
  if (units === undefined) return String(value);
  if (value === 0) return '0s';
  const [many, unit] = units.find(([each]) => value >= each && value % each === 0) ?? [1, 'ms'];
  return `${value / many}${unit}`;
}
