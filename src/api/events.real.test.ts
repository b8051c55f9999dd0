/** Events over a real connection: what comes first, what comes live, what an owner is not told, and who is cut off. */
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { anEntry, next } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { anApi, BASE, KEY } from './fixtures.ts';

let api: Awaited<ReturnType<typeof anApi>>;
let app: FastifyInstance;
let base: string;

beforeAll(async () => {
  api = await anApi();
  app = fastify({ forceCloseConnections: true });
  api.api.routes(app);
  base = (await app.listen({ host: '127.0.0.1', port: 0 })) + BASE;
});
afterAll(async () => {
  await app.close();
  await api.close();
});

interface Heard {
  event: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect.
  data: any;
}

async function follow(token: string, { query = '', last }: { query?: string; last?: string } = {}) {
  const leaving = new AbortController();
  const response = await fetch(`${base}/events${query}`, {
    headers: { authorization: `Bearer ${token}`, ...(last === undefined ? {} : { 'last-event-id': last }) },
    signal: leaving.signal,
  });
  const heard: Heard[] = [];
  let ended = false;
  const read = async () => {
    let text = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event !== undefined) heard.push({ event, id: field('id'), data: JSON.parse(field('data') ?? 'null') });
      }
    }
  };
  read()
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  return { response, heard, leave: () => leaving.abort(), ended: () => ended };
}

const SOON = { timeout: 5_000, interval: 20 };
const events = (heard: Heard[]) => heard.map(({ event }) => event);

test('hello, then the zones, then what changes; an owner hears only of what is theirs', async () => {
  const viewer = await follow(api.tokens.viewer);
  const owner = await follow(api.tokens.owner);
  expect(viewer.response.headers.get('content-type')).toContain('text/event-stream');
  await vi.waitFor(() => expect(events(viewer.heard)).toEqual(['hello', 'zones']), SOON);
  await vi.waitFor(() => expect(events(owner.heard)).toEqual(['hello', 'zones']), SOON);
  expect(viewer.heard[0]!.data).toMatchObject({ controller: 'a', missed: true });
  expect(viewer.heard[1]!.data.zones[0].agent).not.toBeNull();
  expect(owner.heard[1]!.data.zones[0].agent).toBeNull();
  const incident = newIncidentId(Date.now(), 'copy-down:a:blog');
  await api.store.appendToIncident(incident, 'begin', [anEntry({ site: 'blog', sentence: 'blog is down.' })]);
  for (const site of ['blog', 'shop']) {
    const placement = (await api.store.placement(site))!;
    await api.store.commit([{ expected: placement.epoch, next: next(placement, { standby: 'b' }), incident: null }]);
  }
  const sitesOf = (heard: Heard[]) => heard.filter(({ event }) => event === 'site').map(({ data }) => data.site);
  await vi.waitFor(() => expect(sitesOf(viewer.heard).toSorted()).toEqual(['blog', 'shop']), SOON);
  await vi.waitFor(() => expect(events(viewer.heard)).toContain('incident'), SOON);
  const told = viewer.heard.find(({ event }) => event === 'incident')!.data;
  expect(told).toMatchObject({
    incident: { id: incident, headline: 'blog is down.' },
    entries: [{ sentence: 'blog is down.' }],
  });
  expect(sitesOf(owner.heard)).toEqual(['shop']);
  expect(events(owner.heard)).not.toContain('incident');
  viewer.leave();
  owner.leave();
});

test('who comes back is told what it missed while another followed', async () => {
  const stays = await follow(api.tokens.viewer);
  const leaves = await follow(api.tokens.viewer);
  await vi.waitFor(() => expect(leaves.heard.length).toBeGreaterThan(0), SOON);
  await vi.waitFor(() => expect(stays.heard.length).toBeGreaterThan(0), SOON);
  const last = leaves.heard.findLast(({ id }) => id !== undefined)!.id!;
  leaves.leave();
  const placement = (await api.store.placement('shop'))!;
  await api.store.commit([{ expected: placement.epoch, next: next(placement, { standby: 'c' }), incident: null }]);
  await vi.waitFor(() => expect(events(stays.heard)).toContain('site'), SOON);
  const back = await follow(api.tokens.viewer, { last });
  await vi.waitFor(() => expect(events(back.heard)).toContain('site'), SOON);
  expect(back.heard[0]).toMatchObject({ event: 'hello', data: { missed: false } });
  const stranger = await follow(api.tokens.viewer, { last: 'another-7' });
  await vi.waitFor(() => expect(stranger.heard[0]).toMatchObject({ event: 'hello', data: { missed: true } }), SOON);
  for (const one of [stays, back, stranger]) one.leave();
});

test('a site that is watched is told at once; one of somebody else’s is not', async () => {
  const watching = await follow(api.tokens.owner, { query: '?site=shop&site=blog' });
  await vi.waitFor(() => expect(events(watching.heard)).toContain('site'), SOON);
  const sites = watching.heard.filter(({ event }) => event === 'site').map(({ data }) => data.site);
  expect(new Set(sites)).toEqual(new Set(['shop']));
  watching.leave();
});

test('no key, no events; and a token that is taken back hears no more', async () => {
  expect((await fetch(`${base}/events`)).status).toBe(401);
  const { body } = await api.ask('/tokens', { method: 'POST', token: KEY, body: { name: 'Otto', role: 'viewer' } });
  const otto = await follow(body.secret);
  await vi.waitFor(() => expect(otto.heard.length).toBeGreaterThan(0), SOON);
  await api.store.removeToken(body.token.id);
  await vi.waitFor(() => expect(otto.ended()).toBe(true), { timeout: 15_000, interval: 100 });
});
