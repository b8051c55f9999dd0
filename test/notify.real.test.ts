/** Notices over real etcd, sent by real processes that are killed at every step: each arrives, under the same id when it arrives twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Told } from '../src/model/index.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import { anEntry, aService, aSpec } from '../src/store/fixtures.ts';
import { newIncidentId } from '../src/store/keys.ts';
import type { Store } from '../src/store/store.ts';
import { type EtcdCluster, startEtcdCluster } from './support/etcd-cluster.ts';

const SECRET = `whsec_${Buffer.from('a secret of some length, for tests').toString('base64')}`;
const SITES = 4;
const CLAIM_MS = 1_500;
const ARRIVES = { timeout: 40_000, interval: 100 };

let etcd: EtcdCluster;
let store: Store;
let folder: string;
let receiver: Server;
/** What arrived, each verified by the official library. */
const arrived: { id: string; to: string; kind: string }[] = [];
let refuse = 0;
/** Killed as soon as its next message is here, before it is answered. */
let victim: ChildProcess | null = null;
const children: ChildProcess[] = [];

beforeAll(async () => {
  etcd = await startEtcdCluster();
  store = openEtcdStore({ endpoints: etcd.endpoints, clock, log: createLog('test', {}, 'warn') });
  folder = mkdtempSync(join(tmpdir(), 'hf-notify-'));
  writeFileSync(join(folder, 'secret'), SECRET, { mode: 0o600 });
  chmodSync(join(folder, 'secret'), 0o600);
  const verifier = new Webhook(SECRET);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const message = verifier.verify(body, request.headers as Record<string, string>) as { data: { kind: string } };
      refuse -= 1;
      if (refuse >= 0) return response.writeHead(503).end('not now');
      arrived.push({ id: String(request.headers['webhook-id']), to: request.url!, kind: message.data.kind });
      if (victim?.kill('SIGKILL')) return;
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  victim = null;
  for (const child of children.splice(0)) child.kill('SIGKILL');
  arrived.splice(0);
});
afterAll(async () => {
  await store.close();
  await etcd.close();
  receiver.close();
  rmSync(folder, { recursive: true });
});

const hook = (site: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${site}`;

/** Sites of their own for each test, each with a person who has a webhook. */
async function describeAll(names: string[]): Promise<void> {
  const people = names.map((site) => ({
    name: site,
    timeZone: 'UTC',
    language: 'en',
    addresses: [{ channel: 'webhook' as const, to: hook(site), atLeast: 'info' as const }],
    quiet: [],
    sites: [site],
  }));
  const channels = { ...aService().channels, webhook: { secretFile: join(folder, 'secret') } };
  for (const site of names) await store.applySite(aSpec(site, { plan: 'elite-plus' }), clock.wall());
  await store.applyService(aService({ people, channels }));
}

function startChild(zone: string, dieAt: string | null): ChildProcess {
  const options = JSON.stringify({ endpoints: etcd.endpoints, zone, dieAt, claimMs: CLAIM_MS });
  const child = spawn(process.execPath, [new URL('support/notify-child.ts', import.meta.url).pathname, options], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<string | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.signalCode);
    else child.once('exit', (_, signal) => resolve(signal));
  });

async function moveAll(names: string[]): Promise<string> {
  const at = clock.wall();
  const incident = newIncidentId(at, `zone-dark:${names[0]}`);
  for (const site of names) await store.appendToIncident(incident, site, [anEntry({ site, at, code: 'failover' })]);
  return incident;
}

const BEFORE_SENDING = ['before-keeping', 'after-keeping', 'before-claim', 'after-claim'];
const STEPS = [...BEFORE_SENDING, 'while-sending', 'after-sending', 'after-marking'];

test.each(STEPS)(
  'a sender killed %s: another one sees to it that each notice arrives, under one id (I13)',
  async (step) => {
    const names = Array.from({ length: SITES }, (_, index) => `${step}-${index}`);
    await describeAll(names);
    const incident = await moveAll(names);
    const first = startChild('a', step);
    if (step === 'while-sending') victim = first;
    expect(await ended(first)).toBe('SIGKILL');
    victim = null;
    const sent = await store.notices('sent', { most: 100 });
    const marked = sent.filter(({ value }) => value.incident === incident).map(({ value }) => value.id);
    expect(marked.length > 0).toBe(step === 'after-marking');
    startChild('b', null);
    await vi.waitFor(async () => {
      expect(new Set(arrived.map(({ to }) => to)).size).toBe(SITES);
      expect((await store.notices('waiting', { most: 100 })).length).toBe(0);
    }, ARRIVES);
    const told: Told[] = await store.told(incident);
    expect(told).toHaveLength(SITES);
    for (const site of names) {
      const ids = new Set(arrived.filter(({ to }) => to === `/${site}`).map(({ id }) => id));
      expect(ids.size).toBe(1);
      expect(told.map(({ notice }) => notice)).toContain([...ids][0]);
      expect((await store.notice([...ids][0]!))?.value).toMatchObject({ state: 'sent', lastTrouble: null });
    }
    // Only what was under way when the sender died may have arrived twice, and never what it had marked.
    const times = (notice: string) => arrived.filter(({ id }) => id === notice).length;
    for (const notice of marked) expect(times(notice)).toBe(1);
    for (const { notice } of told) expect(times(notice)).toBeLessThanOrEqual(2);
    if (BEFORE_SENDING.includes(step)) expect(arrived).toHaveLength(SITES);
  },
);

test('three senders at once send each notice once; a receiver that refuses gets it again later', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `three-${index}`);
  await describeAll(names);
  refuse = 1;
  for (const zone of ['a', 'b', 'c']) startChild(zone, null);
  const incident = await moveAll(names);
  const since = clock.wall();
  await vi.waitFor(() => expect(new Set(arrived.map(({ to }) => to)).size).toBe(11), ARRIVES);
  expect(clock.wall() - since).toBeLessThan(10_000);
  await vi.waitFor(() => expect(new Set(arrived.map(({ to }) => to)).size).toBe(12), ARRIVES);
  expect(arrived).toHaveLength(12);
  await vi.waitFor(async () => expect((await store.notices('waiting', { most: 100 })).length).toBe(0), ARRIVES);
  expect(await store.told(incident)).toHaveLength(12);
});
