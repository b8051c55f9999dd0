/**
 * The status page on the local platform, as a visitor's browser shows it: by keyboard, light and dark, on desktop and phone; somebody asks
 * to be told and is, by mail; a zone is lost and somebody writes about it; then every zone is lost, and the page is still there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { accessTo } from '../src/cli/access.ts';
import { askIncident } from '../src/cli/commands/incidents.ts';
import { tellControllers } from '../src/cli/tell-controllers.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { killZone } from '../src/local/faults.ts';
import { STATUS_HOST } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { statusOf } from '../src/local/sites.ts';
import { STATUS_PAGE_DEFAULTS } from '../src/model/index.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import { aService } from '../src/store/fixtures.ts';
import { openBrowser, openPage, overflow, seriousFindings, WIDTHS } from './support/console/browser.ts';
import { type Mail, type Mailbox, openMailbox } from './support/mailbox.ts';

const SITE = DRILL_SITES.guestbook!;
const SOON = { timeout: 60_000, interval: 250 };
const TOLD_WITHIN = { timeout: 100_000, interval: 500 };

let platform: Platform;
let browser: Browser;
let mailbox: Mailbox;
let url: string;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-status-${process.pid}`, siteFile: SITE.file, temporary: true });
  const { edge, network, endpoints } = platform.instance;
  url = `http://${STATUS_HOST}:${edge.listen.split(':')[1]}`;
  mailbox = await openMailbox(network.address);
  browser = await openBrowser();
  const email = {
    host: network.address,
    port: mailbox.port,
    from: 'status@example.org',
    user: null,
    passwordFile: null,
  };
  const service = aService();
  const store = openEtcdStore({ endpoints, clock, log: createLog('test', {}, 'error') });
  await store.applyService({
    ...service,
    name: 'Example Hosting',
    since: clock.wall(),
    urls: { console: url, status: url },
    plans: [{ name: 'demonstration', title: 'Demonstration', disasterRecovery: 'included' }],
    channels: { ...service.channels, email: { ...email, secure: false, caFile: null } },
    status: STATUS_PAGE_DEFAULTS,
  });
  await store.close();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
  await mailbox?.close();
});

/** Until the page that is served says so. */
async function reloadUntil(page: Page, words: string | RegExp, limit = SOON): Promise<void> {
  await vi.waitFor(async () => {
    await page.reload();
    expect(await page.locator('body').textContent()).toMatch(words);
  }, limit);
}

const LOOKS = [
  { width: WIDTHS.phone, colorScheme: 'dark' },
  { width: WIDTHS.desktop, colorScheme: 'light' },
  { width: WIDTHS.desktop, colorScheme: 'dark' },
  { width: WIDTHS.phone, colorScheme: 'light' },
] as const;

/** The first so many looks of it: nothing serious, nothing wider than the screen, nothing from elsewhere. */
async function looksWell(path: string, looks: number = LOOKS.length): Promise<void> {
  for (const { width, colorScheme } of LOOKS.slice(0, looks)) {
    const context = await browser.newContext({ ...width, colorScheme });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await page.goto(`${url}${path}`);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(new Set(asked)).toEqual(new Set([url]));
    await context.close();
  }
}

const mailTo = (to: string, subject: RegExp, { words = '', limit = SOON } = {}) =>
  vi.waitFor(() => {
    const isIt = (mail: Mail) => mail.to.includes(to) && subject.test(mail.subject) && mail.plain.includes(words);
    const found = mailbox.mails.find(isIt);
    if (found === undefined) throw new Error(`no such mail: ${mailbox.mails.map((mail) => mail.subject).join('; ')}`);
    return found;
  }, limit);

test('it says that everything works, by keyboard, light and dark, on desktop and phone', async () => {
  const { page, wrong } = await openPage(browser, url);
  await reloadUntil(page, 'Example Hosting');
  await reloadUntil(page, 'Everything works');
  expect(await page.locator('h1').textContent()).toBe('Everything works');
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${url}/#main`);
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('guestbook.localhost');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'guestbook.localhost: works' }).waitFor();
  expect(wrong).toEqual([]);
  await looksWell('/');
  await looksWell(`/sites/${SITE.name}/`, 2);
  await page.context().close();
}, 300_000);

test('somebody asks to be told, confirms it by the button behind the link, and is told what is written', async () => {
  const { page, wrong } = await openPage(browser, url);
  await page.getByLabel('By e-mail').fill('vera@example.org');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  const asked = await mailTo('vera@example.org', /^Please confirm/);
  await page.goto(/http\S+\/confirm\/\S+/.exec(asked.plain)![0]);
  await page.getByRole('button', { name: 'Yes, tell me' }).click();
  await page.getByRole('heading', { name: 'It is confirmed' }).waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
}, 300_000);

test('a zone is lost: the page says so, and what somebody writes about it; with every zone lost it is still served', async () => {
  const { instance } = platform;
  const { page } = await openPage(browser, url);
  const { live } = (await statusOf(instance)).sites[0]!;
  await killZone(instance, live);
  await reloadUntil(page, `Zone ${live} does not answer`);
  // The site may be protected again by now, and its record name no incident any more.
  const { id: incident } = await askIncident(accessTo(instance), 'latest');
  const words = 'A power supply has failed. <b>We replace it.</b>';
  const update = { state: 'identified', text: words, public: true };
  await tellControllers(accessTo(instance), `/incidents/${encodeURIComponent(incident)}/updates`, update);
  await reloadUntil(page, words);
  expect(await page.locator('article b').count()).toBe(0);
  await looksWell('/');
  // What was told before it was written does not have it: the next mail comes at least a minute later.
  const told = await mailTo('vera@example.org', /does not answer/, { words, limit: TOLD_WITHIN });
  expect(told.text).toMatch(/^List-Unsubscribe:\s+<http/m);

  for (const zone of ['a', 'b', 'c']) if (zone !== live) await killZone(instance, zone);
  writeFileSync(join(instance.edge.edgeDir, 'status/confirmed'), String(clock.wall() - 10 * 60_000));
  await reloadUntil(page, 'This page is 10 minutes old.');
  await reloadUntil(page, words);
  await looksWell('/', 1);
  await page.goto(/^List-Unsubscribe:\s+<([^>]+)>/m.exec(told.text)![1]!);
  await page.getByRole('heading', { name: 'Not possible just now' }).waitFor();
  await page.context().close();
}, 300_000);
