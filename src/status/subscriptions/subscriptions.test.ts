/** Asking to be told, confirming it, being told once, and ending it. */
import { beforeEach, expect, test } from 'vitest';
import type { Notice, Placement } from '../../model/index.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import { updateEntry } from '../../record/updates.ts';
import { anEntry, aService, aSpec } from '../../store/fixtures.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from '../../store/memory.ts';
import type { GrowingMarks } from '../marks.ts';
import { createMarks } from '../marks.ts';
import { privateToken } from '../private-link.ts';
import { createPublisher } from '../publisher.ts';
import { createForms } from './forms.ts';
import { readLink, signLink } from './links.ts';
import { createSubscriberTeller } from './teller.ts';

const KEY = 'a key of this test';
const MAIL = { host: '127.0.0.1', port: 25, from: 'status@example.org' };
const SECRET = `p/${privateToken(KEY, 'secret', 1)}`;
let clock: ReturnType<typeof createManualClock>;
let store: MemoryStore;
let incidents: GrowingMarks[];
let form: ReturnType<typeof createForms>;
let tellers: ReturnType<typeof createSubscriberTeller>[];

beforeEach(() => {
  clock = createManualClock();
  store = openMemoryStore(new MemoryCluster(), { clock });
  incidents = [];
  const email = { ...MAIL, user: null, passwordFile: null, secure: false, caFile: null };
  const status = {
    components: 'sites' as const,
    sites: 'public' as const,
    intro: null,
    timeZone: 'UTC',
    subscribe: ['email' as const, 'webhook' as const],
    privateWebhooks: false,
  };
  const service = aService({ status, channels: { ...aService().channels, email } });
  const secret = { title: 'Secret', visibility: 'private' as const, link: 1 };
  const specs = [aSpec('shop'), aSpec('secret', { status: secret })];
  const sites = new Map(specs.map((spec) => [spec.site, { spec, slot: 1 }]));
  const publisher = createPublisher({
    clock,
    clusterKey: KEY,
    state: { service, sites, placements: new Map<string, Placement>() },
    book: { all: () => incidents, of: () => undefined },
    zones: () => [],
    days: () => null,
  });
  publisher.touched(sites.keys());
  publisher.look(true);
  const parts = { clock, clusterKey: KEY, store, publisher };
  form = createForms(parts);
  tellers = ['a', 'b'].map((zone) => createSubscriberTeller({ ...parts, zone, zones: () => ['a', 'b'] }));
});

const subscribe = (about: string, to = 'anna@example.org', channel = 'email') =>
  form({ method: 'POST', path: '/subscribe', body: String(new URLSearchParams({ about, channel, to })) });
const waiting = async (kind: Notice['kind']) =>
  (await store.notices('waiting', { most: 100 })).map(({ value }) => value).filter((notice) => notice.kind === kind);
const linkIn = (text: string) => /https:\/\/status\.example\.org(\/(?:confirm|unsubscribe)\/\S+)/.exec(text)![1]!;

async function confirmed(about: string, to = 'anna@example.org', channel = 'email'): Promise<string> {
  const before = new Set((await waiting('subscription')).map(({ id }) => id));
  await subscribe(about, to, channel);
  const path = linkIn((await waiting('subscription')).find(({ id }) => !before.has(id))!.text);
  const answer = await form({ method: 'POST', path, body: '' });
  expect(answer.html).toContain('It is confirmed');
  return answer.html;
}

/** As both controllers do, until nothing more comes. */
async function tell(ms: number): Promise<void> {
  for (let at = 0; at <= ms; at += 2_000) {
    for (const teller of tellers) await teller.look();
    await clock.advance(2_000);
  }
}

function happens(site: string): GrowingMarks {
  const marks = createMarks(`x~copy-down:a:${site}`, `copy-down:a:${site}`, clock.wall());
  marks.take(1, [anEntry({ site, at: clock.wall(), code: 'open-incident' })]);
  incidents.unshift(marks);
  return marks;
}

test('nothing is sent before the button was pressed; following the link alone confirms nothing', async () => {
  const asked = await subscribe('');
  expect([asked.status, asked.html.includes('One more step')]).toEqual([200, true]);
  const [letter] = await waiting('subscription');
  expect(letter).toMatchObject({
    address: { channel: 'email', to: 'anna@example.org' },
    subject: 'Please confirm: news of Holdfast Hosting',
  });
  const path = linkIn(letter!.text);
  expect((await form({ method: 'GET', path, body: '' })).html).toContain('Yes, tell me');
  const [known] = await store.subscribers({ most: 5 });
  expect(known!.confirmedAt).toBeNull();
  happens('shop');
  await tell(60_000);
  expect(await waiting('news')).toEqual([]);
  await form({ method: 'POST', path, body: '' });
  expect((await store.subscribers({ most: 5 }))[0]!.confirmedAt).toBe(clock.wall());
  await subscribe('');
  expect(await waiting('subscription')).toHaveLength(1);
});

test.each([
  ['no address', '', 'anna', 'email', 400],
  ['a header', '', 'a@b.example\r\nBcc: x@y.example', 'email', 400],
  ['two addresses', '', 'a@b.example,c@d.example', 'email', 400],
  ['another way', '', 'anna@example.org', 'pagerduty', 400],
  ['a page that there is not', 'sites/nobody', 'anna@example.org', 'email', 400],
  ['a private page by its name', 'sites/secret', 'anna@example.org', 'email', 400],
  ['a webhook inside', '', 'http://127.0.0.1:2379/', 'webhook', 400],
  ['a private page by its link', SECRET, 'anna@example.org', 'email', 200],
])('%s', async (_, about, to, channel, status) => {
  expect((await subscribe(about, to, channel)).status).toBe(status);
  expect(await waiting('subscription')).toHaveLength(status === 200 ? 1 : 0);
});

test('one address gets five requests a day, all together thirty a minute', async () => {
  for (let turn = 0; turn < 8; turn += 1) await subscribe('', 'Anna@example.org');
  await subscribe('sites/shop', 'anna@example.org');
  expect(await waiting('subscription')).toHaveLength(5);
  const answers = [];
  for (let turn = 0; turn < 25; turn += 1) answers.push((await subscribe('', `someone-${turn}@example.org`)).status);
  expect(answers.filter((status) => status === 429)).toHaveLength(4);
  await clock.advance(60_000);
  expect((await subscribe('', 'late@example.org')).status).toBe(200);
});

test('each is told of what their page says, once, whichever controller does it, and no more after the end', async () => {
  await confirmed('');
  await confirmed('sites/shop', 'bert@example.org');
  await confirmed(SECRET, 'cleo@example.org');
  await clock.advance(1_000);
  const marks = happens('shop');
  const hidden = happens('secret');
  await tell(20_000);
  expect(await waiting('news')).toEqual([]);
  await tell(20_000);
  const first = await waiting('news');
  expect(first.map(({ address, subject }) => `${address.to} ${subject}`).toSorted()).toEqual([
    'anna@example.org Noticed: shop.test had trouble',
    'bert@example.org Noticed: shop.test: The site had trouble',
    'cleo@example.org Noticed: Secret: The site had trouble',
  ]);
  expect(first[0]!.data).toMatchObject({
    unsubscribe: expect.stringContaining('/unsubscribe/'),
    posts: [{ key: 'noticed' }],
  });
  const said = { at: clock.wall(), by: 'Ada', state: 'identified' as const, text: 'A disk.', public: true };
  marks.take(2, [updateEntry(said), updateEntry({ ...said, text: 'Internal.', public: false })]);
  hidden.take(2, [anEntry({ site: 'secret', at: clock.wall(), code: 'close-incident', kind: 'result' })]);
  await tell(90_000);
  const all = await waiting('news');
  const second = all.filter(({ id }) => !first.some((each) => each.id === id));
  expect(second.map(({ address, subject }) => `${address.to} ${subject}`).toSorted()).toEqual([
    'anna@example.org Identified: shop.test had trouble',
    'bert@example.org Identified: shop.test: The site had trouble',
    'cleo@example.org Resolved: Secret: The site had trouble',
  ]);
  expect(JSON.stringify(all)).not.toContain('Internal');
  const path = linkIn(all.find(({ address }) => address.to === 'anna@example.org')!.text);
  expect((await form({ method: 'GET', path, body: '' })).html).toContain('No more messages');
  expect(await store.subscribers({ most: 5 })).toHaveLength(3);
  await form({ method: 'POST', path, body: 'List-Unsubscribe=One-Click' });
  expect((await form({ method: 'POST', path, body: '' })).html).toContain('You get no more messages');
  marks.take(3, [anEntry({ site: 'shop', at: clock.wall(), code: 'close-incident', kind: 'result' })]);
  await tell(90_000);
  const third = (await waiting('news')).slice(all.length);
  expect(third.map(({ address }) => address.to)).toEqual(['bert@example.org']);
});

test('who came later is not told of what was before; what nobody confirmed is forgotten after two days', async () => {
  happens('shop');
  await clock.advance(5_000);
  await confirmed('', 'late@example.org');
  await subscribe('', 'never@example.org');
  await tell(40_000);
  expect(await waiting('news')).toEqual([]);
  await clock.advance(49 * 3_600_000);
  await tell(2_000);
  expect((await store.subscribers({ most: 5 })).map(({ to }) => to)).toEqual(['late@example.org']);
});

test('a webhook’s owner is shown the secret that its messages are signed with', async () => {
  expect(await confirmed('', 'https://hooks.example.org/x', 'webhook')).toMatch(/<code>whsec_/);
});

test('links are good for one purpose, and as long as they say', async () => {
  const now = clock.wall();
  const token = signLink(KEY, 'confirm', 'id', now + 1);
  expect(readLink(KEY, 'confirm', token, now)).toEqual({ id: 'id' });
  expect(readLink(KEY, 'confirm', token, now + 2)).toBe('late');
  for (const wrong of [`${token}x`, token.replace('.', '..'), 'x', 'x'.repeat(500)])
    expect(readLink(KEY, 'confirm', wrong, now)).toBe('bad');
  expect(readLink(KEY, 'unsubscribe', token, now)).toBe('bad');
  expect(readLink('another key', 'confirm', token, now)).toBe('bad');
  expect((await form({ method: 'POST', path: '/confirm/bad.token', body: '' })).status).toBe(400);
  expect((await form({ method: 'GET', path: '/elsewhere', body: '' })).status).toBe(404);
});
