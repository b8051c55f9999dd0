/** The table of routes as an OpenAPI 3.1 document, its shapes by zod's own JSON Schema. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { problemSchema } from './problem.ts';
import type { Route } from './route.ts';
import { named } from './schemas/common.ts';

type Json = Record<string, unknown>;

const REF = '#/components/schemas/';
/** What every route that asks who one is may answer. */
const USUAL: readonly ErrorCode[] = [
  'request-wrong',
  'not-signed-in',
  'forbidden',
  'too-many-requests',
  'store-unavailable',
];

export function toOpenApi(routes: readonly Route[], prefix: string): Json {
  const registry = z.registry<{ id: string }>();
  const shapes = new Map<z.ZodType, string>();
  const add = (shape: z.ZodType, id: string) => {
    if (shapes.has(shape)) return;
    shapes.set(shape, id);
    registry.add(shape, { id });
  };
  for (const [id, shape] of named) add(shape, id);
  add(problemSchema, 'Problem');
  for (const { name, body, answer } of routes) {
    const id = name.charAt(0).toUpperCase() + name.slice(1);
    if (body !== undefined) add(body, `${id}Body`);
    if (answer !== null) add(answer, `${id}Answer`);
  }
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${REF}${id}`, io: 'input', target: 'draft-2020-12' });
  const refTo = (shape: z.ZodType): Json => ({ $ref: `${REF}${shapes.get(shape)}` });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      description: 'Where sites live, what happened to them, and moving them. Every controller answers it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: prefix }],
    security: [{ token: [] }, { session: [], mark: [] }],
    paths: pathsOf(routes, refTo),
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, shape]) => [id, cleaned(shape as Json)])),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token (`hft_…`), or the cluster key.' },
        session: { type: 'apiKey', in: 'cookie', name: 'holdfast_session', description: 'A browser that signed in.' },
        mark: {
          type: 'apiKey',
          in: 'header',
          name: 'x-csrf-token',
          description: 'For changes by a browser: `csrf` of GET /me.',
        },
      },
    },
  };
}

function pathsOf(routes: readonly Route[], refTo: (shape: z.ZodType) => Json): Json {
  const paths: Record<string, Json> = {};
  for (const row of routes) {
    paths[row.path] ??= {};
    paths[row.path]![row.method.toLowerCase()] = operationOf(row, refTo);
  }
  return paths;
}

function operationOf(row: Route, refTo: (shape: z.ZodType) => Json): Json {
  const { name, path, summary, allow, body, answer, media } = row;
  const open = allow === 'anyone';
  const done = answer === null ? null : { 'application/json': { schema: refTo(answer) } };
  const content = media === undefined ? done : { [media]: { schema: { type: 'string' } } };
  return {
    operationId: name,
    tags: [path.split('/')[1]],
    summary,
    ...(open ? { security: [] } : { description: whoMay(row) }),
    parameters: [...parametersOf(row.params, 'path'), ...parametersOf(row.query, 'query')],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: refTo(body) } } } }),
    responses: {
      ...(content === null ? { 204: { description: 'Done.' } } : { 200: { description: 'Done.', content } }),
      ...errorsOf(
        [...(open ? (['request-wrong', 'too-many-requests'] as const) : USUAL), ...(row.errors ?? [])],
        refTo,
      ),
    },
  };
}

/** In words, which roles may ask. */
export function whoMay({ allow }: Pick<Route, 'allow'>): string {
  if (allow === 'anyone') return 'Anyone.';
  const words = { all: '', 'own-site': ' (of their sites)', 'own-part': ' (what concerns their sites)', never: '' };
  const roles = Object.entries(allow).filter(([, reach]) => reach !== 'never');
  return `For: ${roles.map(([role, reach]) => `${role}${words[reach]}`).join(', ')}.`;
}

function errorsOf(codes: readonly ErrorCode[], refTo: (shape: z.ZodType) => Json): Json {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERRORS[code].httpStatus);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\``).join(', '),
        content: { 'application/problem+json': { schema: refTo(problemSchema) } },
      },
    ]),
  );
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...shape }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: shape,
  }));
}

/** Each shape stands under its name; zod's own `$id` and `$schema` would say where it lies a second time. */
function cleaned({ $id: _, $schema: __, ...shape }: Json): Json {
  return shape;
}
