/** The whole edge program before three zones with a network of their own: silence, frozen processes, and what controllers are told. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { edgeConfig } from '../src/config/programs.ts';
import { type RunningEdge, runEdge } from '../src/edge/main.ts';
import type { EdgeStatus } from '../src/edge/status-server.ts';
import {
  createNetwork,
  cutNetwork,
  freePrefix,
  type NetworkPlan,
  planNetwork,
  removeNetwork,
} from '../src/local/network.ts';
import { type EdgeReport, type Placement, portsOf } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { aSpec } from '../src/store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../src/store/memory.ts';
import {
  type Answer,
  type Application,
  ask,
  freePort,
  HOST,
  readAccessLog,
  readJournal,
  SITE,
  startApplication,
  steady,
  until,
} from './support/edge-bench.ts';

const KEY = 'a-key-of-this-test-only';
const PORT_BASE = 7400;
const sleep = (ms: number) => systemClock.sleep(ms);

let folder: string;
let network: NetworkPlan;
let zones: Record<string, Application>;
let cluster: MemoryCluster;
let edge: RunningEdge;
let listen: string;
let control: string;
let controller: { reports: EdgeReport[]; close(): void };

const store = () => openMemoryStore(cluster, { clock: systemClock });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-edge-'));
  chmodSync(folder, 0o711);
  const id = (process.pid % 0xffff).toString(16).padStart(4, '0');
  network = planNetwork(`e${id}`, await freePrefix(id), ['a', 'b', 'c']);
  await createNetwork(network);
  cluster = new MemoryCluster();
  controller = await startController(network.address);
  const { slot } = await store().applySite(aSpec(SITE, { hosts: [HOST], zones: ['a', 'b', 'c'] }), 0);
  zones = {};
  const { application } = portsOf(PORT_BASE, slot);
  for (const { zone, host, namespace } of network.zones) {
    const inside = ['ip', 'netns', 'exec', namespace];
    zones[zone] = await startApplication(zone, host, application, join(folder, 'journal'), inside);
    await store().registerZone(zone, { host, portBase: PORT_BASE, agent: `${host}:${application}` });
  }
  await store().registerZone('c', { controller: controllerAddress });
  await commit({
    initialised: true,
    promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null },
    standby: 'b',
    inSync: true,
  });
  listen = `127.0.0.1:${await freePort()}`;
  control = `127.0.0.1:${await freePort()}`;
  edge = await startEdge();
  await until('the edge has its route', async () => (await get()).status === 200);
});

afterEach(async () => {
  await edge.stop();
  for (const zone of Object.values(zones)) await zone.kill();
  controller.close();
  await removeNetwork(network);
  rmSync(folder, { recursive: true, force: true });
});

let controllerAddress = '';

/** Nothing but an ear. */
async function startController(host: string): Promise<typeof controller> {
  const reports: EdgeReport[] = [];
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    if (request.headers.authorization !== `Bearer ${KEY}`) return socket.close();
    socket.on('message', (text) => reports.push(JSON.parse(String(text)) as EdgeReport));
  });
  const port = await freePort();
  controllerAddress = `${host}:${port}`;
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    reports,
    close: () => {
      for (const client of sockets.clients) client.terminate();
      server.close();
    },
  };
}

function startEdge(): Promise<RunningEdge> {
  const clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, KEY, { mode: 0o600 });
  const endpoints = ['http://127.0.0.1:1'];
  const config = edgeConfig.parse({
    edge: 'edge-1',
    listen,
    control,
    clusterKeyFile,
    stateDir: join(folder, 'edge'),
    store: { endpoints },
  });
  const log = createLog('edge', {}, process.env.HOLDFAST_LOG ?? 'silent');
  return runEdge(config, { log, store: store() });
}

async function commit(change: Partial<Placement>): Promise<void> {
  const before = cluster.placements.get(SITE)!;
  const next = { ...before, ...change, epoch: before.epoch + 1 };
  const [outcome] = await store().commit([{ expected: before.epoch, next, incident: null }]);
  expect(outcome).toEqual({ outcome: 'committed' });
}

/** Failover as controllers do it: the new live copy may be written to only once its promotion is recorded. */
async function failOver(to: string): Promise<void> {
  const { epoch, live } = cluster.placements.get(SITE)!;
  await commit({
    live: to,
    standby: null,
    inSync: false,
    promotion: { epoch: epoch + 1, from: live, position: null, open: false, acceptedLoss: null },
  });
  await sleep(100);
  await commit({ promotion: { epoch: epoch + 1, from: live, position: '0-1-1', open: true, acceptedLoss: null } });
}

const get = () => ask(listen, '/', {});
const post = (id: string) =>
  ask(listen, '/write', { method: 'POST', headers: { 'x-id': id, 'x-request-id': id }, body: `id=${id}` });
const status = async () => JSON.parse((await ask(control, '/status', {})).body) as EdgeStatus;

/** 100 GETs and 50 writes a second while `fault` strikes and somebody fails over `verdictMs` later. */
async function underLoad(fault: () => Promise<void> | void, verdictMs: number) {
  const gets = steady(100, get);
  const posts = steady(50, (index) => post(`w${index}`));
  await sleep(500);
  await fault();
  await sleep(verdictMs);
  const quiet = (await status()).quietZones;
  await failOver('b');
  await sleep(700);
  const [pages, writes] = await Promise.all([gets.stop(), posts.stop()]);
  return { pages, writes, quiet, failed: writes.filter(({ status }) => status !== 200) };
}

function expectNothingTwice(writes: Answer[], failed: Answer[]): void {
  const executed = readJournal(join(folder, 'journal'));
  expect([...executed.values()].filter((where) => where.length > 1)).toEqual([]);
  expect(executed.size).toBeGreaterThanOrEqual(writes.length - failed.length);
}

async function expectAllWereSent(failed: Answer[]): Promise<void> {
  await sleep(400);
  const log = new Map(readAccessLog(join(folder, 'edge')).map((entry) => [entry.id, entry]));
  for (const answer of failed) {
    const entry = log.get(String(answer.headers['x-request-id']));
    expect(entry).toMatchObject({ outcome: 'unknown', status: 502 });
    expect(
      Number(
        String(entry?.bytesSent)
          .split(/[,: ]+/)
          .at(-1),
      ),
    ).toBeGreaterThan(0);
  }
}

test('a zone cut off in silence: no GET fails, and of the writes only those on their way', async () => {
  const cut = () => cutNetwork(network.zones[0]!.namespace);
  const { pages, writes, quiet, failed } = await underLoad(cut, 1_200);
  expect(quiet).toEqual(['a']);
  expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
  expect(failed.length).toBeLessThanOrEqual(5);
  await expectAllWereSent(failed);
  expectNothingTwice(writes, failed);
});

test('a frozen zone: writes are held back after half a second, whenever the verdict comes', async () => {
  const { pages, writes, quiet, failed } = await underLoad(() => zones.a!.signal('SIGSTOP'), 2_000);
  expect(quiet).toEqual(['a']);
  expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
  expect(failed.length).toBeLessThanOrEqual(25);
  await expectAllWereSent(failed);
  zones.a!.signal('SIGCONT');
  await sleep(200);
  expectNothingTwice(writes, failed);
});

test('controllers are told what visitors met, and what became of the route', async () => {
  const { epoch } = cluster.placements.get(SITE)!;
  expect((await post('first')).status).toBe(200);
  await until('the first write was reported', () =>
    controller.reports.some(({ routes }) =>
      routes.some((route) => route.epoch === epoch && route.firstWriteAt !== null),
    ),
  );
  const seen = controller.reports.flatMap(({ traffic }) => traffic).filter(({ zone }) => zone === 'a');
  expect(seen.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThanOrEqual(2);
  expect(controller.reports.at(-1)?.probes.map(({ zone }) => zone)).toEqual(['a', 'b', 'c']);

  await zones.a!.mode('hang');
  const hanging = [1, 2, 3].map(() => get());
  await until('the hang was reported', () => {
    const traffic = controller.reports.at(-1)?.traffic.find(({ zone }) => zone === 'a');
    return (traffic?.waiting ?? 0) >= 3 && traffic!.oldestWaitingMs >= 1_000 && traffic!.answeredAgoMs! >= 1_000;
  });
  await failOver('b');
  expect((await Promise.all(hanging)).map(({ zone }) => zone)).toEqual(['b', 'b', 'b']);
});

test('the store lost, then this process too: routes stay, writes go on, and it comes back to the newest', async () => {
  cluster.available = false;
  const posts = steady(50, (index) => post(`w${index}`));
  await sleep(300);
  await edge.detach();
  await sleep(300);
  edge = await startEdge();
  await sleep(300);
  expect(await status()).toMatchObject({ storeFresh: false, nginx: 'adopted', routes: [{ epoch: 2 }] });
  const writes = await posts.stop();
  expect(writes.filter(({ status }) => status !== 200)).toEqual([]);
  cluster.available = true;
  await failOver('b');
  await until('the new route', async () => (await get()).zone === 'b');
  expect((await status()).routes[0]).toMatchObject({ epoch: 4, live: { zone: 'b' } });
});
