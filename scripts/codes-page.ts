/** docs/reference/codes.md from the tables of codes: what each means, and what a person can do about it. */
import { ERRORS } from '../src/errors.ts';
import { DECISIONS, FINDINGS, REFUSALS } from '../src/model/code-words.ts';

const HEAD = `# Codes

One vocabulary for the code, the command line, incidents and this page, which is made from the tables in \`src/model/code-words.ts\` and
\`src/errors.ts\`: \`node scripts/reference-docs.ts\` writes it.
`;

const AFTER_FINDINGS = `
What follows, follows when the finding has held for as long as the site's \`patience\` asks ([site.md](../guide/site.md#what-it-does-by-itself)),
and when none of the refusals below speaks against it. Several findings at once: the worst that has held for long enough is answered,
in this order: \`zone-dark\`, \`copy-down\`, \`copy-stuck\`, \`zone-erring\`, \`copy-erring\`, \`zone-slow\`, \`copy-slow\`.
`;

const BEFORE_ERRORS = `
What a command or the API answers when it does not do what it was asked for; \`{…}\` is filled in. Commands print both sentences and the code, the API
answers them as \`detail\`, \`fix\` and \`code\`.

`;

/** The whole page. */
export function codesPage(): string {
  const findings = Object.entries(FINDINGS).map(([code, { means, follows, todo }]) => [code, means, follows, todo]);
  const refusals = Object.entries(REFUSALS).map(([code, { means, todo }]) => [code, means, todo]);
  const errors = Object.entries(ERRORS).map(([code, { message, fix, exitStatus, httpStatus }]) => [
    code,
    message,
    fix,
    String(exitStatus),
    String(httpStatus),
  ]);
  return [
    HEAD,
    section(
      'Findings: what was concluded from the observations',
      ['it means', 'what follows', 'what you can do'],
      findings,
    ),
    AFTER_FINDINGS,
    section('Refusals: what is not done, and why', ['it means', 'what you can do'], refusals),
    section('Decisions: why a placement has the epoch it has', ['it means'], Object.entries(DECISIONS)),
    '## Errors: what a command or the API says',
    BEFORE_ERRORS.trimEnd(),
    '',
    table(['it says', 'what you can do', 'exit status', 'HTTP'], errors),
  ].join('\n');
}

function section(title: string, columns: string[], rows: string[][]): string {
  return `## ${title}\n\n${table(columns, rows)}`;
}

function table(columns: string[], rows: string[][]): string {
  const head = `| code | ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}\n`;
  const lines = rows.map(([code, ...cells]) => `| \`${code}\` | ${cells.map(toCell).join(' | ')} |\n`);
  return head + lines.join('');
}

const toCell = (text: string) => text.replaceAll('|', '\\|');
