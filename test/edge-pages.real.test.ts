/** What a visitor reads when a zone took a request with it: the page keeps what was typed, and sends it again when the visitor says so. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../src/platform/clock.ts';
import { type AskOptions, type EdgeBench, startBench } from './support/edge-bench.ts';

const FORM = 'application/x-www-form-urlencoded';
const HTML = 'text/html,application/xhtml+xml';
const TYPED = 'A long thought, typed with care: <b>"5 > 3" & \'tea\'</b>, naïve café\r\nand a second line';

let bench: EdgeBench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

let epoch = 0;
/** Live in a, standby in b; a is well. */
beforeEach(async () => {
  await bench.zones.a.kill();
  await bench.zones.a.restart();
  epoch += 1;
  await bench.route(epoch, 'a', 'b');
});

/** The bytes have gone into zone a when it dies. */
async function lost(options: AskOptions) {
  await bench.zones.a.mode('hang');
  const answer = bench.post(`lost-${epoch}`, options);
  await systemClock.sleep(200);
  await bench.zones.a.kill();
  return answer;
}

const typed = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const page = (body: string, headers: Record<string, string> = {}): AskOptions => ({
  body,
  headers: { 'content-type': FORM, accept: HTML, 'sec-fetch-mode': 'navigate', ...headers },
});

/** What the browser would send when the button is pressed. */
function fieldsOf(html: string): [string, string][] {
  const decode = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  return [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
    decode(name!),
    decode(value!),
  ]);
}

it('what was typed stands in the page, word for word, and goes to the same address again, once (I9)', async () => {
  const fields = { comment: TYPED, author: 'Jörg', password: 'correct horse battery', empty: '' };
  const referer = `http://shop.example/?p=1#comments`;
  const answer = await lost(page(typed(fields), { referer }));
  expect([answer.status, answer.headers['x-holdfast-outcome']]).toEqual([502, 'unknown']);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(Object.fromEntries(fieldsOf(answer.body))).toEqual(fields);
  expect(answer.body).toContain('<form method="post" accept-charset="utf-8">');
  expect(answer.body).not.toContain('<b>"5');
  expect(answer.body).toContain('<a href="/?p=1" ');
  const shown = /<pre>([\s\S]*)<\/pre>/.exec(answer.body)![1]!;
  expect(shown).toContain('and a second line');
  expect(shown).not.toContain('battery');
  expect(bench.executed().get(`POST lost-${epoch}`)).toEqual(['a']);
  epoch += 1;
  await bench.route(epoch, 'b');
  const again = await bench.post(`again-${epoch}`, page(typed(Object.fromEntries(fieldsOf(answer.body)))));
  expect([again.status, again.zone]).toEqual([200, 'b']);
});

it.each<[string, AskOptions]>([
  ['a file', page('--x\r\n…', { 'content-type': 'multipart/form-data; boundary=x' })],
  ['more than a page holds', page(typed({ comment: 'x'.repeat(300_000) }))],
  ['bytes that are no UTF-8', page('comment=caf%E9')],
])('%s: the browser has it still, and the page says so', async (_, options) => {
  const answer = await lost(options);
  expect(answer.body).toContain('Go back in your browser');
  expect(answer.body).not.toContain('<form');
});

it.each<[string, AskOptions]>([
  ['a program', { headers: { accept: 'application/json' } }],
  ['a script of a page', page('a=1', { 'sec-fetch-mode': 'cors' })],
])('%s is told what happened, and is shown no form', async (_, options) => {
  const { status, body } = await lost(options);
  expect(status).toBe(502);
  expect(body).toMatch(/unknown/i);
  expect(body).not.toContain('<form');
});

it('a look elsewhere is never offered', async () => {
  for (const referer of ['http://evil.example/x', 'http://shop.example//evil.example/', 'javascript:alert(1)']) {
    const answer = await lost(page('comment=1', { referer }));
    expect(answer.body).toContain('<a href="/" ');
    await bench.zones.a.restart();
    epoch += 1;
    await bench.route(epoch, 'a', 'b');
  }
});
