/** Every route × every role, from the table itself: a new route is tried here without anybody writing it down. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES } from '../model/index.ts';
import { anApi } from './fixtures.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

let api: Awaited<ReturnType<typeof anApi>>;
beforeAll(async () => {
  api = await anApi();
});
afterAll(() => api.close());

/** Another site than the owner's, and things that do not exist: who may ask is told so, who may not is told nothing of it. */
const NAMES: Record<string, string> = {
  site: 'blog',
  zone: 'nowhere',
  incident: 'none',
  token: '0123456789abcdef',
  notice: 'none',
  subscriber: `${'0'.repeat(20)}~${'0'.repeat(20)}`,
};
const pathOf = ({ path }: Route, site = 'blog') =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === 'site' ? site : NAMES[name];
    if (value === undefined) throw new Error(`this test has no example of {${name}}`);
    return value;
  });
/** The body is wrong on purpose: whoever is let in gets 400, and nothing is changed by a test of who may. */
const wrong = ({ method, body }: Route) =>
  method === 'GET' || body === undefined ? {} : { body: { 'no such field': 1 } };

const askable = ROUTES.filter(({ stream }) => stream !== true);

describe.each(askable)('$method $path', (row) => {
  test('asks who one is, unless anyone may', async () => {
    // From an address of its own: guessing is counted by address.
    const from = `10.0.${Math.floor(ROUTES.indexOf(row) / 200)}.${ROUTES.indexOf(row) % 200}`;
    const asked = { method: row.method, from, ...wrong(row) };
    const anonymous = await api.ask(pathOf(row), asked);
    if (row.allow === 'anyone') return expect(anonymous.status).not.toBe(401);
    expect(anonymous).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
    expect(anonymous.headers['content-type']).toContain('application/problem+json');
    for (const token of [api.tokens.expired, `${api.tokens.admin}x`, 'hft_wrong'])
      expect((await api.ask(pathOf(row), { ...asked, token })).status).toBe(401);
  });

  test.each(ROLES)('is refused to a %s whose rule says so, and to nobody else', async (role) => {
    if (row.allow === 'anyone') return;
    const token = api.tokens[role];
    const { status, body } = await api.ask(pathOf(row), { method: row.method, token, ...wrong(row) });
    const reach = row.allow[role];
    if (reach === 'never') expect([status, body.code]).toEqual([403, 'forbidden']);
    else if (reach === 'own-site') expect([status, body.code]).toEqual([404, 'site-unknown']);
    else expect([401, 403]).not.toContain(status);
    if (reach === 'own-site') {
      const own = await api.ask(pathOf(row, 'shop'), { method: row.method, token, ...wrong(row) });
      expect([401, 403, 404]).not.toContain(own.status);
    }
  });
});

test('a rule that depends on the site is used only where the path names one', () => {
  for (const { path, allow } of ROUTES)
    if (allow !== 'anyone' && Object.values(allow).includes('own-site')) expect(path).toContain('{site}');
});
