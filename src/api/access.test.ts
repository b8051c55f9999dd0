/** Tokens, sessions and sign-in links: what opens, for how long, and what no longer does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { createAudit } from './audit.ts';
import { anApi, KEY } from './fixtures.ts';

let api: Awaited<ReturnType<typeof anApi>>;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const cookieOf = (answer: { headers: Record<string, unknown> }) =>
  String(answer.headers['set-cookie']).split(';', 1)[0]!;

test('the cluster key is an admin, under the name its holder gives', async () => {
  const named = await api.ask('/me', { token: KEY, headers: { 'holdfast-by': encodeURIComponent('Jörg') } });
  expect(named.body).toMatchObject({ name: 'Jörg', role: 'admin', via: 'cluster-key', csrf: null });
  expect((await api.ask('/me', { token: api.tokens.viewer, headers: { 'holdfast-by': 'Jörg' } })).body.name).toBe(
    'the viewer',
  );
  expect((await api.ask('/me', { token: `${KEY}x` })).status).toBe(401);
});

test('a token is shown once, kept as a hash, opens what its role may, and opens nothing once it was taken back', async () => {
  const made = await api.ask('/tokens', {
    method: 'POST',
    token: KEY,
    headers: { 'holdfast-by': 'Ada' },
    body: { name: 'Otto', role: 'owner', sites: ['blog'], days: 30 },
  });
  expect(made.status).toBe(200);
  const { secret, token } = made.body;
  expect(secret).toMatch(/^hft_[\w-]{43}$/);
  expect(token).toMatchObject({ createdBy: 'Ada', role: 'owner', sites: ['blog'], lastUsedAt: null });
  expect(JSON.stringify([...api.cluster.access.tokens.values()])).not.toContain(secret.slice(4));
  const sites = await api.ask('/sites', { token: secret });
  expect(sites.body.sites.map((one: { site: string }) => one.site)).toEqual(['blog']);
  expect(sites.body.counts.all).toBe(1);
  const listed = (await api.ask('/tokens', { token: KEY })).body.tokens;
  expect(listed.find(({ id }: { id: string }) => id === token.id)).toMatchObject({
    name: 'Otto',
    lastUsedAt: expect.any(Number),
  });
  expect(JSON.stringify(listed)).not.toContain('hash');
  expect((await api.ask(`/tokens/${token.id}`, { method: 'DELETE', token: KEY })).status).toBe(200);
  expect((await api.ask('/sites', { token: secret })).status).toBe(401);
  expect((await api.ask(`/tokens/${token.id}`, { method: 'DELETE', token: KEY })).body.code).toBe('token-unknown');
  const ownerOfNothing = { name: 'Otto', role: 'owner' };
  expect((await api.ask('/tokens', { method: 'POST', token: KEY, body: ownerOfNothing })).body).toMatchObject({
    code: 'request-wrong',
    problems: [{ path: 'body.sites' }],
  });
});

test('a browser signs in with a token, and its cookie alone changes nothing', async () => {
  const signedIn = await api.ask('/session', { method: 'POST', body: { token: api.tokens.admin } });
  expect(signedIn.body).toMatchObject({ name: 'the admin', via: 'session', csrf: expect.any(String) });
  const set = String(signedIn.headers['set-cookie']);
  for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(set).toContain(part);
  expect(set).not.toContain(api.tokens.admin);
  const cookie = cookieOf(signedIn);
  const me = await api.ask('/me', { cookie });
  expect(me.body).toEqual(signedIn.body);
  const change = { method: 'POST' as const, cookie, body: { name: 'Otto', role: 'viewer' } };
  expect(await api.ask('/tokens', change)).toMatchObject({ status: 403, body: { code: 'request-mark-missing' } });
  const other = await api.ask('/session', { method: 'POST', body: { token: api.tokens.admin } });
  const withMark = (csrf: string, more = {}) =>
    api.ask('/tokens', { ...change, headers: { 'x-csrf-token': csrf, ...more } });
  expect((await withMark(other.body.csrf)).status).toBe(403);
  expect((await withMark(me.body.csrf, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await withMark(me.body.csrf)).status).toBe(200);
});

test('signing out ends the session wherever its cookie is; taking the token back ends all of its sessions', async () => {
  const one = await api.ask('/session', { method: 'POST', body: { token: api.tokens.operator } });
  const two = await api.ask('/session', { method: 'POST', body: { token: api.tokens.operator } });
  const out = await api.ask('/session', {
    method: 'DELETE',
    cookie: cookieOf(one),
    headers: { 'x-csrf-token': one.body.csrf },
  });
  expect([out.status, String(out.headers['set-cookie'])]).toEqual([204, expect.stringContaining('holdfast_session=;')]);
  expect((await api.ask('/me', { cookie: cookieOf(one) })).status).toBe(401);
  expect((await api.ask('/me', { cookie: cookieOf(two) })).status).toBe(200);
  const { tokens } = (await api.ask('/tokens', { token: KEY })).body;
  const { id } = tokens.find(
    ({ name, kind }: { name: string; kind: string }) => name === 'the operator' && kind === 'token',
  );
  await api.ask(`/tokens/${id}`, { method: 'DELETE', token: KEY });
  expect((await api.ask('/me', { cookie: cookieOf(two) })).status).toBe(401);
  expect((await api.ask('/session', { method: 'POST', body: { token: api.tokens.operator } })).status).toBe(401);
});

test('a cookie that was changed, or signed with another key, opens nothing', async () => {
  const signedIn = await api.ask('/session', { method: 'POST', body: { token: api.tokens.viewer } });
  const [name, value = ''] = cookieOf(signedIn).split('=');
  const [body = '', signature] = value.split('.');
  const claim = JSON.parse(Buffer.from(body, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claim, role: 'admin' })).toString('base64url');
  for (const cookie of [`${name}=${forged}.${signature}`, `${name}=${body}`, `${name}=${body}.`, `${name}=x.y.z`])
    expect((await api.ask('/me', { cookie })).status).toBe(401);
});

test('a sign-in link works once', async () => {
  const made = await api.ask('/sign-in-links', { method: 'POST', token: KEY, body: { name: 'Ada', role: 'operator' } });
  const { path } = made.body;
  const first = await api.ask(path);
  expect([first.status, first.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await api.ask('/me', { cookie: cookieOf(first) })).body).toMatchObject({
    name: 'Ada',
    role: 'operator',
    via: 'session',
  });
  const second = await api.ask(path);
  expect([second.status, second.headers['set-cookie']]).toEqual([410, undefined]);
  expect((await api.ask(`${path}x`)).status).toBe(410);
  // A session's cookie is no sign-in link, although both are signed with the same key.
  expect((await api.ask(`/sign-in/${cookieOf(first).split('=')[1]}`)).status).toBe(410);
});

test('guessing is stopped', async () => {
  const statuses: number[] = [];
  for (let index = 0; index < 32; index += 1) statuses.push((await api.ask('/me', { token: 'hft_guess' })).status);
  expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401));
  expect(statuses.slice(30)).toEqual([429, 429]);
  expect((await api.ask('/me', { token: api.tokens.viewer })).status).toBe(200);
});

test('an owner sees of an incident what concerns their sites, and of another one nothing', async () => {
  const both = newIncidentId(Date.UTC(2026, 10, 29), 'zone-dark:a');
  await api.store.appendToIncident(both, 'begin', [
    anEntry({ site: null, sentence: 'Zone a is dark.' }),
    anEntry({ site: 'shop', sentence: 'shop moves.' }),
    anEntry({ site: 'blog', sentence: 'blog moves.' }),
  ]);
  const other = newIncidentId(Date.UTC(2026, 10, 28), 'copy-down:a:blog');
  await api.store.appendToIncident(other, 'begin', [anEntry({ site: 'blog' })]);
  const token = api.tokens.owner;
  const seen = await api.ask(`/incidents/${both}`, { token });
  expect(seen.body.sites).toEqual(['shop']);
  expect(seen.body.entries.map(({ sentence }: { sentence: string }) => sentence)).toEqual([
    'Zone a is dark.',
    'shop moves.',
  ]);
  expect((await api.ask(`/incidents/${other}`, { token })).status).toBe(404);
  expect((await api.ask('/incidents', { token })).body.incidents.map(({ id }: { id: string }) => id)).toEqual([both]);
  expect((await api.ask('/incidents', { token: api.tokens.viewer })).body.incidents).toHaveLength(2);
  expect((await api.ask('/zones', { token })).body.zones.map(({ agent }: { agent: string }) => agent)).toEqual([
    null,
    null,
  ]);
});

test('every answer carries the headers that keep browsers careful', async () => {
  for (const path of ['/me', '/openapi.json', '/nothing', '/sign-in/none']) {
    const { headers } = await api.ask(path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
  expect((await api.ask('/nothing')).body.code).toBe('route-unknown');
});

test('what a change was, who asked and how it ended is on record before and after', async () => {
  const headers = { 'holdfast-by': 'Ada' };
  await api.ask('/tokens', { method: 'POST', token: KEY, headers, body: { name: 'Otto', role: 'viewer' } });
  await api.ask('/tokens/0123456789abcdef', { method: 'DELETE', token: api.tokens.admin });
  const kept = await api.store.audit({ most: 10 });
  expect(kept).toMatchObject([
    { who: 'the admin', via: 'token', what: 'take-access', target: '0123456789abcdef', outcome: 'token-unknown' },
    {
      who: 'Ada',
      via: 'cluster-key',
      what: 'give-access',
      outcome: 'done',
      sentence: expect.stringContaining('Otto has access'),
    },
  ]);
});

test('changes within one millisecond stand in their order', async () => {
  const audit = createAudit({ ...api, clock: createManualClock(), zone: 'a', log: createLog('test', {}, 'silent') });
  const principal = {
    name: 'Ada',
    role: 'admin' as const,
    sites: [],
    via: 'token' as const,
    token: 't',
    expiresAt: null,
  };
  const targets = Array.from({ length: 30 }, (_, index) => `token-${index}`);
  for (const target of targets)
    await audit({ verb: 'take-access', target: () => target }, { params: {}, body: {}, principal });
  const kept = await api.store.audit({ most: 50 });
  expect(kept.map(({ target }) => target)).toEqual(targets.toReversed());
});

test('while the store is away, whoever was in before stays in, and nothing is changed', async () => {
  const { tokens } = api;
  expect((await api.ask('/sites', { token: tokens.viewer })).status).toBe(200);
  api.cluster.available = false;
  expect((await api.ask('/sites', { token: tokens.viewer })).status).toBe(200);
  const stranger = await api.ask('/sites', { token: tokens.operator });
  expect(stranger).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
  const change = await api.ask('/tokens', { method: 'POST', token: KEY, body: { name: 'Otto', role: 'viewer' } });
  expect(change.status).toBe(503);
  api.cluster.available = true;
  expect(await api.store.audit({ most: 10 })).toEqual([]);
});
