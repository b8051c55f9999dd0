/** Incidents over the API: lists stay right as incidents grow, long chains are shortened, and owners hear nothing of others' sites. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Impact } from '../model/index.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { anApi } from './fixtures.ts';

let api: Awaited<ReturnType<typeof anApi>>;
beforeEach(async () => {
  api = await anApi();
});
afterEach(() => api.close());

const BEGAN = Date.UTC(2026, 10, 29);
const at = (index: number) => BEGAN + index * 1_000;
const put = (id: string, key: string, ...entries: Parameters<typeof anEntry>[0][]) =>
  api.store.appendToIncident(
    id,
    key,
    entries.map((entry) => anEntry(entry)),
  );
const list = async (query = '', token = api.tokens.viewer) =>
  (await api.ask(`/incidents${query}`, { token })).body.incidents as {
    id: string;
    headline: string;
    closedAt: number;
  }[];

test('a list tells what was appended since it was asked for the last time, also when two ask at once', async () => {
  const id = newIncidentId(BEGAN, 'copy-down:a:shop');
  await put(id, 'begin', { at: at(0), site: 'shop', sentence: 'shop is down.' });
  expect(await list()).toMatchObject([{ id, headline: 'shop is down.', entries: 1, closedAt: null, holder: null }]);
  await put(id, 'more', { at: at(1), site: 'shop', sentence: 'shop moves.' });
  const both = await Promise.all([list(), list()]);
  for (const one of both) expect(one).toMatchObject([{ headline: 'shop moves.', entries: 2 }]);
  await put(id, 'end', { at: at(2), site: 'shop', code: 'close-incident', sentence: 'It is over.' });
  expect(await list('?open=true')).toEqual([]);
  expect(await list('?open=false')).toMatchObject([{ id, closedAt: at(2), entries: 3 }]);
});

test('planned moves are told apart, pages follow one another, and latest is the newest that is no planned move', async () => {
  const ids = [0, 1, 2, 3, 4].map((index) => newIncidentId(at(index), index === 4 ? 'move:shop' : 'copy-down:a:shop'));
  for (const id of ids) await put(id, 'begin', { site: 'shop' });
  expect((await list('?planned=true')).map(({ id }) => id)).toEqual([ids[4]]);
  const first = await api.ask('/incidents?planned=false&limit=3', { token: api.tokens.viewer });
  expect(first.body.incidents.map(({ id }: { id: string }) => id)).toEqual([ids[3], ids[2], ids[1]]);
  expect(
    (await list(`?planned=false&limit=3&cursor=${encodeURIComponent(first.body.next)}`)).map(({ id }) => id),
  ).toEqual([ids[0]]);
  expect((await api.ask('/incidents/latest', { token: api.tokens.viewer })).body.id).toBe(ids[3]);
});

test('of a long chain the beginning and the end are told, and how many are left out', async () => {
  const id = newIncidentId(BEGAN, 'zone-dark:a');
  const entries = Array.from({ length: 1_500 }, (_, index) => ({
    at: at(index),
    site: index % 2 ? 'shop' : 'blog',
    sentence: `${index}`,
  }));
  await put(id, 'all', ...entries);
  const ask = async (query: string, token = api.tokens.viewer) => {
    const { body } = await api.ask(`/incidents/${id}${query}`, { token });
    return { ...body, told: body.entries.map(({ sentence }: { sentence: string }) => Number(sentence)) };
  };
  const usual = await ask('');
  expect([usual.told.length, usual.leftOut, usual.told[499], usual.told[500], usual.told.at(-1)]).toEqual([
    1_000, 500, 499, 1_000, 1_499,
  ]);
  expect((await ask('?most=3')).told).toEqual([0, 1, 1_499]);
  expect((await ask('?most=2000')).leftOut).toBe(0);
  expect((await ask('?site=blog&most=3')).told).toEqual([0, 2, 1_498]);
  expect((await ask('?site=blog', api.tokens.owner)).told).toEqual([]);
  expect((await ask('?most=3', api.tokens.owner)).told).toEqual([1, 3, 1_499]);
});

test('an owner is not told what the newest sentence says of somebody else’s site, and takes only what is all theirs', async () => {
  const both = newIncidentId(at(0), 'zone-dark:a');
  await put(both, 'begin', { at: at(0), site: 'shop' }, { at: at(1), site: 'blog', sentence: 'blog moves.' });
  const own = newIncidentId(at(1), 'copy-down:a:shop');
  await put(own, 'begin', { at: at(1), site: 'shop', sentence: 'shop is down.' });
  const { owner, operator } = api.tokens;
  expect(await list('', owner)).toMatchObject([
    { id: own, headline: 'shop is down.' },
    { id: both, headline: '', sites: ['shop'] },
  ]);
  const take = (id: string, token: string) => api.ask(`/incidents/${id}/acknowledge`, { method: 'POST', token });
  expect(await take(both, owner)).toMatchObject({ status: 403, body: { code: 'incident-of-others' } });
  expect((await take(own, owner)).body.sentence).toBe('the owner has taken the incident.');
  expect((await take(both, operator)).status).toBe(200);
  expect(await list()).toMatchObject([{ holder: 'the owner' }, { holder: 'the operator' }]);
});

test('a body that is too large is refused before it is read', async () => {
  const body = { why: 'x'.repeat(70_000) };
  const answer = await api.ask('/zones/a/evacuate', { method: 'POST', token: api.tokens.operator, body });
  expect(answer).toMatchObject({ status: 413, body: { code: 'request-too-large' } });
});

test('what an incident meant: what stands in it, what is still counted, all together, and for owners only their own', async () => {
  const id = newIncidentId(BEGAN, 'zone-dark:a');
  const impact = (site: string, failed: number): Impact => ({
    ...{ site, from: BEGAN, to: at(9), final: true, unheard: [], requests: 100, failed, held: 4, heldLongestMs: 30 },
    ...{ p50Ms: 5, p99Ms: 20, longestMs: 31, downSeconds: failed, recoveredAfterMs: 1_000, rtoMs: 700 },
    ...{ transactionsLost: 0, lostIn: [], cold: [] },
  });
  await put(id, 'begin', { at: at(1), kind: 'finding', code: 'zone-dark', site: 'shop', forMs: 400 });
  await put(id, 'end', { at: at(2), kind: 'result', code: 'close-incident', site: 'shop', sentence: 'Over.' });
  await put(id, 'impact', { at: at(2), kind: 'result', code: 'impact', site: 'shop', impact: impact('shop', 2) });
  await put(id, 'other', { at: at(1), site: 'blog' });
  const counting = await anApi({ impactsOf: () => [impact('shop', 1), { ...impact('blog', 3), final: false }] });
  try {
    for (const { entries } of [await api.store.incident(id)].flatMap((one) => one ?? []))
      for (const [index, entry] of entries.entries()) await counting.store.appendToIncident(id, `${index}`, [entry]);
    const ask = async (token: string, query = '') => (await counting.ask(`/incidents/${id}${query}`, { token })).body;
    const all = await ask(counting.tokens.viewer);
    expect(all.impact).toMatchObject({ sites: 2, requests: 200, failed: 5, held: 8, downSeconds: 3, final: false });
    expect(all.impacts.map(({ site, failed }: Impact) => [site, failed])).toEqual([
      ['blog', 3],
      ['shop', 2],
    ]);
    expect(all.timeLine).toMatchObject({ began: at(1) - 400, noticed: at(1), moved: null });
    for (const own of [await ask(counting.tokens.owner), await ask(counting.tokens.viewer, '?site=shop')]) {
      expect(own.impact).toMatchObject({ sites: 1, failed: 2, final: true });
      expect(own.impacts.map(({ site }: Impact) => site)).toEqual(['shop']);
    }
    const { incidents } = (await counting.ask('/incidents', { token: counting.tokens.viewer })).body;
    expect(incidents).toMatchObject([{ id, headline: 'Over.' }]);
  } finally {
    await counting.close();
  }
});
