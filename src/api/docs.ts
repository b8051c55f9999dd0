/** The table of routes as a page for people: what each does, who may, what it takes and which errors it has. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { PREFIX } from './mount.ts';
import { whoMay } from './openapi.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

const HEAD = `# The HTTP API

Every controller answers it under \`${PREFIX}\`; which one is asked does not matter. This page is made from the table of routes
(\`src/api/routes.ts\`); the same as an OpenAPI 3.1 document: \`GET ${PREFIX}/openapi.json\`. How to get in, and how to use it:
[the guide](../guide/api.md).
`;

const TAIL_HEAD = `
## Errors

Every error is \`application/problem+json\` with \`type\`, \`title\`, \`status\`, \`detail\` (what happened), \`fix\` (what to do) and \`code\`. Any
route may answer \`request-wrong\`, \`not-signed-in\`, \`forbidden\`, \`too-many-requests\` and \`store-unavailable\`.

| code | status | what to do |
|---|---|---|
`;

/** The whole page. */
export function apiPage(): string {
  return `${HEAD}\n${ROUTES.map(section).join('\n')}${TAIL_HEAD}${errorRows()}`;
}

function section(row: Route): string {
  const { method, path, summary, params, query, body, errors = [] } = row;
  const lines = [`## ${method} ${path}`, '', summary, '', `${whoMay(row)}${auditOf(row)}`, ''];
  const taken = [...fields(params, 'path'), ...fields(query, 'query'), ...fields(body, 'body')];
  if (taken.length > 0) lines.push('| | in | |', '|---|---|---|', ...taken, '');
  if (errors.length > 0) lines.push(`Errors: ${errors.map((code) => `\`${code}\``).join(', ')}.`, '');
  return lines.join('\n');
}

function auditOf(row: Route): string {
  return row.method === 'GET' || row.audit === null ? '' : ` In the audit record as \`${row.audit.verb}\`.`;
}

interface Shape {
  description?: string;
  default?: unknown;
  enum?: unknown[];
  type?: string;
  properties?: Record<string, Shape>;
  required?: string[];
}

function fields(schema: z.ZodType | undefined, place: string): string[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as Shape;
  return Object.entries(properties).map(([name, { description, default: usual, enum: all, type }]) => {
    const needed = place === 'path' || required.includes(name);
    const about = [
      description ?? '',
      all === undefined ? '' : `One of ${all.map((one) => `\`${one}\``).join(', ')}.`,
      all === undefined && description === undefined && type !== undefined ? `A ${type}.` : '',
      needed ? '' : usual === undefined || usual === null ? 'Optional.' : `Default: \`${JSON.stringify(usual)}\`.`,
    ];
    return `| \`${name}\` | ${place} | ${about.filter((one) => one !== '').join(' ')} |`;
  });
}

function errorRows(): string {
  const used = new Set<ErrorCode>(['internal', 'route-unknown', 'request-mark-missing', 'request-too-large']);
  for (const code of ['request-wrong', 'not-signed-in', 'forbidden', 'too-many-requests', 'store-unavailable'] as const)
    used.add(code);
  for (const { errors = [] } of ROUTES) for (const code of errors) used.add(code);
  return [...used]
    .toSorted()
    .map((code) => `| \`${code}\` | ${ERRORS[code].httpStatus} | ${cell(ERRORS[code].fix)} |\n`)
    .join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
