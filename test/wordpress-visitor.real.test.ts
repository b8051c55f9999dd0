/**
 * An author and a reader of the demonstration's WordPress, in Debian's Chromium, while the live zone dies under every step: the log-in, the
 * upload of a picture, the publishing of a post, a comment. Nothing typed is lost, and no broken page is seen.
 */
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { hangApplication, healZone, killZone } from '../src/local/faults.ts';
import { copyFolder } from '../src/local/instance.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { statusOf, waitUntilProtected } from '../src/local/sites.ts';
import { systemClock } from '../src/platform/clock.ts';
import { openBrowser } from './support/console/browser.ts';

const SITE = DRILL_SITES.wordpress!;
const HOST = 'wordpress.localhost';
const TITLE = 'Written while a zone died';
const STORY = 'It was typed once, and it is still here.';
const COMMENT = 'This comment was on its way into a zone that died.';
/** The edge's own word; the editor of WordPress shows it too. */
const DOUBT = 'It may or may not have been carried out';
/** The request's bytes are inside the zone by then, its answer is not out. */
const INSIDE_MS = 40;
/** The application hangs: the request gets in at leisure, and stays there. */
const HANGING_MS = 600;
/** Every wait of a browser that shares two cores with three zones. */
const GOES_ON_MS = 60_000;
vi.setConfig({ testTimeout: 300_000 });
/** An order of magnitude above what an upload takes to the other zones. */
const FOLLOWED_MS = 2_000;

let platform: Platform;
let browser: Browser;
let page: Page;
let address: string;
/** What no visitor may be shown. */
const broken: string[] = [];

beforeAll(async () => {
  platform = await startPlatform({ name: `test-visitor-${process.pid}`, siteFile: SITE.file, temporary: true });
  address = `http://${HOST}:${platform.instance.edge.listen.split(':')[1]}`;
  browser = await openBrowser();
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  page.setDefaultTimeout(GOES_ON_MS);
  // Pictures of other people's servers: there is no way to them from here, and waiting for that takes long.
  await page.route(
    (url) => !url.href.startsWith(address),
    (route) => route.abort(),
  );
  watch(page);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

/** Pages, scripts and pictures that fail; a write that fails is answered by its own step. */
function watch(seen: Page): void {
  seen.on('response', (response) => {
    if (response.url().startsWith(address) && response.status() >= 500 && response.request().method() === 'GET')
      broken.push(`${response.status()} ${response.url()}`);
  });
  seen.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    if (request.url().startsWith(address) && request.method() === 'GET' && why !== 'net::ERR_ABORTED')
      broken.push(`${why} ${request.url()}`);
  });
  seen.on('domcontentloaded', async () => {
    const text = await seen.textContent('body').catch(() => null);
    if (/Error establishing a database connection|critical error/.test(text ?? '')) broken.push(text!.slice(0, 200));
  });
}

async function liveZone(): Promise<string> {
  return (await statusOf(platform.instance)).sites[0]!.live;
}

/** Kills the live zone when the first write after `act` to an address that matches is inside it. */
async function dyingUnder(path: RegExp, act: () => Promise<void>, insideMs = INSIDE_MS): Promise<void> {
  dead = await liveZone();
  const write = page.waitForRequest((request) => request.method() === 'POST' && path.test(request.url()));
  const acting = act();
  await write;
  await systemClock.sleep(insideMs);
  await killZone(platform.instance, dead);
  await acting;
}

let dead: string | null = null;
afterEach(async () => {
  if (dead === null) return;
  await healZone(platform.instance, dead);
  await waitUntilProtected(platform.instance, SITE.name);
  dead = null;
}, 120_000);

/** The edge says honestly that it does not know; the visitor sends it again. False: the answer came. */
async function sentAgain(done: () => Promise<unknown>): Promise<boolean> {
  const again = page.getByRole('button', { name: 'Send it again' });
  await Promise.race([again.waitFor(), done()]);
  if (!(await again.isVisible())) return false;
  await page.getByText(DOUBT).waitFor();
  await again.click();
  await done();
  return true;
}

function uploadsIn(zone: string): string[] {
  const uploads = join(copyFolder(platform.instance, zone, SITE.name), 'app/web/wp-content/uploads');
  return readdirSync(uploads, { recursive: true, encoding: 'utf8' });
}

/** As examples/wordpress/setup.php makes it. */
function adminPassword(zone: string): string {
  const config = readFileSync(join(copyFolder(platform.instance, zone, SITE.name), 'app/wp-config.php'), 'utf8');
  const secret = /\$holdfast_secret = '([^']+)'/.exec(config)![1]!;
  const hmac = (text: string, key: string) => createHmac('sha256', key).update(text).digest('hex');
  return hmac('admin', hmac('AUTH_KEY', secret)).slice(0, 20);
}

test('logging in', async () => {
  const password = adminPassword(await liveZone());
  await page.goto(`${address}/wp-login.php`);
  await page.getByLabel('Username or Email Address').fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await dyingUnder(/wp-login/, () => page.getByRole('button', { name: 'Log In' }).click());
  await sentAgain(() => page.getByRole('heading', { name: 'Dashboard' }).waitFor());
});

test('uploading a picture into a post that is being written', async () => {
  await page.goto(`${address}/wp-admin/post-new.php`);
  await page.getByRole('button', { name: 'Close dialog' }).click();
  const title = page.getByRole('textbox', { name: 'Add title' });
  await title.fill(TITLE);
  await title.press('Enter');
  await page.keyboard.type(STORY);
  await page.keyboard.press('Enter');
  await page.keyboard.type('/image');
  await page.getByRole('option', { name: 'Image', exact: true }).click();
  const picture = { name: 'zone.png', mimeType: 'image/png', buffer: await page.screenshot() };
  const unknown = page.getByText(DOUBT).first();
  const upload = () => page.locator('.block-editor-media-placeholder input[type=file]').setInputFiles(picture);
  await dyingUnder(/media/, upload);
  const shown = page.locator('.wp-block-image img[src^="http"]');
  await Promise.race([shown.waitFor(), unknown.waitFor()]);
  if (!(await shown.isVisible())) {
    await upload();
    await shown.waitFor();
  }
  expect(await page.getByText(STORY).count()).toBeGreaterThan(0);
});

test('publishing', async () => {
  // Was it answered just before its zone died, only that one has the picture, and gives it to the others when it is back.
  const others = ['a', 'b', 'c'].map((zone) => () => expect(uploadsIn(zone).join()).toMatch(/zone.*\.png/));
  for (const has of others) await vi.waitFor(has, { timeout: GOES_ON_MS, interval: 200 });
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  const publish = page.locator('.editor-post-publish-button');
  await publish.waitFor();
  await dyingUnder(/posts/, () => publish.click());
  const unknown = page.getByText(DOUBT).first();
  const published = page.getByText('is now live.').first();
  await Promise.race([published.waitFor(), unknown.waitFor()]);
  if (!(await published.isVisible())) {
    await publish.click();
    await published.waitFor();
  }
});

test('a comment whose bytes are inside when the zone dies: what was typed is shown, and sent again', async () => {
  await page.locator('.post-publish-panel__postpublish-buttons a').first().click();
  await page.getByRole('heading', { name: TITLE }).waitFor();
  await page.getByText(STORY).waitFor();
  const picture = page.locator('.entry-content img');
  await vi.waitFor(async () => expect(await picture.evaluate(widthOf)).toBeGreaterThan(100), { timeout: 5_000 });
  await page.getByLabel('Comment').fill(COMMENT);
  const live = await liveZone();
  hangApplication(platform.instance, live, SITE.name);
  await dyingUnder(/comments-post/, () => page.getByRole('button', { name: 'Post Comment' }).click(), HANGING_MS);
  await page.getByText(COMMENT).waitFor();
  const comment = page.locator('.comment-content').getByText(COMMENT);
  expect(await sentAgain(() => comment.waitFor())).toBe(true);
  expect(await comment.count()).toBe(1);
  await page.reload();
  expect(await picture.evaluate(widthOf)).toBeGreaterThan(100);
});

test('a picture whose upload was answered two seconds before its zone dies is in the next one', async () => {
  const other = await page.context().newPage();
  other.setDefaultTimeout(GOES_ON_MS);
  await other.goto(`${address}/wp-admin/media-new.php?browser-uploader`);
  const picture = { name: 'kept.png', mimeType: 'image/png', buffer: await page.screenshot() };
  await other.locator('#async-upload').setInputFiles(picture);
  await other.locator('#html-upload').click();
  await other.waitForURL(/upload\.php/);
  await systemClock.sleep(FOLLOWED_MS);
  const former = await liveZone();
  dead = former;
  await killZone(platform.instance, former);
  await vi.waitFor(async () => expect(await liveZone()).not.toBe(former), { timeout: GOES_ON_MS, interval: 100 });
  expect(uploadsIn(await liveZone())).toContainEqual(expect.stringMatching(/kept.*\.png$/));
  await other.close();
});

test('afterwards everything is there, once, and nothing broken was shown', async () => {
  await page.goto(`${address}/`);
  expect(await page.getByRole('heading', { name: TITLE }).count()).toBe(1);
  expect(uploadsIn(await liveZone())).toContainEqual(expect.stringMatching(/zone.*\.png$/));
  expect(broken).toEqual([]);
});

const widthOf = (image: unknown) => (image as { complete: boolean; naturalWidth: number }).naturalWidth;
