/** What a site's owner reads: true at that moment, with the figures that are known, and links that lead there. */
import { describe, expect, it } from 'vitest';
import type { Impact, Placement } from '../model/index.ts';
import { aSpec } from '../store/fixtures.ts';
import { aLog, anIncident, aScene, entry, IMPACT, NOON, placed, refusal, safe } from './fixtures.ts';

const closed = (site: string) => entry(site, 'close-incident', NOON + 90, { kind: 'result' });
const incident = anIncident();

/** The first notice about these entries. */
function told(entries: ReturnType<typeof entry>[], placement: Placement, impact: Impact | null = null) {
  const scene = aScene({ placements: [placement], impactOf: () => impact });
  return scene.wanted([aLog([entries], incident)], NOON + 8_000).notices[0]!.notice;
}

const opening = (site: string) => placed(site, { promotion: { ...placed(site).promotion, open: false } });

describe('a move', () => {
  it('that the new zone does not serve yet is not said to be online', () => {
    const { subject, text } = told([entry('shop', 'failover')], opening('shop'));
    expect(subject).toBe('shop is being moved to zone b');
    expect(text).toContain('visitors wait until zone b serves them');
    expect(text).not.toMatch(/is online|are served from/);
  });

  it('that it serves is', () => {
    const { subject, text } = told([entry('shop', 'failover')], placed('shop'));
    expect(subject).toBe('shop was moved to zone b and is online');
    expect(text).toContain('visitors are served from zone b');
  });

  it('of several sites, one of which is not served yet', () => {
    const sites = ['one', 'two'];
    const scene = aScene({ sites: sites.map((site) => aSpec(site)), placements: [placed('one'), opening('two')] });
    const log = aLog([sites.map((site) => entry(site, 'failover'))]);
    const [{ notice } = { notice: null }] = scene.wanted([log], NOON + 8_000).notices;
    expect(notice!.subject).toBe('2 of your sites are being moved to another zone');
    expect(notice!.text).toContain('Not all of them are online there yet:\n\n- one (one.test)\n- two (two.test)');
  });
});

it('trouble after a move is not said to be that of the zone that was left', () => {
  const entries = [entry('shop', 'failover'), refusal('shop', 'standby-not-in-sync')];
  const { subject, text } = told(entries, placed('shop'));
  expect(subject).toBe('shop is in trouble');
  expect(text).toContain('There is trouble again after the move to zone b. Your site shop');
  expect(text).not.toContain('Zone a stopped answering');
  const { text: before } = told([refusal('shop', 'no-room')], placed('shop', { live: 'a' }));
  expect(before).toContain('Zone a stopped answering. Your site shop');
});

it.each([
  [
    'known of each',
    [3, 4],
    'What it meant for them: 7 confirmed changes are missing.',
    'What was done: what only the former copies had was',
  ],
  [
    'nothing',
    [0, 0],
    'What it meant for them: Nothing is missing.',
    'What was done: what only the former copies had was',
  ],
  [
    'not known of one',
    [3, null],
    'which ones is not known yet.',
    'What was done: the former copies are kept untouched.',
  ],
])('what was lost of several sites is told of all of them, and once: %s', (_, losses, lost, done) => {
  const sites = ['one', 'two'];
  const scene = aScene({
    sites: sites.map((site) => aSpec(site)),
    placements: sites.map((site) => placed(site)),
    impactOf: (_incident, site) => ({ ...IMPACT, site, transactionsLost: losses[sites.indexOf(site)]! }),
  });
  const entries = sites.flatMap((site) => [entry(site, 'accept-loss'), closed(site)]);
  const { text } = scene.wanted([aLog([entries], incident)], NOON + 8_000).notices[0]!.notice;
  expect(text).toContain(lost);
  expect(text).toContain(done);
  expect(text).not.toMatch(/were lost|No confirmed change/);
});

describe('the figures', () => {
  const over = [entry('shop', 'failover'), closed('shop')];
  it.each([
    [
      'that are not there yet',
      [entry('shop', 'failover')],
      null,
      /It is being counted\. You get the figures with the message/,
    ],
    [
      'of an outage',
      over,
      IMPACT,
      /Of 5,332 requests meanwhile 112 failed and 658 had to wait, the longest for 15 s\. The site counts as down for 1 s\. No confirmed change was lost\./,
    ],
    [
      'of one that nobody noticed',
      over,
      { ...IMPACT, failed: 0, held: 0, downSeconds: 0 },
      /Nothing that visitors would have noticed\. No confirmed change was lost\./,
    ],
    ['with changes lost', over, { ...IMPACT, transactionsLost: 3 }, /for 1 s\. 3 confirmed changes were lost\./],
    [
      'before they are there',
      over,
      null,
      /for the site: It is being counted\. You get the figures with a second message\.\n/,
    ],
    [
      'half counted',
      over,
      { ...IMPACT, final: false },
      /for the site: It is being counted\. You get the figures with a/,
    ],
    ['of which nobody knows yet', over, { ...IMPACT, transactionsLost: null }, /for 1 s\.\n/],
    [
      'and what is cold',
      over,
      { ...IMPACT, cold: ['cache' as const, 'search' as const] },
      /The object cache and the search index are being filled again, so some pages may be slower/,
    ],
  ])('%s', (_, entries, impact, words) => {
    expect(told(entries, safe('shop'), impact).text).toMatch(words);
  });
});

it.each([
  ['in trouble', refusal('shop', 'no-room'), 'shop is in trouble', 'shop was in trouble, and is well again'],
  [
    'without its standby',
    entry('shop', 'give-up-standby'),
    'shop is online, without its second copy for now',
    'shop was without its second copy for a while',
  ],
])('a site %s is said to be so only as long as it is', (_, trouble, meanwhile, afterwards) => {
  expect(told([trouble], placed('shop')).subject).toBe(meanwhile);
  const { subject, text } = told([trouble, closed('shop')], safe('shop'));
  expect(subject).toBe(afterwards);
  expect(text).toContain('How it stands now: A second copy in zone c has every change');
});

it('the link leads to the page of the incident in the console', () => {
  const notice = told([refusal('shop', 'no-room')], placed('shop'));
  const url = `https://console.example.org/console/#/incidents/${encodeURIComponent(incident)}`;
  expect(notice.text).toContain(`The incident, with all its figures: ${url}\n`);
  expect(notice.data).toMatchObject({ events: [{ url }] });
});
