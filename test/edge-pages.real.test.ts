/** What a visitor reads when a zone took a request with it: the page keeps what was typed, and sends it again when the visitor says so. */
import { existsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDataPlane } from '../src/edge/data-plane.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openBrowser, overflow, seriousFindings } from './support/console/browser.ts';
import { type AskOptions, type EdgeBench, HOST, startBench, until } from './support/edge-bench.ts';

const FORM = 'application/x-www-form-urlencoded';
const HTML = 'text/html,application/xhtml+xml';
const TYPED = 'A long thought, typed with care: <b>"5 > 3" & \'tea\'</b>, naïve café\r\nand a second line';

const LONG = 'https://shop.example/'.padEnd(100_000, 'x');

let bench: EdgeBench;
beforeAll(async () => {
  bench = await startBench({
    change: (config) => {
      config.workers = 1;
    },
  });
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
  headers: { 'content-type': FORM, accept: HTML, 'sec-fetch-mode': 'navigate', origin: `http://${HOST}`, ...headers },
});

interface Part {
  name: string;
  value?: string;
  file?: string;
  kind?: string;
  content?: Buffer;
}

const MB = 1024 * 1024;
/** Every byte, with what looks like the end of a part in the midst of it. */
const BYTES = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
  Buffer.from('\r\n--another boundary\r\n\r\n--\r\n</script><script>alert(1)</script>'),
]);
const PICTURE: Part = { name: 'pictures[]', file: 'Küste "bei" Nacht.png', kind: 'image/png', content: BYTES };

/** As browsers send a form with files. */
function withFiles(parts: Part[], encoding: BufferEncoding = 'utf8'): AskOptions {
  const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
  const quoted = (text: string) => text.replaceAll('"', '%22');
  const body = parts.flatMap(({ name, value, file, kind = 'application/octet-stream', content }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${
        file === undefined ? '' : `; filename="${quoted(file)}"\r\nContent-Type: ${kind}`
      }\r\n\r\n`,
      encoding,
    ),
    content ?? Buffer.from(value ?? ''),
    Buffer.from('\r\n'),
  ]);
  const all = Buffer.concat([...body, Buffer.from(`--${boundary}--\r\n`)]);
  return { ...page('', { 'content-type': `multipart/form-data; boundary=${boundary}` }), body: all };
}

/** Of the files that came with the page: what they are to be called, and their bytes. */
function filesOf(html: string): [string, string, Buffer][] {
  return [...html.matchAll(/<script type="text\/plain" data-of="(file-\d+)">([^<]*)<\/script>/g)].map(
    ([, id, text]) => {
      const [, name, kind] = new RegExp(`id="${id}" name="[^"]*" data-name="([^"]*)" data-kind="([^"]*)"`).exec(html)!;
      return [name!, kind!, Buffer.from(text!, 'base64')];
    },
  );
}

/** What the browser would send when the button is pressed. */
function fieldsOf(html: string): [string, string][] {
  const decode = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  return [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
    decode(name!),
    decode(value!),
  ]);
}

it('what was typed stands in the page, word for word, and goes to the same address again, once (I9)', async () => {
  // Longer than what nginx keeps in memory of a request.
  const fields = { comment: TYPED, author: 'Jörg', password: 'correct horse battery', empty: '', long: LONG };
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
  ['a form with files that is none', page('--x\r\n…', { 'content-type': 'multipart/form-data; boundary=x' })],
  ['a part that no browser would write', withFiles([{ name: 'a\\"b', value: '1' }])],
  [
    'a file’s name that is no UTF-8',
    withFiles([{ name: 'file', file: 'caf\xe9.txt', content: Buffer.from('x') }], 'latin1'),
  ],
  ['more text beside a file than a page holds', withFiles([{ name: 'text', value: 'x'.repeat(300_000) }, PICTURE])],
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

it.each<[string, Record<string, string>]>([
  ['the browser says so', { 'sec-fetch-site': 'cross-site' }],
  ['another part of the same domain', { 'sec-fetch-site': 'same-site' }],
  ['an older browser’s Origin', { origin: 'http://evil.example' }],
  ['an Origin that is kept secret', { origin: 'null' }],
  ['a name that only begins like ours', { origin: `http://${HOST}.evil.example` }],
])(
  'what another site has sent is never offered to be sent from here, with this site’s cookies: %s',
  async (_, from) => {
    const typedIn = await lost(page('comment=1', from));
    expect(typedIn.body).toContain('Go back in your browser');
    expect(typedIn.body).not.toContain('<form');
  },
);

it('a look elsewhere is never offered', async () => {
  for (const referer of ['http://evil.example/x', 'http://shop.example//evil.example/', 'javascript:alert(1)']) {
    const answer = await lost(page('comment=1', { referer }));
    expect(answer.body).toContain('<a href="/" ');
    await bench.zones.a.restart();
    epoch += 1;
    await bench.route(epoch, 'a', 'b');
  }
});

it('files come back with the page, byte for byte, in the order of the form, and nothing that is in them runs', async () => {
  const large = Buffer.alloc(3 * MB, BYTES);
  const answer = await lost(
    withFiles([
      { name: 'title', value: TYPED },
      PICTURE,
      { name: 'empty', file: '', content: Buffer.alloc(0) },
      { name: 'pictures[]', file: 'large.bin', content: large },
      { name: 'last', value: '' },
    ]),
  );
  expect([answer.status, answer.headers['x-holdfast-outcome']]).toEqual([502, 'unknown']);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.body).toContain('<form method="post" accept-charset="utf-8" enctype="multipart/form-data">');
  expect(fieldsOf(answer.body)).toEqual([
    ['title', TYPED],
    ['last', ''],
  ]);
  const files = filesOf(answer.body);
  expect(files.map(([name, kind]) => [name, kind])).toEqual([
    ['Küste %22bei%22 Nacht.png', 'image/png'],
    ['large.bin', 'application/octet-stream'],
  ]);
  expect(files.map(([, , content], at) => content.equals([BYTES, large][at]!))).toEqual([true, true]);
  expect(
    [...answer.body.matchAll(/<input type="\w+"(?: id="[^"]*")? name="([^"]*)"/g)].map(([, name]) => name),
  ).toEqual([...['title', 'pictures[]', 'empty', 'pictures[]', 'last']]);
  const [, nonce] = /script-src 'nonce-(\w{32})'/.exec(String(answer.headers['content-security-policy']))!;
  const scripts = [...answer.body.matchAll(/<script\b([^>]*)>/g)].map(([, attributes]) => attributes!.trim());
  expect(scripts.filter((each) => !each.startsWith('type="text/plain"'))).toEqual([`nonce="${nonce}"`]);
  expect(answer.body.endsWith('</body></html>\n')).toBe(true);
});

it('what is beyond 8 MB is named and has to be chosen once more; the rest is kept', async () => {
  const film = { name: 'film', file: '<film>.mp4', kind: 'video/mp4', content: Buffer.alloc(9 * MB, 1) };
  const answer = await lost(withFiles([{ name: 'title', value: TYPED }, film, PICTURE]));
  expect(answer.body).toContain(
    '<b>&#60;film&#62;.mp4</b> (9.0 MB) <span>is not kept, since more than 8 MB of files never are. Please choose it once more:',
  );
  expect(filesOf(answer.body).map(([name]) => name)).toEqual(['Küste %22bei%22 Nacht.png']);
  expect(fieldsOf(answer.body)).toEqual([['title', TYPED]]);
});

describe('many at once', () => {
  let shut: EdgeBench;
  beforeAll(async () => {
    shut = await startBench({
      change: (config) => {
        config.workers = 1;
        config.hold.limitMs = 300;
      },
    });
    await shut.route(1, 'a', 'b', 'shut');
  });
  afterAll(() => shut.close());

  it('visitors who take nothing of their files bind the edge to a stated measure, and to nothing once they leave', async () => {
    const form = withFiles([{ name: 'film', file: 'film.mp4', content: Buffer.alloc(8 * MB, 1) }]);
    const keeps = async () => (await shut.post('x', form)).body.includes('data-of=');
    expect(await keeps()).toBe(true);
    const idle = await Promise.all(Array.from({ length: 16 }, () => stalled(shut.config.listen, form)));
    const refused = await shut.post('x', form);
    expect([refused.status, refused.headers['x-holdfast-outcome']]).toEqual([503, 'busy']);
    expect(refused.body.includes('Go back in your browser')).toBe(true);
    for (const leave of idle) leave();
    await until('the edge has noticed that they left', keeps, 15_000);
  });

  it('what a killed nginx has left of them is gone when the next one starts', async () => {
    const left = join(shut.config.stateDir, 'spool/client_body/0000000099');
    writeFileSync(left, 'what somebody wrote');
    await shut.plane.stop();
    const log = createLog('edge', {}, 'silent');
    shut.plane = await startDataPlane({ config: shut.config, clock: systemClock, log, onDrained: () => {} });
    expect(existsSync(left)).toBe(false);
  });
});

/** Sends it and reads no more than the head of the answer; answers what ends it. */
function stalled(address: string, { headers, body }: AskOptions): Promise<() => void> {
  const [host, port] = address.split(':');
  const request = http.request({ host, port, path: '/write', method: 'POST', headers: { host: HOST, ...headers } });
  return new Promise((resolve, reject) => {
    request.once('response', () => resolve(() => request.destroy()));
    request.once('error', reject);
    request.end(body);
  });
}

describe('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
  });
  afterAll(() => browser?.close());

  const FORM_PAGE = `<!doctype html><meta charset="utf-8"><form method="post" action="/write" enctype="multipart/form-data">
<input name="title"><textarea name="text"></textarea><input type="file" name="pictures[]" multiple><input type="file" name="none">
<input type="hidden" name="_wpnonce" value="0123456789"><button name="go" value="1">Send</button></form>`;

  async function fill(page: Page): Promise<void> {
    await page.goto(`http://${HOST}:${bench.config.listen.split(':')[1]}/form`);
    await page.locator('[name=title]').fill('Tea & "biscuits" <b>');
    await page.locator('[name=text]').fill('A first line,\nand a second one: naïve café 🍵');
    await page.locator('[name="pictures[]"]').setInputFiles([
      { name: 'Küste "bei" Nacht.png', mimeType: 'image/png', buffer: Buffer.alloc(3 * MB, BYTES) },
      { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
      { name: 'no kind', mimeType: '', buffer: BYTES },
    ]);
  }

  const answerOf = async (page: Page) => {
    const text = page.getByText('"sha256"');
    await text.waitFor();
    return JSON.parse((await text.textContent())!) as { zone: string; bytes: number; sha256: string };
  };

  it('the same form arrives, byte for byte, when the visitor says so, and once however often the button is pressed (I9)', async () => {
    const context = await browser.newContext({ viewport: { width: 375, height: 740 } });
    const page = await context.newPage();
    await page.route('**/form', (route) => route.fulfill({ contentType: 'text/html', body: FORM_PAGE }));
    await fill(page);
    await page.getByRole('button', { name: 'Send' }).click();
    const wanted = await answerOf(page);
    expect([wanted.zone, wanted.bytes > 3 * MB]).toEqual(['a', true]);

    await page.setExtraHTTPHeaders({ 'x-id': 'browser-1' });
    await fill(page);
    await bench.zones.a.mode('hang');
    await page.getByRole('button', { name: 'Send' }).click({ noWaitAfter: true });
    await until('it has arrived', () => bench.executed().has('POST browser-1'));
    await bench.zones.a.kill();
    await page.getByRole('heading', { name: 'Outcome unknown' }).waitFor();
    await expect.poll(() => page.getByText('is kept.').count()).toBe(3);
    expect(await page.getByLabel('Küste').isVisible()).toBe(false);
    expect(await overflow(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    if (process.env.HF_SHOTS !== undefined) await page.screenshot({ path: process.env.HF_SHOTS, fullPage: true });

    epoch += 1;
    await bench.route(epoch, 'b');
    await page.setExtraHTTPHeaders({ 'x-id': 'browser-2' });
    await page.getByRole('button', { name: 'Send it again' }).dblclick();
    expect(await answerOf(page)).toMatchObject({ zone: 'b', bytes: wanted.bytes, sha256: wanted.sha256 });
    expect(bench.executed().get('POST browser-1')).toEqual(['a']);
    expect(bench.executed().get('POST browser-2')).toEqual(['b']);
    await context.close();
  });

  it('without scripts the files are asked for once more, and the rest is kept', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.route('**/form', (route) => route.fulfill({ contentType: 'text/html', body: FORM_PAGE }));
    await page.setExtraHTTPHeaders({ 'x-id': 'browser-3' });
    await fill(page);
    await bench.zones.a.mode('hang');
    await page.getByRole('button', { name: 'Send' }).click({ noWaitAfter: true });
    await until('it has arrived', () => bench.executed().has('POST browser-3'));
    await bench.zones.a.kill();
    await page.getByText('has to be chosen once more:').first().waitFor();
    expect(await page.getByLabel('Küste').isVisible()).toBe(true);
    expect(await page.locator('[name=title]').inputValue()).toBe('Tea & "biscuits" <b>');
    await context.close();
  });
});
