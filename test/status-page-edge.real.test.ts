/** The status page's way: two controllers that make it, a real edge that serves it, also when all of them are gone. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { edgeConfig } from '../src/config/programs.ts';
import { type RunningEdge, runEdge } from '../src/edge/main.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { updateEntry } from '../src/record/updates.ts';
import { privateToken } from '../src/status/private-link.ts';
import { anEntry, aService, aSpec } from '../src/store/fixtures.ts';
import { newIncidentId } from '../src/store/keys.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from '../src/store/memory.ts';
import { freePorts } from './support/etcd-cluster.ts';
import { KEY, type PageController, startPageController } from './support/status-page.ts';

const HOST = 'status.example.org';
const SOON = { timeout: 10_000, interval: 50 };
const SECRET = `/p/${privateToken(KEY, 'secret', 1)}/`;

let folder: string;
let cluster: MemoryCluster;
let store: MemoryStore;
let controllers: PageController[];
let edge: RunningEdge;
let port: number;
let control: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-status-'));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'key'), KEY, { mode: 0o600 });
  cluster = new MemoryCluster();
  store = openMemoryStore(cluster, { clock });
  await store.applyService(aService());
  await store.applySite(aSpec('shop'), 0);
  await store.applySite(aSpec('secret', { status: { title: null, visibility: 'private', link: 1 } }), 0);
  await store.applySite(aSpec('hidden', { status: { title: null, visibility: 'off', link: 1 } }), 0);
  controllers = [await startPageController(cluster), await startPageController(cluster)];
  for (const [at, zone] of ['a', 'b'].entries())
    await store.registerZone(zone, { controller: controllers[at]!.address });
  [port, control] = (await freePorts(2)) as [number, number];
  edge = await startEdge();
});
afterAll(async () => {
  await edge.stop();
  for (const controller of controllers) await controller.stop();
  rmSync(folder, { recursive: true, force: true });
});

function startEdge(): Promise<RunningEdge> {
  const config = edgeConfig.parse({
    edge: 'edge-1',
    listen: `127.0.0.1:${port}`,
    control: `127.0.0.1:${control}`,
    store: { endpoints: ['http://127.0.0.1:1'] },
    clusterKeyFile: join(folder, 'key'),
    stateDir: join(folder, 'edge'),
    statusHosts: [HOST],
  });
  return runEdge(config, { store: openMemoryStore(cluster, { clock }), log: createLog('edge', {}, 'fatal') });
}

/** `host` is one that fetch would not let us set. */
function ask(
  path: string,
  method = 'GET',
  host = HOST,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, headers: { host }, agent: false },
      (response) => {
        let text = '';
        response.on('data', (data) => {
          text += data;
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const until = (path: string, words: string | RegExp) =>
  vi.waitFor(async () => {
    const answer = await ask(path);
    expect(answer.text).toMatch(words);
    return answer;
  }, SOON);

test('the page arrives, says how old it is, and lets nothing in', async () => {
  const { headers, text } = await until('/', 'Checked a few seconds ago');
  expect(text).toContain('shop.test');
  expect(text).not.toContain('<!--');
  expect(text).not.toMatch(/secret|hidden\.test/);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  });
  expect((await ask('/style.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  const json = await ask('/sites/shop/status.json');
  expect(JSON.parse(json.text)).toMatchObject({
    checkedAgoSeconds: expect.any(Number),
    site: 'shop',
    condition: 'new',
  });
  expect((await ask('/feed.xml')).headers['content-type']).toBe('application/rss+xml; charset=utf-8');
  expect(await ask('/sites/nobody/')).toMatchObject({
    status: 404,
    text: expect.stringContaining('There is no such page'),
  });
  expect((await ask('/', 'POST')).status).toBe(405);
  expect((await ask('/', 'HEAD')).status).toBe(200);
  expect((await ask('/', 'GET', 'shop.test')).text).not.toContain('status');
});

test('a private site’s page is there for who has its link, and for nobody else', async () => {
  const page = await until(SECRET, 'secret.test');
  expect(page.text).toContain('noindex');
  expect((await ask(`${SECRET}feed.xml`)).status).toBe(200);
  for (const path of ['/sites/secret/', '/p/', `/p/${'0'.repeat(32)}/`, '/sites/hidden/', '/sites/'])
    expect((await ask(path)).status).toBe(404);
  expect(statSync(join(folder, 'edge/status/pages/p')).mode & 0o777).toBe(0o711);
  expect(statSync(join(folder, 'edge/status/kept.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'edge/access.log'), 'utf8')).not.toContain(SECRET);
  await store.applySite(aSpec('secret', { status: { title: 'Ours', visibility: 'private', link: 2 } }), 0);
  await until(`/p/${privateToken(KEY, 'secret', 2)}/`, 'Ours');
  await vi.waitFor(async () => expect((await ask(SECRET)).status).toBe(404), SOON);
});

test('an incident and what is written about it appear, at any controller alike', async () => {
  const at = clock.wall();
  const incident = newIncidentId(at, 'copy-down:a:shop');
  await store.appendToIncident(incident, 'begin', [anEntry({ site: 'shop', at, code: 'open-incident' })]);
  const update = { at: at + 1, by: 'Ada', state: 'identified' as const, text: 'A <disk> is full.', public: true };
  await store.appendToIncident(incident, 'update', [updateEntry(update)]);
  const { text } = await until('/', 'A &lt;disk&gt; is full.');
  expect(text).not.toContain('Ada');
  await until('/sites/shop/feed.xml', 'The site is disrupted.');
  // The other one has the same versions: nothing is fetched again.
  await vi.waitFor(() => expect(controllers.filter(({ asked }) => asked.length > 0)).toHaveLength(1), SOON);
  const [busy, idle] = controllers.toSorted((one, other) => other.asked.length - one.asked.length);
  const before = readFileSync(join(folder, 'edge/status/confirmed'), 'utf8');
  await busy!.stop();
  await vi.waitFor(() => expect(readFileSync(join(folder, 'edge/status/confirmed'), 'utf8')).not.toBe(before), SOON);
  await clock.sleep(1_500);
  expect(idle!.asked).toEqual([]);
  controllers = [idle!];
});

test('a controller that does not hear the store is asked for nothing: the page grows old instead', async () => {
  cluster.available = false;
  await clock.sleep(3_500);
  const { checkedAgoSeconds } = JSON.parse((await ask('/status.json')).text) as { checkedAgoSeconds: number };
  expect(checkedAgoSeconds).toBeGreaterThanOrEqual(1);
  cluster.available = true;
  await vi.waitFor(
    async () => expect(JSON.parse((await ask('/status.json')).text).checkedAgoSeconds).toBeLessThan(2),
    SOON,
  );
});

test('with every controller gone it is served, says how old it is, and stays over the edge’s own restart (I5)', async () => {
  for (const controller of controllers.splice(0)) await controller.stop();
  cluster.available = false;
  await edge.stop();
  await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
  edge = await startEdge();
  expect((await ask('/')).text).toContain('A &lt;disk&gt; is full.');
  expect(await ask('/subscribe', 'POST')).toMatchObject({
    status: 503,
    text: expect.stringContaining('Not possible just now'),
  });
  writeFileSync(join(folder, 'edge/status/confirmed'), String(clock.wall() - 5 * 60_000));
  await until('/', /This page is 5 minutes old\./);
  const { text } = await ask('/sites/shop/');
  expect(text).toContain('Nothing has answered since then');
  expect(text).not.toContain('Checked');
  rmSync(join(folder, 'edge/status/confirmed'));
  await until('/', /This page is of unknown age\./);
});
