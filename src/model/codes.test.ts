import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/reference/codes.md', import.meta.url), 'utf8');
const source = readFileSync(new URL('./finding.ts', import.meta.url), 'utf8');

/** The members of one union type of string literals, as they stand in finding.ts. */
function codesOf(type: string): string[] {
  const union = new RegExp(`export type ${type} =([^;]+);`).exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]!);
}

it.each(['FindingCode', 'RefusalCode', 'DecisionCode'])(
  'every %s has its place in the docs, and nothing else has (I8)',
  (type) => {
    const heading = { FindingCode: 'Findings', RefusalCode: 'Refusals', DecisionCode: 'Decisions' }[type]!;
    const section = page.split('## ').find((part) => part.startsWith(heading))!;
    const documented = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]!);
    expect(codesOf(type).length).toBeGreaterThan(4);
    expect(documented.sort()).toEqual(codesOf(type).sort());
  },
);
