/**
 * The console against a running system, as an operator uses it: signs in by a link, practises and watches, kills a zone with the very
 * controller that is looked at and sees what follows, takes an incident, writes into it and finds that in the mail and on the status page, gives
 * the word, moves the site after reading what that would do, gives an owner access.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { type Front, startFront } from '../src/local/front.ts';
import { STATUS_HOST } from '../src/local/instance.ts';
import { freePort } from '../src/local/layout.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { readSite, statusOf, waitUntilProtected } from '../src/local/sites.ts';
import type { ServiceSpec } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import { aService } from '../src/store/fixtures.ts';
import type { Store } from '../src/store/store.ts';
import { openBrowser, openPage, overflow, seriousFindings, WIDTHS } from './support/console/browser.ts';
import { type Mailbox, openMailbox } from './support/mailbox.ts';

const SITE = DRILL_SITES.guestbook!;
const MOVED_WITHIN_MS = 60_000;
/** A drill stays away for a while, and what has just moved has to rest first. */
const DRILLED_WITHIN_MS = 180_000;
/** A person reads of one incident once a minute at most. */
const TOLD_WITHIN_MS = 100_000;

let platform: Platform;
let front: Front;
let browser: Browser;
let mailbox: Mailbox;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-console-${process.pid}`, siteFile: SITE.file, temporary: true });
  front = await startFront(platform.instance.controllers, await freePort(18_490), systemClock);
  browser = await openBrowser();
  mailbox = await openMailbox(platform.instance.network.address);
  await withStore((store) => store.applyService(serviceWithMail()));
  await waitUntilProtected(platform.instance, SITE.name);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await front?.stop();
  await platform?.stop();
  await mailbox?.close();
});

function serviceWithMail(): ServiceSpec {
  const { address } = platform.instance.network;
  const email = { host: address, port: mailbox.port, from: 'status@example.org', user: null, passwordFile: null };
  const sam = { channel: 'email' as const, to: 'sam@example.org', atLeast: 'info' as const };
  const service = aService();
  return {
    ...service,
    since: systemClock.wall(),
    plans: [{ name: 'demonstration', title: 'Demonstration', disasterRecovery: 'included' }],
    people: [{ name: 'Sam', timeZone: 'UTC', language: 'en', addresses: [sam], quiet: [], sites: [SITE.name] }],
    channels: { ...service.channels, email: { ...email, secure: false, caFile: null } },
  };
}

async function withStore(use: (store: Store) => Promise<unknown>): Promise<void> {
  const { endpoints } = platform.instance;
  const store = openEtcdStore({ endpoints, clock: systemClock, log: createLog('test', {}, 'error') });
  await use(store).finally(() => store.close());
}

/** Good once, as `holdfast sign-in` makes it. */
async function newLink(): Promise<string> {
  const wish = { name: 'Ada', role: 'admin' };
  const { path } = await tellControllers<{ path: string }>(accessTo(platform.instance), '/sign-in-links', wish);
  return `http://${front.address}${path}`;
}

async function signIn(link: string): Promise<{ page: Page; wrong: string[] }> {
  const opened = await openPage(browser, link);
  await opened.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return opened;
}

const home = async () => (await statusOf(platform.instance)).sites[0]!;

async function setMode(mode: 'automatic' | 'ask-first'): Promise<void> {
  const spec = readSite(SITE.file);
  const asked = { ...spec, failover: { ...spec.failover, mode } };
  await withStore((store) => store.applySite(asked, systemClock.wall()));
}

/** Breaks or mends a zone by its button on the overview. */
async function practise(page: Page, zone: string, verb: 'Kill' | 'Heal'): Promise<void> {
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.getByRole('button', { name: `Practise … zone ${zone}` }).click();
  await page.getByRole('radio', { name: verb }).check();
  if (verb !== 'Heal') await page.getByLabel('to confirm').fill(zone);
  await page.getByRole('button', { name: `${verb} zone ${zone}` }).click();
  await page.getByRole('dialog').getByText('half a second from now').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
}

/** Back, and every copy at peace again. */
async function heal(page: Page, zone: string): Promise<void> {
  await practise(page, zone, 'Heal');
  await waitUntilProtected(platform.instance, SITE.name);
}

/** On the status page, which the edge serves; it is made anew within seconds. */
async function seenByEverybody(text: string): Promise<void> {
  const port = platform.instance.edge.listen.split(':')[1];
  const { page, wrong } = await openPage(browser, `http://${STATUS_HOST}:${port}/`);
  const shown = async () => {
    await page.reload();
    expect(await page.getByText(text).count()).toBeGreaterThan(0);
  };
  await vi.waitFor(shown, { timeout: TOLD_WITHIN_MS, interval: 1_000 });
  await looksRight(page);
  expect(wrong).toEqual([]);
  await page.context().close();
}

/** At a desk and on a phone: nothing wider than the screen, nothing that keeps anybody out. */
async function looksRight(page: Page): Promise<void> {
  for (const { viewport } of [WIDTHS.phone, WIDTHS.desktop]) {
    await page.setViewportSize(viewport);
    expect(await overflow(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
  }
}

async function openSite(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await page.getByRole('searchbox').fill(SITE.name.slice(0, 5));
  await page.getByRole('link', { name: SITE.name }).click();
  await page.getByRole('heading', { level: 1, name: SITE.name }).waitFor();
}

test('a link signs one browser in, and no second one; a wrong token none; who signs out is out', async () => {
  const link = await newLink();
  const { page } = await signIn(link);
  const second = await openPage(browser, link);
  await second.page.getByText('was used already').waitFor();
  await second.page.goto(`http://${front.address}`);
  await second.page.getByLabel('Token').fill('hft_nothing');
  await second.page.getByRole('button', { name: 'Sign in' }).click();
  await second.page.getByText('This token is not valid, or no longer.').waitFor();
  await second.page.context().close();
  await page.getByText('Ada').first().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.reload();
  await page.getByLabel('Token').waitFor();
  await page.context().close();
});

test('a drill is begun, watched, and passes', async () => {
  const { live, standby } = await home();
  const { page, wrong } = await signIn(await newLink());
  await page.getByText('The site is protected.').waitFor();
  expect(await page.getByRole('heading', { level: 2, name: /^Zone [abc]$/ }).count()).toBe(3);
  expect(await page.getByText('hears it', { exact: false }).count()).toBeGreaterThanOrEqual(6);
  await openSite(page);
  await page.getByText(`live in ${live}, standby in ${standby}`).waitFor();
  expect(await page.getByText('running', { exact: true }).count()).toBeGreaterThanOrEqual(2);
  await page.getByText('No drill yet.').waitFor();

  await page.getByRole('button', { name: 'Drill …' }).click();
  await page.getByText('What would happen').waitFor({ timeout: DRILLED_WITHIN_MS });
  await page.getByRole('button', { name: 'Begin the drill' }).click();
  await page.getByRole('link', { name: 'Follow it' }).first().waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('A drill is under way').waitFor();
  await page.getByText(`live in ${standby}, `).waitFor({ timeout: MOVED_WITHIN_MS });
  await page.getByText('passed', { exact: true }).waitFor({ timeout: DRILLED_WITHIN_MS });
  await page.getByText(`live in ${live}, `).waitFor();
  await page.getByText('no request failed').waitFor();
  await looksRight(page);
  expect(wrong).toEqual([]);
  await page.context().close();
}, 400_000);

test('a zone is killed from the console, and its death is seen as it unfolds, though the controller that was asked dies with it', async () => {
  const { live, standby } = await home();
  const { page } = await signIn(await newLink());
  await page.getByText('The site is protected.').waitFor();
  await practise(page, live, 'Kill');
  await page.getByText(`Zone ${live} is dark.`).waitFor({ timeout: 15_000 });
  await looksRight(page);
  await page.getByText(`Zone ${live} went dark`).click();
  await page.getByText(`${SITE.name} moves from zone ${live} to zone ${standby}`).waitFor();
  await page.getByText(`${SITE.name} is protected`).waitFor({ timeout: MOVED_WITHIN_MS });
  expect(await page.getByRole('list', { name: 'Time line' }).getByText('not yet').count()).toBe(0);
  await looksRight(page);
  await heal(page, live);
  await page.getByText('The site is protected').waitFor({ timeout: MOVED_WITHIN_MS });
  await page.context().close();
}, 300_000);

test('a site that asks first: its incident is taken and written into, its people read that, and it is moved when somebody gives the word', async () => {
  await setMode('ask-first');
  const { live, standby } = await home();
  const { page } = await signIn(await newLink());
  await practise(page, live, 'Kill');
  await page.getByText(`Zone ${live} is dark.`).waitFor({ timeout: 15_000 });
  await page
    .getByRole('link', { name: `Zone ${live} went dark`, exact: false })
    .filter({ hasText: 'open' })
    .click();
  await page.getByRole('button', { name: 'I take it' }).click();
  await page.getByText('taken by Ada').waitFor();
  await page.getByRole('radio', { name: 'Identified' }).check();
  await page.getByLabel('What is to be said').fill('A switch is being replaced.');
  await page.getByLabel('Public').check();
  await page.getByRole('button', { name: 'Post the update' }).click();
  await page.getByText('Ada marks the incident as identified.').waitFor();
  await page.locator('.update').getByText('A switch is being replaced.').waitFor();
  await looksRight(page);
  await openSite(page);
  await page.getByText('It is not moved: waits-for-approval.').waitFor();
  await page.getByRole('button', { name: 'Let it be moved …' }).click();
  await page.getByRole('button', { name: 'Give the word' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByText(`live in ${standby}, `).waitFor({ timeout: MOVED_WITHIN_MS });
  const told = () => mailbox.mails.find(({ text }) => text.includes('A switch is being replaced.'));
  await vi.waitFor(() => expect(told()).toBeDefined(), { timeout: TOLD_WITHIN_MS, interval: 200 });
  expect(told()!.to).toEqual(['sam@example.org']);
  expect(told()!.text).toContain('Ada wrote');
  await seenByEverybody('A switch is being replaced.');
  await setMode('automatic');
  await heal(page, live);
  await page.context().close();
}, 400_000);

test('a move says first what it would do, and does it', async () => {
  await waitUntilProtected(platform.instance, SITE.name);
  const { standby } = await home();
  const { page, wrong } = await signIn(await newLink());
  await openSite(page);
  await page.getByRole('button', { name: 'Move …' }).click();
  await page.getByText('What would happen').waitFor({ timeout: DRILLED_WITHIN_MS });
  await page.getByLabel('Reason').fill('the walk-through');
  await page.getByRole('button', { name: `Move to zone ${standby}` }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Follow it' }).click();
  await page.getByText(`${SITE.name} is live in zone ${standby}`).waitFor({ timeout: MOVED_WITHIN_MS });
  await page.getByText('the walk-through').first().waitFor();
  await page.getByText('Ada', { exact: true }).first().click();
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByText('Reason: the walk-through.').waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
}, 400_000);

test('an owner sees only what is theirs', async () => {
  const { page } = await signIn(await newLink());
  await page.goto(`http://${front.address}/console/#/access`);
  await page.getByRole('button', { name: 'Give access …' }).click();
  await page.getByLabel('Whose it is').fill('Olga');
  await page.getByLabel('Role').selectOption('owner');
  await page.getByLabel('Their sites').fill('elsewhere');
  await page.getByRole('button', { name: 'Give access', exact: true }).click();
  const token = await page.getByLabel('The token, shown this once').inputValue();
  expect(token).toMatch(/^hft_/);
  const owner = await openPage(browser, `http://${front.address}`);
  await owner.page.getByLabel('Token').fill(token);
  await owner.page.getByRole('button', { name: 'Sign in' }).click();
  await owner.page.getByText('There are no sites yet.').waitFor();
  await owner.page.goto(`http://${front.address}/console/#/sites/${SITE.name}`);
  await owner.page.getByText(`There is no site`).first().waitFor();
  expect(await owner.page.getByRole('button', { name: '…' }).count()).toBe(0);
  await owner.page.context().close();
  await page.context().close();
});
