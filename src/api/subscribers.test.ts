/** Who asked on the status page to be told: operators see that somebody did, admins whom, and only admins end it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { subscriberSecret } from '../notify/strangers.ts';
import { aNotice } from '../store/fixtures.ts';
import { aSubscriber } from '../store/subscribers-contract.ts';
import { anApi, KEY } from './fixtures.ts';

const idOf = (address: string, about: string) => `${address.repeat(20)}~${about.repeat(20)}`;
const [ANNA, ANNAS_SHOP, HOOK] = [idOf('a', '1'), idOf('a', '2'), idOf('b', '1')];
const HOOK_URL = 'https://hooks.example.org/T00/secret';

let api: Awaited<ReturnType<typeof anApi>>;
beforeEach(async () => {
  api = await anApi();
  const all = [
    aSubscriber(ANNA, { confirmedAt: 2_000 }),
    aSubscriber(ANNAS_SHOP, { site: 'shop', askedAt: [1_000, 3_000] }),
    aSubscriber(HOOK, { channel: 'webhook', to: HOOK_URL, site: 'blog', link: 2, confirmedAt: 2_000 }),
  ];
  for (const one of all) await api.store.keepSubscriber(null, one);
});
afterEach(() => api.close());

const list = async (token: string, query = '') => (await api.ask(`/subscribers${query}`, { token })).body;

test('an admin sees whom, page by page, and no secret', async () => {
  const first = await list(api.tokens.admin, '?limit=2');
  expect(first.subscribers).toEqual([
    { id: ANNA, channel: 'email', to: 'anna@example.org', site: null, link: null, askedAt: 1_000, confirmedAt: 2_000 },
    {
      ...{ id: ANNAS_SHOP, channel: 'email', to: 'anna@example.org' },
      ...{ site: 'shop', link: null, askedAt: 3_000, confirmedAt: null },
    },
  ]);
  const last = await list(api.tokens.admin, `?limit=2&cursor=${encodeURIComponent(first.next)}`);
  expect(last).toMatchObject({ subscribers: [{ id: HOOK, to: HOOK_URL, link: 2 }], next: null });
  expect(JSON.stringify([first, last])).not.toContain(subscriberSecret(KEY, HOOK));
});

test('an operator sees that somebody did, not whom, also among the messages', async () => {
  const addresses = { [ANNA]: 'a…@example.org', [HOOK]: 'https://hooks.example.org/…' };
  const seen = (await list(api.tokens.operator)).subscribers;
  expect(seen.map(({ id, to }: { id: string; to: string }) => [id, to])).toEqual([
    [ANNA, addresses[ANNA]],
    [ANNAS_SHOP, addresses[ANNA]],
    [HOOK, addresses[HOOK]],
  ]);
  const news = { kind: 'news' as const, person: 'a subscriber', data: { subscriber: ANNA, unsubscribe: 'a link' } };
  const lastTrouble = '550 no such user Anna@example.org';
  await api.store.addNotices([
    { notice: aNotice('n1', { ...news, lastTrouble }), told: [] },
    { notice: aNotice('n2'), told: [] },
  ]);
  const told = async (token: string) => {
    const { notices } = (await api.ask('/notices', { token })).body;
    return notices.map((one: { address: { to: string }; lastTrouble: string | null }) => [
      one.address.to,
      one.lastTrouble,
    ]);
  };
  expect(await told(api.tokens.operator)).toEqual([
    ['a…@example.org', '550 no such user a…@example.org'],
    ['anna@example.org', null],
  ]);
  expect(await told(api.tokens.admin)).toEqual([
    ['anna@example.org', lastTrouble],
    ['anna@example.org', null],
  ]);
});

test('an admin ends one; the record says so for long, and keeps no address', async () => {
  const end = (id: string, token = api.tokens.admin) =>
    api.ask(`/subscribers/${encodeURIComponent(id)}`, { method: 'DELETE', token });
  expect((await end(ANNAS_SHOP, api.tokens.operator)).body.code).toBe('forbidden');
  expect(await api.store.subscriber(ANNAS_SHOP)).not.toBeNull();
  expect(await end(ANNAS_SHOP)).toMatchObject({
    status: 200,
    body: { sentence: 'a…@example.org is told nothing more of shop.' },
  });
  expect((await list(api.tokens.admin)).subscribers.map(({ id }: { id: string }) => id)).toEqual([ANNA, HOOK]);
  expect(await end(ANNAS_SHOP)).toMatchObject({ status: 404, body: { code: 'subscriber-unknown' } });
  const kept = await api.store.audit({ most: 10 });
  expect(kept).toMatchObject([
    { what: 'remove-subscriber', target: ANNAS_SHOP, outcome: 'subscriber-unknown' },
    { who: 'the admin', what: 'remove-subscriber', target: ANNAS_SHOP, outcome: 'done' },
  ]);
  expect(JSON.stringify(kept)).not.toContain('anna@');
});
