/** Turns what a zod schema says into problems for people: where, what is wrong, what would be right. */
import type { z } from 'zod';
import type { Problem } from '../errors.ts';
import { type Path, pathText, type YamlDocument } from './document.ts';
import { nearest } from './nearest.ts';

/**
 * Every problem of the document's value under the schema, or the parsed value. A message given in a schema says what would be
 * right; what is wrong is told from the value.
 */
export function applySchema<S extends z.ZodType>(
  schema: S,
  document: YamlDocument,
): { value: z.infer<S>; problems: [] } | { value: null; problems: Problem[] } {
  const result = schema.safeParse(document.value ?? {});
  if (result.success) return { value: result.data, problems: [] };
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, schema, document));
  return { value: null, problems: byLine(problems) };
}

export function byLine(problems: Problem[]): Problem[] {
  return problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

function toProblems(issue: z.core.$ZodIssue, schema: z.ZodType, document: YamlDocument): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, schema, document));
  if (issue.code === 'invalid_key') return [wrongKey(issue, document)];
  const value = valueAt(document.value, issue.path);
  const wrong = value === undefined ? 'is missing' : `is ${shown(issue.path, value)}`;
  const right = issue.code === 'invalid_type' ? rightInstead(issue, schema) : rightOf(issue);
  return [{ path: pathText(issue.path), line: document.lineOf(issue.path), wrong, right }];
}

function wrongKey({ path, issues }: z.core.$ZodIssueInvalidKey, document: YamlDocument): Problem {
  const right = issues[0] === undefined ? null : rightOf(issues[0]);
  return { path: pathText(path), line: document.lineOf(path), wrong: 'cannot be a key here', right };
}

function unknownKey(path: Path, key: string, schema: z.ZodType, document: YamlDocument): Problem {
  const known = keysAt(schema, path);
  const meant = nearest(key, known);
  return {
    path: pathText([...path, key]),
    line: document.lineOf([...path, key]),
    wrong: 'is not a known key',
    right: meant !== null ? meant : known.length > 0 ? `one of ${known.join(', ')}` : null,
  };
}

/** Where nothing or a thing of another kind stands, an empty text is checked: the schema's own words then say what belongs there. */
function rightInstead(issue: z.core.$ZodIssue, schema: z.ZodType): string | null {
  if (!isBuiltIn(issue.message)) return issue.message;
  const there = schemaAt(schema, issue.path);
  const asEmpty = there?.safeParse('').error?.issues[0];
  return asEmpty !== undefined && !isBuiltIn(asEmpty.message) ? asEmpty.message : rightOf(issue);
}

function rightOf(issue: z.core.$ZodIssue): string | null {
  if (!isBuiltIn(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return `at least ${issue.minimum}${SIZE_WORDS[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return issue.format === 'url'
        ? 'an address such as http://10.0.1.11:2379'
        : `something of the form ${issue.format}`;
    default:
      return issue.message;
  }
}

const SIZE_WORDS: Record<string, string> = { array: ' of them', string: ' characters' };

export const TYPE_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

/** zod's own words, which are about schemas and not about files. */
export function isBuiltIn(message: string): boolean {
  return /^(Invalid|Too (small|big)|Unrecognized)/.test(message);
}

const SECRET_NAME = /(pass|password|secret|token|key)$/i;

function shown(path: Path, value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'empty';
  if (typeof value === 'object') return 'a group of keys';
  if (path.some((part) => SECRET_NAME.test(String(part)))) return `a ${typeof value} (not shown)`;
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}

/** The keys that the object at `path` may have. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const def = definitionOf(schemaAt(schema, path));
  return def?.type === 'object' ? Object.keys(def.shape ?? {}) : [];
}

export interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const part of path) {
    const def = definitionOf(at);
    at = def?.shape?.[String(part)] ?? def?.element ?? def?.valueType;
  }
  return at;
}

/** The definition inside optional, nullable, default and transforming wrappers. */
export function definitionOf(schema: z.ZodType | undefined): Definition | undefined {
  let def = schema?.def as unknown as Definition | undefined;
  while (def?.innerType !== undefined || def?.in !== undefined) {
    const inner = def.innerType ?? def.in!;
    // What was prepared before it is parsed says nothing about what belongs there; what parses it does.
    def = (inner.def.type === 'transform' && def.out !== undefined ? def.out : inner).def as unknown as Definition;
  }
  return def;
}
