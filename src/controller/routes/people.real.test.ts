/** A real controller over the store in memory: descriptions applied or refused, notices listed and tried again, an incident taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePorts } from '../../../test/support/etcd-cluster.ts';
import { signAck } from '../../notify/ack-link.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { aNotice, anEntry } from '../../store/fixtures.ts';
import { newIncidentId } from '../../store/keys.ts';
import { MemoryCluster, type MemoryStore, openMemoryStore } from '../../store/memory.ts';
import { runController } from '../main.ts';

const KEY = 'the cluster key of this test';
let folder: string;
let store: MemoryStore;
let base: string;
let controller: { stop(): Promise<void> };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-notify-'));
  const clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, KEY, { mode: 0o600 });
  const [port] = await freePorts(1);
  const listen = `127.0.0.1:${port}`;
  base = `http://${listen}`;
  const cluster = new MemoryCluster();
  store = openMemoryStore(cluster, { clock });
  const config = {
    zone: 'a',
    listen,
    clusterKeyFile,
    stateDir: folder,
    store: { endpoints: [] },
    detector: { falseAlarms: 0.1 },
  };
  const parts = { store: openMemoryStore(cluster, { clock }), clock, log: createLog('controller', {}, 'fatal') };
  controller = await runController(config, parts);
});
afterAll(async () => {
  await controller.stop();
  rmSync(folder, { recursive: true });
});

async function ask(
  method: 'GET' | 'POST',
  path: string,
  body: object | null = null,
  key: string | null = KEY,
  by = 'Ada',
) {
  const headers: Record<string, string> = { 'holdfast-by': by };
  if (body !== null) headers['content-type'] = 'application/json';
  if (key !== null) headers.authorization = `Bearer ${key}`;
  const answer = await fetch(`${base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const apply = (description: string, key: string | null = KEY) => ask('POST', '/apply', { description }, key);

const applySite = (site: string, more: string) =>
  apply(`site: ${site}
hosts: [${site}.test]
zones: [a, b, c]
application: { processes: [{ name: web, command: [serve, "{{listen.port}}"] }], ready: { path: / } }
database: { name: ${site} }
${more}`);

const service = (elitePlus = 'included') => `service: Holdfast Hosting
urls: { console: https://console.example.org, status: https://status.example.org }
contact: { sales: sales@example.org, support: support@example.org }
plans:
  - { name: elite-plus, title: Elite Plus, disasterRecovery: ${elitePlus} }
  - { name: elite, title: Elite, disasterRecovery: add-on }
  - { name: elite-starter, title: Elite Starter, disasterRecovery: unavailable }
people:
  - { name: Anna, timeZone: UTC, sites: ["*"], addresses: [{ channel: email, to: anna@example.org }] }
channels: { email: { host: 127.0.0.1, from: status@example.org } }
`;
const SOON = { timeout: 10_000, interval: 50 };

test('descriptions are applied with the cluster’s key, and refused where the plan does not allow it', async () => {
  expect((await apply(service(), null)).status).toBe(401);
  expect(await store.service()).toBeNull();
  expect((await applySite('early', 'plan: anything\ndisasterRecovery: true')).status).toBe(200);
  const described = await apply(service());
  expect(described.body).toMatchObject({
    sentence: 'The service Holdfast Hosting was described.',
    warnings: [expect.stringContaining('left as they are: early')],
  });
  const since = (await store.service())!.since;
  expect(since).toBeGreaterThan(0);
  const refused = await applySite('shop', 'plan: elite-starter\ndisasterRecovery: true');
  expect(refused).toMatchObject({
    status: 409,
    body: {
      code: 'plan-without-disaster-recovery',
      detail: 'Site shop asks for site disaster recovery, which the plan Elite Starter does not have.',
      fix: expect.stringContaining(
        'Plans that have it: Elite Plus (elite-plus, included), Elite (elite, as an add-on). Sales: sales@example.org.',
      ),
    },
  });
  expect(await store.placement('shop')).toBeNull();
  await apply(service());
  expect((await store.service())!.since).toBe(since);
});

test('a site that gets no standby is told so, and so is one that loses it by a change of plans', async () => {
  await vi.waitFor(async () => expect((await applySite('poor', 'plan: elite')).status).toBe(200), SOON);
  const subjects = async () => (await store.notices('waiting', { most: 100 })).map(({ value }) => value.subject);
  await vi.waitFor(
    async () => expect(await subjects()).toContain('poor: runs in one zone, without site disaster recovery'),
    SOON,
  );
  await applySite('rich', 'plan: elite-plus');
  await vi.waitFor(
    async () => expect((await applySite('poor', 'plan: elite\ndisasterRecovery: true')).status).toBe(200),
    SOON,
  );
  await vi.waitFor(
    async () => expect(await subjects()).toContain('poor: protected by a second copy in another zone'),
    SOON,
  );
  expect((await subjects()).filter((subject) => subject.startsWith('rich'))).toEqual([]);
  const changed = await apply(service('unavailable'));
  expect(changed.body.warnings).toContain('Not protected any more: rich.');
  expect(await subjects()).toContain('rich: runs in one zone, without site disaster recovery');
});

test('notices are listed without their texts, and dead ones tried again', async () => {
  await store.addNotices([
    { notice: aNotice('dead-one', { state: 'dead', attempts: 30, lastTrouble: 'nobody there' }), told: [] },
  ]);
  expect((await ask('GET', '/notices', null, 'another key of some length')).status).toBe(401);
  const dead = await ask('GET', '/notices?state=dead');
  expect(dead.body.notices).toMatchObject([{ id: 'dead-one', lastTrouble: 'nobody there', state: 'dead' }]);
  expect(JSON.stringify(dead.body)).not.toContain('It is well.');
  expect((await ask('POST', '/notices/dead-one/retry')).body.sentence).toContain('is tried again now');
  await vi.waitFor(async () => {
    const { value } = (await store.notice('dead-one'))!;
    expect(value).toMatchObject({
      state: 'waiting',
      attempts: 1,
      lastTrouble: expect.stringContaining('ECONNREFUSED'),
    });
  }, SOON);
  expect((await ask('POST', '/notices/unknown/retry')).status).toBe(404);
});

test('following the link takes nothing; the button does; who takes it later has it; over is over', async () => {
  const incident = newIncidentId(clock.wall(), 'copy-down:a:shop');
  await store.appendToIncident(incident, 'begin', [anEntry({ site: 'shop', code: 'open-incident' })]);
  const link = `${base}/acknowledge/${signAck(KEY, { incident, person: 'Anna <b>', until: clock.wall() + 60_000 })}`;
  const holders = async () =>
    (await store.incident(incident))!.entries.filter(({ code }) => code === 'acknowledged').map(({ by }) => by);
  const shown = await fetch(link);
  expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await shown.text();
  expect(page).toContain('Nobody has taken it yet.');
  expect(page).toContain('I take it (Anna &lt;b&gt;)');
  expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
  expect(await holders()).toEqual([]);
  for (const _ of [1, 2]) {
    const pressed = await fetch(link, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    expect(pressed.status).toBe(200);
  }
  expect(await holders()).toEqual(['person:Anna <b>']);
  const path = `/incidents/${encodeURIComponent(incident)}/acknowledge`;
  expect((await ask('POST', path, null, null)).status).toBe(401);
  expect((await ask('POST', path, null, KEY, 'Bert')).body.sentence).toBe(
    'Bert has taken the incident over from Anna <b>.',
  );
  expect(await holders()).toEqual(['person:Anna <b>', 'person:Bert']);
  expect((await fetch(`${link}x`)).status).toBe(410);
  await store.appendToIncident(incident, 'end', [anEntry({ site: 'shop', code: 'close-incident', kind: 'result' })]);
  expect(await ask('POST', path, null, KEY, 'Cleo')).toMatchObject({ status: 409, body: { code: 'incident-over' } });
  expect(await (await fetch(link)).text()).toContain('is over');
});
