/**
 * A person gives up what only the lost zone has: the standby was lost first, visitors went on writing, and then their zone was lost too. What
 * was given up is said before, and told when that zone is back, by the count of the visitors themselves. Real programs, mail and visitors.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { healZone, killZone } from '../src/local/faults.ts';
import { CHECKOUT, type Instance } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { statusOf, waitUntilProtected } from '../src/local/sites.ts';
import { isProtected, type Placement } from '../src/model/index.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { type Mailbox, openMailbox } from './support/mailbox.ts';
import { type Visit, visitDuring } from './support/visitors.ts';

const SITE = DRILL_SITES.guestbook!;
const WAIT = { timeout: 120_000, interval: 50 };
/** Never told within a minute of the message before. */
const TOLD = { timeout: 240_000, interval: 100 };

const folder = mkdtempSync(join(tmpdir(), 'hf-given-up-'));
let platform: Platform;
let store: Store;
let mailbox: Mailbox;

beforeAll(async () => {
  // With a third copy there would be another standby at once.
  cpSync(dirname(SITE.file), folder, { recursive: true });
  const siteFile = join(folder, basename(SITE.file));
  appendFileSync(siteFile, '\ncopies: 2\n');
  platform = await startPlatform({
    ...{ name: `test-given-up-${process.pid}`, siteFile, temporary: true },
    prepare: async ({ network: { address } }: Instance) => {
      mailbox = await openMailbox(address);
    },
  });
  const { instance } = platform;
  store = openEtcdStore({ endpoints: instance.endpoints, clock, log: createLog('test', {}, 'error') });
  await waitUntilProtected(instance, SITE.name);
  await describeService(instance);
}, 300_000);

afterAll(async () => {
  await store?.close();
  await mailbox?.close();
  await platform?.stop();
  rmSync(folder, { recursive: true });
});

async function describeService({ network: { address }, controllers, clusterKeyFile }: Instance): Promise<void> {
  const description = `
service: Holdfast Hosting
urls: { console: "https://console.example.org", status: https://status.example.org }
contact: { sales: sales@example.org, support: support@example.org }
plans: [{ name: demonstration, title: Demonstration, disasterRecovery: included }]
people: [{ name: Olga, timeZone: UTC, sites: [${SITE.name}], addresses: [{ channel: email, to: olga@example.org }] }]
channels: { email: { host: ${address}, port: ${mailbox.port}, from: Holdfast Hosting <status@example.org> } }
`;
  await tellControllers(accessTo({ controllers, clusterKeyFile }, 'Ada'), '/apply', { description });
}

const placement = async (): Promise<Placement> => (await store.placement(SITE.name))!;

function until(wanted: (now: Placement) => boolean): Promise<Placement> {
  return vi.waitFor(async () => {
    const now = await placement();
    if (!wanted(now)) throw new Error(`not yet: ${now.decision}, live ${now.live}, standby ${now.standby}`);
    return now;
  }, WAIT);
}

/** One visitor's write beside those that are counted; answers its status. */
function writeOne({ edge }: Instance): Promise<number> {
  const { path, headers, body } = SITE.write;
  const [host, port] = edge.listen.split(':');
  const options = { host, port, path, method: 'POST', headers: { ...headers, host: `${SITE.name}.localhost` } };
  return new Promise((resolve, reject) => {
    const request = http.request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    request.once('error', reject).end(body!.replaceAll('{{id}}', 'written-alone'));
  });
}

function holdfast(...args: string[]) {
  const env = { ...process.env, HOLDFAST_INSTANCE: platform.instance.name };
  return promisify(execFile)(process.execPath, [join(CHECKOUT, 'src/cli/main.ts'), ...args], { env });
}

it('nothing moves unasked (I3), nothing is deleted (I13), and what was given up is told by number when it is known', {
  timeout: 400_000,
}, async () => {
  const { instance } = platform;
  const { live, standby } = await placement();
  const order = ['move', SITE.name, '--to', standby!, '--accept-loss', '--why', 'zone a burnt', '--by', 'Ada'];
  let said = '';
  const visit: Visit = await visitDuring({ instance, store, clock, progress: silent }, async () => {
    await killZone(instance, standby!);
    await until((now) => now.standby !== standby && !now.inSync);
    // Acknowledged by the live copy alone, before the next standby is built.
    expect(await writeOne(instance)).toBe(201);
    await killZone(instance, live);
    await healZone(instance, standby!);
    const refusal = async () => (await statusOf(instance)).sites[0]?.refusal?.code;
    await vi.waitFor(async () => expect(await refusal()).toBe('standby-not-in-sync'), WAIT);
    expect((await placement()).live).toBe(live);
    await expect(holdfast(...order, '--yes-i-mean', 'another')).rejects.toThrow(SITE.name);
    said = (await holdfast(...order, '--yes-i-mean', SITE.name)).stdout;
    await until((now) => now.live === standby && now.promotion.open);
  });
  console.error(`${said}${JSON.stringify(visit)}`);
  expect(said).toContain(`The live copy in zone ${live} is not heard, so that nobody can tell what only it has.`);
  expect(visit.executedTwice).toBe(0);
  expect((await placement()).promotion.acceptedLoss).toMatchObject({ by: 'Ada', why: 'zone a burnt' });

  // It is back before the figures are told: they say what was lost.
  await healZone(instance, live);
  const told = await vi.waitFor(() => {
    const mail = mailbox.mails.find(({ plain }) => / changes are missing\./.test(plain));
    if (mail === undefined) throw new Error(mailbox.mails.map(({ subject }) => subject).join('\n'));
    return mail;
  }, TOLD);
  const list = (await holdfast('salvage', 'list')).stdout;
  console.error(`${list}\n${told.subject}\n\n${told.plain}`);
  expect(told.subject).toBe(`${SITE.name} is online again, without its newest changes`);
  // With the one written alone; and a write that was under way, and that nobody was told to have succeeded, may be among it.
  const lost = Number(/(\d+) confirmed changes are missing\./.exec(told.plain)?.[1]);
  expect(lost).toBeGreaterThanOrEqual(visit.ackedLost + 1);
  expect(lost).toBeLessThanOrEqual(visit.ackedLost + 1 + visit.otherFailed);
  expect(list).toContain(`${lost} transactions that only it has`);
  await until(isProtected);
});
