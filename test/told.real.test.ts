/**
 * People are told: the zone of a protected site is killed under visitors. One incident with its whole time line; its people hear within
 * seconds of the decision and again when it is over, by mail, signed webhook, Slack and PagerDuty; what they read is held against what the
 * visitors met. Real controllers, agents and edge; the other sides listen on this machine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import type { Ground } from '../src/drill/run.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { killZone } from '../src/local/faults.ts';
import type { Instance } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { waitUntilProtected } from '../src/local/sites.ts';
import { type Impact, type Incident, isProtected } from '../src/model/index.ts';
import { keyOf } from '../src/notify/recipients.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { timeLineOf } from '../src/record/time-line.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { type Mail, type Mailbox, openMailbox } from './support/mailbox.ts';
import { problemsOf } from './support/published/index.ts';
import { type Visit, visitDuring } from './support/visitors.ts';

const SITE = DRILL_SITES.guestbook!;
const SECRET = `whsec_${Buffer.from('a secret of some length, for tests').toString('base64')}`;
/** Asked for: ten seconds from the decision, on machines that nobody else uses. */
const FIRST_CEILING_MS = 100_000;
const WAIT = { timeout: 200_000, interval: 100 };
const NAME = `test-told-${process.pid}`;
const trustedFile = `/tmp/${NAME}.crt`;

interface Post {
  at: number;
  path: string;
  headers: Record<string, string>;
  body: string;
}

let platform: Platform;
let store: Store;
let mailbox: Mailbox;
let receiver: Server;
const posts: Post[] = [];

beforeAll(async () => {
  platform = await startPlatform({
    ...{ name: NAME, siteFile: SITE.file, temporary: true },
    environment: { NODE_EXTRA_CA_CERTS: trustedFile },
    prepare: listen,
  });
  store = openEtcdStore({
    ...{ endpoints: platform.instance.endpoints, clock, log: createLog('test', {}, 'error') },
  });
  await waitUntilProtected(platform.instance, SITE.name);
  await describeService(platform.instance);
}, 300_000);
afterAll(async () => {
  await store?.close();
  await mailbox?.close();
  receiver?.close();
  await platform?.stop();
  execFileSync('rm', ['-f', trustedFile]);
});

/** Mail and web servers of the people, on the one address of this machine that every zone reaches. */
async function listen({ network: { address }, folder }: Instance): Promise<void> {
  const keyFile = join(folder, 'tls.key');
  const request = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=people -addext subjectAltName=IP:${address}`;
  execFileSync('openssl', [...request.split(' '), '-keyout', keyFile, '-out', trustedFile], { stdio: 'ignore' });
  receiver = createServer({ key: readFileSync(keyFile), cert: readFileSync(trustedFile) }, (from, answer) => {
    let body = '';
    from.on('data', (data) => {
      body += data;
    });
    from.on('end', () => {
      posts.push({ at: clock.wall(), path: from.url!, headers: from.headers as Record<string, string>, body });
      answer.end('ok');
    });
  });
  mailbox = await openMailbox(address);
  await new Promise<void>((resolve) => receiver.listen(0, address, resolve));
}

/** As a person applies it: the file's text over a controller's API. */
async function describeService({ network: { address }, folder, controllers, ...instance }: Instance): Promise<void> {
  const secret = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const web = `https://${address}:${(receiver.address() as AddressInfo).port}`;
  const { live, standby } = (await store.placement(SITE.name))!;
  const third = instance.zones.find(({ zone }) => zone !== live && zone !== standby)!;
  const description = `
service: Holdfast Hosting
urls: { console: "http://${third.controller}", status: https://status.example.org }
contact: { sales: sales@example.org, support: support@example.org }
plans: [{ name: demonstration, title: Demonstration, disasterRecovery: included }]
people:
  - name: Olga
    timeZone: Europe/Berlin
    sites: [${SITE.name}]
    addresses:
      - { channel: email, to: olga@example.org }
      - { channel: webhook, to: "${web}/hook" }
      - { channel: slack }
      - { channel: pagerduty }
  - { name: Anna, timeZone: UTC, addresses: [{ channel: email, to: anna@example.org }] }
onCall: { atLeast: warning, shifts: [{ person: Anna }] }
channels:
  email: { host: ${address}, port: ${mailbox.port}, from: Holdfast Hosting <status@example.org> }
  webhook: { secretFile: ${secret('hook-secret', SECRET)} }
  slack: { webhookFile: ${secret('slack', `${web}/slack`)} }
  pagerduty: { routingKeyFile: ${secret('routing-key', 'e93facc04764012d7bfb002500d5d1a6')}, url: "${web}/pagerduty" }
`;
  const access = accessTo({ controllers, clusterKeyFile: instance.clusterKeyFile }, 'Ada');
  const { sentence } = await tellControllers<{ sentence: string }>(access, '/apply', { description });
  expect(sentence).toBe('The service Holdfast Hosting was described.');
}

const mailsTo = (name: string) => mailbox.mails.filter(({ to }) => to.includes(`${name}@example.org`));
const postsTo = (path: string) => posts.filter((post) => post.path === path);

/** 409: it was over before the mail was there, on a busy machine. */
async function take(link: string): Promise<number> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  return (await fetch(link, { method: 'POST', headers: form, body: '' })).status;
}

/** The site has left that zone and could lose the one that it is in now. */
async function isSafe(lost: string): Promise<boolean> {
  const now = (await store.placement(SITE.name))!;
  return now.live !== lost && isProtected(now);
}

async function incidentOver(): Promise<Incident> {
  return vi.waitFor(async () => {
    const [one] = await store.incidents(10);
    if (one?.closedAt == null || !one.entries.some(({ impact }) => impact?.final)) throw new Error('not over yet');
    return one;
  }, WAIT);
}

it('one incident, and everybody hears what it was and that it is over', { timeout: 400_000 }, async () => {
  const { instance } = platform;
  const ground: Ground = { instance, store, clock, progress: silent };
  const { live } = (await store.placement(SITE.name))!;
  let taken = 0;
  const visit = await visitDuring(ground, async () => {
    await killZone(instance, live);
    // Nobody is asked to take what is over within a second or two, as on a machine that has nothing else to do.
    await vi.waitFor(async () => expect(mailsTo('anna').length > 0 || (await isSafe(live))).toBe(true), WAIT);
    const [asked] = mailsTo('anna');
    if (asked) taken = await take(/http:\S+\/acknowledge\/\S+?(?=[\s)])/.exec(asked.plain)![0]);
    await vi.waitFor(async () => expect(await isSafe(live)).toBe(true), WAIT);
  });
  const incident = await incidentOver();
  expect((await store.incidents(10)).map(({ id }) => id)).toEqual([incident.id]);
  await vi.waitFor(() => expect(JSON.parse(postsTo('/hook').at(-1)!.body).type).toBe('notice.protected-again'), WAIT);
  await vi.waitFor(async () => expect(await store.notices('waiting', { most: 10 })).toEqual([]), WAIT);
  // Two, unless there was more trouble meanwhile; never one a minute.
  const [first, second] = [mailsTo('olga')[0]!, mailsTo('olga').at(-1)!];
  const olga = keyOf('Olga', { channel: 'email', to: 'olga@example.org' });
  const times = (await store.told(incident.id)).filter(({ to }) => to === olga).map(({ at }) => at);
  expect(times).toHaveLength(mailsTo('olga').length);
  for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThan(50_000);
  for (const mail of [...mailsTo('olga'), ...mailsTo('anna')]) console.error(`${mail.subject}\n\n${mail.plain}\n=====`);

  const line = timeLineOf(incident.entries);
  const { noticed, decided, moved, serving, protected: safe } = line as Record<keyof typeof line, number>;
  console.error(
    JSON.stringify({
      ...visit,
      noticed: noticed - decided,
      moved: moved - decided,
      serving: serving - decided,
      protected: safe - decided,
      told: first.at - decided,
      toldOver: second.at - decided,
    }),
  );
  expect([noticed, decided, moved, serving, safe].every((at, index, all) => at >= (all[index - 1] ?? 0))).toBe(true);
  expect(first.at - decided).toBeLessThan(FIRST_CEILING_MS);
  const holders = incident.entries.filter(({ code }) => code === 'acknowledged').map(({ by }) => by);
  expect([0, 200, 409]).toContain(taken);
  expect(holders).toEqual(taken === 200 ? ['person:Anna'] : []);

  const impact = incident.entries.find((entry) => entry.impact?.final)!.impact!;
  checkAgainst(visit, impact);
  checkMails({ first, second, lost: live, servedAt: serving, impact });
  checkPosts(incident.id, impact);
});

/** What is written into the incident against what the visitors met. */
function checkAgainst(visit: Visit, impact: Impact): void {
  console.error(JSON.stringify({ impact }));
  expect(impact.failed).toBe(visit.getFailed + visit.otherFailed);
  expect([impact.transactionsLost, visit.ackedLost, visit.executedTwice]).toEqual([0, 0, 0]);
  expect(impact.held).toBeGreaterThan(0);
  expect(Math.abs(impact.longestMs - visit.longestMs)).toBeLessThan(0.1 * visit.longestMs + 100);
}

interface Told {
  first: Mail;
  second: Mail;
  lost: string;
  servedAt: number;
  impact: Impact;
}

function checkMails({ first, second, lost, servedAt, impact }: Told): void {
  expect(first.subject).toMatch(/^guestbook (?:was moved to zone [abc] and is online|is being moved to zone [abc])$/);
  if (first.subject.endsWith('is online')) expect(first.at).toBeGreaterThanOrEqual(servedAt);
  expect(first.plain).toContain(
    `Zone ${lost} stopped answering. Your site guestbook (guestbook.localhost) lived in zone ${lost}`,
  );
  expect(first.plain).toMatch(
    /What it meant for the site: .+\n\nWhat (?:was|is being) done: .+\n\n(?:What is left|How it stands now): .+/s,
  );
  expect(first.plain).toContain('Questions: support@example.org');
  expect(second.subject).toBe('guestbook is well again');
  expect(second.plain).toContain(
    `${impact.failed.toLocaleString('en')} failed and ${impact.held.toLocaleString('en')} had to wait`,
  );
  expect(second.plain).toContain('No confirmed change was lost.');
  expect(second.plain).toMatch(/http:\S+\/console\/#\/incidents\/\d{8}T\d{6}\.\d{3}Z~zone-dark%3A[abc]\n/);
  const toAnna = mailsTo('anna').map(({ subject }) => subject.split(':')[0]);
  if (toAnna.length > 0)
    expect(toAnna).toEqual(expect.arrayContaining(['Please take this incident', 'The incident is over']));
}

function checkPosts(incident: string, impact: Impact): void {
  const verifier = new Webhook(SECRET);
  type Message = {
    type: string;
    data: { id: string; events: { incident: string; over: boolean; sites: { impact: Impact | null }[] }[] };
  };
  const hooks = postsTo('/hook').map(({ body, headers }) => verifier.verify(body, headers) as Message);
  expect(hooks.flatMap(({ data }) => data.events.map((event) => event.incident))).toEqual(hooks.map(() => incident));
  expect(hooks.map(({ type }) => type)).toEqual([
    'notice.moved',
    ...hooks.slice(2).map(() => expect.any(String)),
    'notice.protected-again',
  ]);
  expect(hooks.at(-1)!.data.events[0]!.over).toBe(true);
  expect(new Set(hooks.map(({ data }) => data.id)).size).toBe(hooks.length);
  const { failed, held } = impact;
  expect(hooks.at(-1)!.data.events[0]!.sites[0]!.impact).toMatchObject({ failed, held });

  const slack = postsTo('/slack').map(({ body }) => JSON.parse(body));
  expect(slack.map((message) => problemsOf('slack-incoming-webhook', message))).toEqual(hooks.map(() => []));
  const duty = postsTo('/pagerduty').map(({ body }) => JSON.parse(body));
  expect(duty.map((event) => problemsOf('pagerduty-events-v2', event))).toEqual(hooks.map(() => []));
  expect(new Set(duty.map(({ dedup_key }) => dedup_key))).toEqual(new Set([incident]));
  const actions = duty.map(({ event_action }) => event_action);
  // It may be over before anybody is told, on a quiet machine.
  const wasOver = hooks[0]!.data.events[0]!.over;
  expect([actions[0], actions.at(-1)]).toEqual([wasOver ? 'resolve' : 'trigger', 'resolve']);
}
