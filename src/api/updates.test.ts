/** People write into incidents: who may, what comes of saying it twice or at the same time, and what a reader sees then. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newIncidentLog, readOn } from '../notify/happenings.ts';
import { updatesOf } from '../record/updates.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { anApi } from './fixtures.ts';

const SHOPS = newIncidentId(1_000, 'copy-down:a:shop');
const BOTHS = newIncidentId(2_000, 'zone-dark:a');
let api: Awaited<ReturnType<typeof anApi>>;
beforeEach(async () => {
  api = await anApi();
  await api.store.appendToIncident(SHOPS, 'begin', [anEntry({ site: 'shop', code: 'failover' })]);
  for (const site of ['shop', 'blog'])
    await api.store.appendToIncident(BOTHS, site, [anEntry({ site, code: 'failover' })]);
});
afterEach(() => api.close());

const write = (id: string, body: object, token = api.tokens.operator) =>
  api.ask(`/incidents/${encodeURIComponent(id)}/updates`, { method: 'POST', token, body });
const outline = async (id: string) =>
  (await api.ask('/incidents', { token: api.tokens.viewer })).body.incidents.find(
    (one: { id: string }) => one.id === id,
  );

test('what is written stands in the incident with its state and its author, and its people are told of it', async () => {
  expect((await outline(BOTHS)).state).toBeNull();
  const said = { state: 'identified', text: ' A switch is being replaced.\nHalf an hour. ', public: true };
  const answer = await write(BOTHS, said);
  expect(answer).toMatchObject({ status: 200, body: { sentence: 'the operator marks the incident as identified.' } });
  const text = 'A switch is being replaced.\nHalf an hour.';
  expect(updatesOf((await api.store.incident(BOTHS))!)).toMatchObject([
    { by: 'the operator', state: 'identified', text, public: true },
  ]);
  expect(await outline(BOTHS)).toMatchObject({ state: 'identified', headline: text });
  const log = newIncidentLog(BOTHS, 'zone-dark:a');
  readOn(log, await api.store.incidentSince(BOTHS, 0));
  expect(log.happenings.at(-1)).toMatchObject({ kind: 'update', site: null, values: { text, state: 'identified' } });
  const audit = (await api.ask('/audit', { token: api.tokens.admin })).body.entries;
  expect(audit[0]).toMatchObject({ what: 'update', target: BOTHS, outcome: 'done', who: 'the operator' });
});

test('said twice it is said once; said differently, or again after something else, it is said again', async () => {
  const watching = { state: 'monitoring', text: 'It holds.' };
  for (const said of [watching, watching, { ...watching, public: true }, { ...watching, public: true }, watching])
    expect((await write(SHOPS, said)).status).toBe(200);
  const seen = updatesOf((await api.store.incident(SHOPS))!).map((one) => one.public);
  expect(seen).toEqual([false, true, false]);
});

test('several at the same time are all kept', async () => {
  const texts = ['one', 'two', 'three', 'four'];
  const answers = await Promise.all(texts.map((text) => write(SHOPS, { state: 'investigating', text })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(
    updatesOf((await api.store.incident(SHOPS))!)
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(texts.toSorted());
});

test('over is resolved, and something may still be written; what is written later counts', async () => {
  await api.store.appendToIncident(SHOPS, 'end', [anEntry({ site: 'shop', code: 'close-incident', kind: 'result' })]);
  expect((await outline(SHOPS)).state).toBe('resolved');
  expect((await write(SHOPS, { state: 'monitoring', text: 'We still watch.' })).status).toBe(200);
  expect((await outline(SHOPS)).state).toBe('monitoring');
  const whole = await api.ask(`/incidents/${SHOPS}`, { token: api.tokens.viewer });
  expect(whole.body).toMatchObject({ state: 'monitoring', holder: null, leftOut: 0 });
});

test.each([
  ['no state', { text: 'x' }, 'body.state'],
  ['a state that there is not', { state: 'fine', text: 'x' }, 'body.state'],
  ['nothing', { state: 'resolved', text: '  ' }, 'body.text'],
  ['too much', { state: 'resolved', text: 'x'.repeat(4_001) }, 'body.text'],
  ['an escape sequence', { state: 'resolved', text: 'all \u001b[31mred' }, 'body.text'],
])('%s is refused', async (_, said, path) => {
  expect((await write(SHOPS, said)).body).toMatchObject({ code: 'request-wrong', problems: [{ path }] });
  expect(updatesOf((await api.store.incident(SHOPS))!)).toEqual([]);
});

test('owners write into what concerns only their sites; an incident that there is not is said so', async () => {
  const said = { state: 'investigating', text: 'We look.' };
  expect((await write(SHOPS, said, api.tokens.owner)).status).toBe(200);
  expect((await write(BOTHS, said, api.tokens.owner)).body.code).toBe('incident-of-others');
  expect((await write(SHOPS, said, api.tokens.viewer)).status).toBe(403);
  expect((await write('none', said)).body.code).toBe('incident-unknown');
});
