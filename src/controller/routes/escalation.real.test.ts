/**
 * Somebody answers: a real controller over the store in memory asks the first on call, then the second, by mail to a real SMTP server; the link in
 * the second's mail takes the incident, and everybody sees who has it. With nobody on the list PagerDuty is asked instead.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePorts } from '../../../test/support/etcd-cluster.ts';
import { type Mail, type Mailbox, openMailbox } from '../../../test/support/mailbox.ts';
import { problemsOf } from '../../../test/support/published/index.ts';
import type { OnCallShift, Person, ServiceSpec } from '../../model/index.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/log.ts';
import { anEntry, aService, aSpec } from '../../store/fixtures.ts';
import { newIncidentId } from '../../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../../store/memory.ts';
import { runController } from '../main.ts';

const CLI = new URL('../../cli/main.ts', import.meta.url).pathname;
const SOON = { timeout: 60_000, interval: 50 };
const ESCALATE_MS = 2_000;
const ALWAYS: OnCallShift['hours'] = [];

let folder: string;
let base: string;
let clusterKeyFile: string;
let mailbox: Mailbox;
let pagerDuty: Server;
const events: { event_action: string; dedup_key: string }[] = [];
let controller: { stop(): Promise<void> };
const store = openMemoryStore(new MemoryCluster(), { clock });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-on-call-'));
  clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, 'the cluster key of this test', { mode: 0o600 });
  writeFileSync(join(folder, 'routing-key'), 'e93facc04764012d7bfb002500d5d1a6', { mode: 0o600 });
  mailbox = await openMailbox('127.0.0.1');
  pagerDuty = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const event = JSON.parse(body);
      if (problemsOf('pagerduty-events-v2', event).length === 0) events.push(event);
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => pagerDuty.listen(0, '127.0.0.1', resolve));
  const [port] = await freePorts(1);
  base = `http://127.0.0.1:${port}`;
  await store.applySite(aSpec('shop', { plan: 'elite-plus' }), clock.wall());
  const config = {
    ...{ zone: 'a', listen: `127.0.0.1:${port}`, clusterKeyFile, stateDir: folder },
    ...{ store: { endpoints: [] }, detector: { falseAlarms: 0.1 } },
  };
  controller = await runController(config, { store, clock, log: createLog('controller', {}, 'fatal') });
});
afterAll(async () => {
  await controller?.stop();
  await mailbox?.close();
  pagerDuty?.close();
  rmSync(folder, { recursive: true });
});

/** The day after tomorrow, as of this moment: hours that are not now. */
function notNow(): OnCallShift['hours'] {
  const day = ((new Date(clock.wall()).getUTCDay() + 1) % 7) + 1;
  return [{ days: [day], window: { fromMinute: 0, toMinute: 1_440 } }];
}

async function describe(shifts: OnCallShift[], channels: Partial<ServiceSpec['channels']>): Promise<void> {
  const people = ['Cleo', 'Anna', 'Bert'].map(
    (name): Person => ({
      ...{ name, timeZone: 'UTC', language: 'en', quiet: [], sites: [] },
      addresses: [{ channel: 'email', to: `${name.toLowerCase()}@example.org`, atLeast: 'info' }],
    }),
  );
  const urls = { console: base, status: 'https://status.example.org' };
  const onCall = { shifts, escalateAfterMs: ESCALATE_MS, atLeast: 'critical' as const, rounds: 1 };
  await store.applyService(aService({ urls, people, onCall, channels: { ...aService().channels, ...channels } }));
}

async function openTrouble(): Promise<string> {
  const incident = newIncidentId(clock.wall(), 'zone-dark:b');
  const sentence = 'shop stays: its standby is not in sync.';
  const refused = { site: 'shop', at: clock.wall(), kind: 'refusal' as const, code: 'standby-not-in-sync', sentence };
  await store.appendToIncident(incident, 'begin', [anEntry(refused)]);
  return incident;
}

const close = (incident: string) =>
  store.appendToIncident(incident, 'end', [
    anEntry({ site: 'shop', at: clock.wall(), kind: 'result', code: 'close-incident' }),
  ]);

const mailsTo = (name: string) => mailbox.mails.filter(({ to }) => to.includes(`${name}@example.org`));
const mailTo = (name: string, subject: RegExp): Promise<Mail> =>
  vi.waitFor(() => {
    const found = mailsTo(name).find((mail) => subject.test(mail.subject));
    if (found === undefined) throw new Error(`no mail to ${name} like ${subject}`);
    return found;
  }, SOON);

function holdfast(...words: string[]): Promise<string> {
  const access = ['--controller', base.slice('http://'.length), '--key-file', clusterKeyFile];
  const child = spawn(process.execPath, [CLI, ...words, ...access], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  return new Promise((resolve) => child.once('close', () => resolve(said)));
}

test('the first keeps silent, the second is asked and takes it by the link in the mail', {
  timeout: 180_000,
}, async () => {
  const email = { host: '127.0.0.1', port: mailbox.port, from: 'status@example.org', user: null, passwordFile: null };
  const shifts = [
    { person: 'Cleo', hours: notNow() },
    { person: 'Anna', hours: ALWAYS },
    { person: 'Bert', hours: ALWAYS },
  ];
  await describe(shifts, { email: { ...email, secure: false, caFile: null } });
  const incident = await openTrouble();
  const first = await mailTo('anna', /^Please take this incident: Zone b stopped answering\.$/);
  expect(mailsTo('bert')).toEqual([]);
  const second = await mailTo('bert', /^Please take this incident/);
  expect(second.at - first.at).toBeGreaterThan(ESCALATE_MS / 2);
  expect(second.plain).toContain('You are asked as number 2.');

  const link = /http:\S+\/acknowledge\/\S+?(?=[\s)])/.exec(second.plain)![0];
  expect(await (await fetch(link)).text()).toContain('Nobody has taken it yet.');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await fetch(link, { method: 'POST', headers: form, body: '' })).status).toBe(200);

  expect(await holdfast('incident', incident)).toContain('investigating, Bert has it');
  expect(await holdfast('incidents')).toContain('Bert has it');
  const key = 'the cluster key of this test';
  const path = `/api/v1/incidents/${encodeURIComponent(incident)}`;
  const seen = await (await fetch(base + path, { headers: { authorization: `Bearer ${key}` } })).json();
  expect(seen).toMatchObject({ holder: 'Bert' });
  expect((await mailTo('anna', /Bert has taken the incident/)).plain).toContain('You need not do anything.');
  await clock.sleep(2 * ESCALATE_MS);
  expect(mailsTo('anna').filter(({ subject }) => subject.startsWith('Please'))).toHaveLength(1);
  expect(mailsTo('cleo')).toEqual([]);

  await close(incident);
  for (const name of ['anna', 'bert']) await mailTo(name, /^The incident is over/);
  expect(await holdfast('notices')).toMatch(/sent after .* Bert \(email\) +Please take this incident/);
  expect(await holdfast('notices', '--dead')).toBe('No notices.\n');
  const story = (await store.incident(incident))!.entries.map(({ code, sentence }) => `${code}: ${sentence}`);
  expect(story.filter((line) => /^(?:asked|acknowledged)/.test(line))).toEqual([
    'asked: Anna was asked to take it (number 1).',
    'asked: Bert was asked to take it (number 2).',
    'acknowledged: Bert has taken the incident.',
  ]);
});

test('nobody takes it: the incident says so', { timeout: 180_000 }, async () => {
  const incident = await openTrouble();
  const told = async () => (await store.incident(incident))!.entries.map(({ code }) => code);
  await vi.waitFor(async () => expect(await told()).toContain('on-call-exhausted'), SOON);
  expect((await told()).filter((code) => code === 'asked')).toHaveLength(2);
  await close(incident);
});

test('PagerDuty instead of people: raised, acknowledged and resolved as one alert', { timeout: 180_000 }, async () => {
  const url = `http://127.0.0.1:${(pagerDuty.address() as AddressInfo).port}/v2/enqueue`;
  await describe([], { pagerduty: { routingKeyFile: join(folder, 'routing-key'), url } });
  const incident = await openTrouble();
  const actions = () =>
    events.filter(({ dedup_key }) => dedup_key === incident).map(({ event_action }) => event_action);
  await vi.waitFor(() => expect(actions()).toEqual(['trigger']), SOON);
  expect(await holdfast('ack', incident, '--by', 'Anna')).toContain('Anna has taken the incident.');
  await vi.waitFor(() => expect(actions()).toEqual(['trigger', 'acknowledge']), SOON);
  await close(incident);
  await vi.waitFor(() => expect(actions()).toEqual(['trigger', 'acknowledge', 'resolve']), SOON);
});
