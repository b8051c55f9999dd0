/** The pages and feeds: nothing that was written gets through as markup, every condition has its words, programs can read them. */
import Parser from 'rss-parser';
import { describe, expect, it, test } from 'vitest';
import { CONDITIONS } from './condition.ts';
import { historyJson, overallJson, rssOf, siteJson } from './feeds.ts';
import { anIncident, anOverall, aSitePage, NOON, someDays } from './fixtures.ts';
import { escaped, html } from './html.ts';
import type { OverallPage, SiteCondition, ZoneCondition } from './model.ts';
import { historyPage, listPage } from './pages/history.ts';
import { notePage } from './pages/notes.ts';
import { overallPage } from './pages/overall.ts';
import { sitePage } from './pages/site.ts';
import { daysWords, endWords, headlineOf, percent, SITE_WORDS, timeWords, ZONE_WORDS } from './words.ts';

const EVIL = `<img src=x onerror=alert(1)>"'&<!--# include file="/etc/passwd" --><script>1</script>`;

/** The page as a visitor gets it, without what nginx fills in. */
const withoutAge = (text: string) => text.replaceAll(/<!--# (?:if|else|endif|echo)[^>]*-->/g, '');

describe('what was written', () => {
  const incident = anIncident({
    title: EVIL,
    sites: [EVIL],
    posts: [{ key: 'update-1', at: NOON, state: 'monitoring', text: EVIL }],
  });
  const frame = { service: EVIL, support: `https://x/${EVIL}` };
  const work = [{ id: 'x', title: EVIL, from: NOON, to: NOON + 1, now: true, sites: [EVIL] }];
  const part = { path: 'sites/shop', title: EVIL, condition: 'down' as const, days: someDays({ 3: 0.5 }) };
  test.each([
    ['overall', overallPage(anOverall({ ...frame, intro: EVIL, incidents: [incident], work, sites: [part] }))],
    ['site', sitePage(aSitePage({ ...frame, title: EVIL, host: EVIL, incidents: [incident], work }))],
    ['history', historyPage({ ...anOverall(frame), incidents: [incident] })],
    ['list', listPage({ ...anOverall(frame), page: 1, pages: 2, sites: [part] })],
    ['note', notePage(anOverall(frame), { heading: EVIL, text: EVIL, code: EVIL, button: EVIL })],
    ['overall, JSON', overallJson(anOverall({ ...frame, incidents: [incident], work, sites: [part] }))],
    ['site, JSON', siteJson(aSitePage({ ...frame, title: EVIL, incidents: [incident] }))],
    ['history, JSON', historyJson({ ...anOverall(frame), incidents: [incident] })],
  ])('is text and nothing else: %s', (_, text) => {
    expect(text).toContain('onerror');
    expect(withoutAge(text)).not.toMatch(/<(?:img|script|!--)/);
    expect(withoutAge(text)).not.toMatch(/="[^"]*<[^"]*"/);
  });

  it('has its paragraphs and lines, and no characters that XML forbids', () => {
    expect(escaped('a\u0000\u0008b\uFFFE\uD800\nc')).toBe('ab\nc');
    expect(html`<p>${'<'}${null}${false}${[1, html`<b></b>`]}</p>`.text).toBe('<p>&lt;1<b></b></p>');
    const [first] = anIncident().posts.slice(2);
    expect(overallPage(anOverall({ incidents: [anIncident()] }))).toContain(
      first!.text
        .split('\n\n')
        .map((part) => `<p>${part}</p>`)
        .join(''),
    );
  });
});

describe('the page', () => {
  const counts = (more: Partial<OverallPage['counts']>) => ({ ...anOverall().counts, up: 0, ...more });
  const headlines: [string, Partial<OverallPage>, string, string][] = [
    ['well', {}, 'good', 'Everything works'],
    ['one down', { counts: counts({ down: 1, up: 4 }), sitesTotal: 5 }, 'bad', '1 of 5 sites is disrupted'],
    ['all down', { counts: counts({ down: 5 }), sitesTotal: 5 }, 'bad', 'All 5 sites are disrupted'],
    ['the only one', { counts: counts({ down: 1 }) }, 'bad', 'The site is disrupted'],
    ['moving', { counts: counts({ moving: 2, restoring: 1 }), sitesTotal: 3 }, 'care', '2 of 3 sites are being moved'],
    ['resting', { counts: counts({ maintenance: 1 }) }, 'calm', 'The site is under maintenance'],
    [
      'restoring',
      { counts: counts({ restoring: 1 }), incidents: [anIncident({ closedAt: null })] },
      'good',
      'Everything works; something is being restored',
    ],
    ['a dark zone', { zones: [{ zone: 'a', condition: 'dark' }] }, 'care', 'Sites work; zone a does not'],
    ['new', { counts: counts({ new: 2 }), sitesTotal: 2 }, 'calm', 'All 2 sites are being set up'],
    ['nothing', { counts: counts({}), sites: [], sitesTotal: 0 }, 'calm', 'Nothing is listed here yet'],
  ];
  test.each(headlines)('says how it is: %s', (_, more, tone, text) => {
    const model = anOverall(more);
    expect(headlineOf(model)).toEqual({ tone, text });
    expect(overallPage(model)).toContain(`<h1>${text}</h1>`);
  });

  test.each(CONDITIONS)('of a site that is %s', (condition: SiteCondition) => {
    const site = { path: 'sites/shop', title: 'The shop', condition, days: someDays({ 1: 0.98 }, 30) };
    for (const text of [overallPage(anOverall({ sites: [site] })), sitePage(aSitePage(site))]) {
      expect(text.toLowerCase()).toContain(SITE_WORDS[condition].toLowerCase());
      expect(text).toContain('role="img" aria-label="The last 90 days: 99.93 % on average.');
    }
  });

  test.each(Object.keys(ZONE_WORDS) as ZoneCondition[])('of a zone that is %s', (condition) => {
    expect(overallPage(anOverall({ zones: [{ zone: 'a', condition }] }))).toContain(ZONE_WORDS[condition]);
  });

  it('says when nothing is measured, and nothing has happened', () => {
    for (const text of [overallPage(anOverall()), sitePage(aSitePage())]) {
      expect(text).toMatch(/not measured yet/i);
      expect(text).toContain('None in the last 90 days.');
      expect(text).not.toContain('<svg class="days"');
    }
    expect(historyPage({ ...anOverall(), incidents: [] })).toContain('None.');
  });

  it('stands in one piece: one h1, headings in order, every id once, nothing from elsewhere', () => {
    const incidents = [anIncident(), anIncident({ id: 'another', closedAt: null, state: null })];
    const work = [{ id: 'x', title: 'New switches', from: NOON, to: NOON + 7_200_000, now: false, sites: [] }];
    for (const text of [
      overallPage(anOverall({ incidents, work, zones: [{ zone: 'a', condition: 'up' }] })),
      sitePage(aSitePage({ incidents, work, days: someDays({ 2: 0.999 }) })),
      historyPage({ ...anOverall(), incidents }),
    ]) {
      const levels = [...text.matchAll(/<h([1-6])/g)].map((match) => Number(match[1]));
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      for (const [at, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[at - 1] ?? 0) + 1);
      const ids = [...text.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
      expect(new Set(ids).size).toBe(ids.length);
      expect(text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
      expect(text).not.toMatch(/<script| style=| on[a-z]+=/);
    }
  });

  it('of a private site leads nowhere else, and asks not to be found', () => {
    const text = sitePage(aSitePage({ path: 'p/0123', isPrivate: true }));
    expect(text).toContain('<meta name="robots" content="noindex">');
    expect([...text.matchAll(/href="([^"]*)"/g)].map((match) => match[1])).toEqual([
      '/style.css',
      '/icon.svg',
      '/p/0123/feed.xml',
      '/p/0123/status.json',
      '#main',
      '/p/0123/feed.xml',
      '/p/0123/status.json',
      'mailto:support@example.org',
    ]);
  });
});

describe('words', () => {
  test.each([
    [1, '100 %'],
    [0.99999, '99.99 %'],
    [0.9995, '99.95 %'],
    [0.5, '50 %'],
    [0, '0 %'],
  ])('%d is %s: never rounded up', (share, text) => expect(percent(share)).toBe(text));

  it('days', () => {
    expect(daysWords([])).toBe('The last 90 days: not measured.');
    expect(daysWords(someDays())).toBe('The last 90 days: 100 % on average. No day was disrupted.');
    expect(daysWords(someDays({ 1: 1 - 3 / 1_440, 5: null }))).toBe(
      'The last 90 days: 99.99 % on average. Disrupted: 28 Nov 2026: 99.79 %, 3 minutes disrupted. One day was not measured.',
    );
  });

  it('times, on the page’s clock', () => {
    expect(timeWords(NOON, 'Europe/Berlin')).toBe('29 Nov 2026, 13:00');
    expect(endWords(NOON, NOON + 3_600_000, 'UTC')).toBe('13:00');
    expect(endWords(NOON, NOON + 12 * 3_600_000, 'UTC')).toBe('30 Nov 2026, 00:00');
  });
});

describe('for programs', () => {
  const incidents = [anIncident(), anIncident({ id: 'x~<&>', title: 'A & B <c>', closedAt: null })];

  it('RSS, read by a library', async () => {
    const feed = await new Parser().parseString(rssOf(anOverall({ incidents }), ''));
    expect(feed).toMatchObject({ title: 'Example Hosting status', link: 'https://status.example.org/' });
    expect(feed.items).toHaveLength(8);
    expect(feed.items[0]).toMatchObject({
      title: 'Resolved: Zone a does not answer',
      link: 'https://status.example.org/history/#20261129T120000.000Z~zone-dark:a',
      guid: '20261129T120000.000Z~zone-dark:a/over',
      isoDate: '2026-11-29T12:09:00.000Z',
    });
    expect(new Set(feed.items.map(({ guid }) => guid)).size).toBe(8);
    const other = await new Parser().parseString(rssOf(aSitePage({ incidents }), 'sites/shop'));
    expect(other.title).toBe('The shop: status');
    expect(other.items.map(({ title }) => title)).toContain('Noticed: A & B <c>');
    expect((await new Parser().parseString(rssOf(anOverall(), ''))).items).toEqual([]);
  });

  it('JSON, with its age where nginx fills it in', () => {
    const read = (text: string) => JSON.parse(text.replace(/<!--# echo [^>]*-->/, '7'));
    expect(read(overallJson(anOverall({ incidents })))).toMatchObject({
      checkedAgoSeconds: 7,
      status: 'good',
      headline: 'Everything works; something is being restored',
      sites: [{ path: 'sites/shop', title: 'The shop', condition: 'up' }],
      incidents: [
        { closedAt: '2026-11-29T12:09:00.000Z', posts: [{ key: 'noticed' }, {}, {}, {}] },
        { closedAt: null },
      ],
    });
    expect(read(siteJson(aSitePage({ days: someDays({}, 2) }))).days).toHaveLength(90);
    expect(read(historyJson({ ...anOverall(), incidents })).incidents).toHaveLength(2);
  });
});
