/** Debian's Chromium for tests, told to leave the network alone, and the rules of accessibility. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, type ConsoleMessage, chromium, type Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const WIDTHS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;

export function openBrowser(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'].concat([
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...more,
    ]),
  });
}

/** Pages that are done with, by what they are like: a new one costs the machine a second for its process alone. */
const idle = new WeakMap<Browser, Map<string, Page[]>>();

/** A page that nobody else uses and that knows nothing of who used it before, with everything that goes wrong in it collected. End it with `closePage`. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = WIDTHS.desktop,
): Promise<{ page: Page; wrong: string[] }> {
  const page = idle.get(browser)?.get(JSON.stringify(options))?.pop() ?? (await newPage(browser, options));
  const wrong: string[] = [];
  const onError = (error: Error) => wrong.push(error.message);
  const onConsole = (message: ConsoleMessage) => {
    if (message.type() === 'error') wrong.push(`${message.text()} (${message.location().url})`);
  };
  page.on('pageerror', onError).on('console', onConsole);
  silence.set(page, () => page.off('pageerror', onError).off('console', onConsole));
  await page.goto(url);
  return { page, wrong };
}

const optionsOf = new WeakMap<Page, string>();
const silence = new WeakMap<Page, () => void>();

async function newPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  optionsOf.set(page, JSON.stringify(options));
  return page;
}

/** Ends a page of `openPage`: what it was told, what it kept and whom it tells of troubles is forgotten. */
export async function closePage(page: Page): Promise<void> {
  const options = optionsOf.get(page);
  const browser = page.context().browser();
  if (options === undefined || browser === null || page.context().pages().length > 1) return page.context().close();
  silence.get(page)?.();
  await page.evaluate(() => {
    const { localStorage, sessionStorage } = globalThis as unknown as Record<string, { clear(): void }>;
    localStorage!.clear();
    sessionStorage!.clear();
  });
  await page.context().clearCookies();
  await page.goto('about:blank');
  const pages = idle.get(browser) ?? new Map<string, Page[]>();
  idle.set(browser, pages);
  pages.set(options, [...(pages.get(options) ?? []), page]);
}

/** Each serious or critical finding in a line. The page's policy lets no script in, so that axe comes through the debugger. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Result = { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] };
    const { axe } = globalThis as unknown as { axe: { run(): Promise<Result> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  });
}

/** Pixels by which the page is wider than the screen. */
export async function overflow(page: Page): Promise<number> {
  const wide = await page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { documentElement: { scrollWidth: number } } };
    return document.documentElement.scrollWidth;
  });
  return Math.max(0, wide - page.viewportSize()!.width);
}
