/** The document is valid OpenAPI 3.1, and every answer of a real question is what it says. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { anApi } from './fixtures.ts';
import { ROUTES } from './routes.ts';

let api: Awaited<ReturnType<typeof anApi>>;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

test('the document validates, and has every route once, with a name of its own', async () => {
  const { status, body } = await api.ask('/openapi.json');
  expect(status).toBe(200);
  const { valid, errors } = await new Validator().validate(structuredClone(body));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(body.openapi).toBe('3.1.0');
  const names = Object.values(body.paths as Record<string, object>).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(names.toSorted()).toEqual(ROUTES.map(({ name }) => name).toSorted());
  expect(new Set(names).size).toBe(ROUTES.length);
});

test('what reading answers is what its row promises', async () => {
  const incident = newIncidentId(Date.UTC(2026, 10, 29), 'copy-down:a:shop');
  await api.store.appendToIncident(incident, 'begin', [anEntry({ site: 'shop' })]);
  const names: Record<string, string> = { site: 'shop', incident };
  const readable = ROUTES.filter(
    ({ method, answer, path }) => method === 'GET' && answer !== null && !/preview|traffic/.test(path),
  );
  for (const { path, answer, name } of readable) {
    const at = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(names[key]!));
    const query = path.endsWith('/level/minutes') ? '?day=2026-11-29' : '';
    const { status, body } = await api.ask(`${at}${query}`, { token: api.tokens.admin });
    expect([name, status]).toEqual([name, 200]);
    expect([name, answer!.safeParse(body).error?.issues ?? []]).toEqual([name, []]);
  }
});
