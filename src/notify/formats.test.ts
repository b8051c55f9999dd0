/** Every kind of notice as Slack and PagerDuty get it, against their published formats: whatever is in it, nothing is refused for its form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../test/support/published/index.ts';
import type { IncidentEntry, Notice } from '../model/index.ts';
import { updateEntry } from '../record/updates.ts';
import { aNotice, aService, aSpec } from '../store/fixtures.ts';
import { askingNotices } from './asking.ts';
import { pagerDutyEvent } from './channels/pagerduty.ts';
import { piecesOf, slackMessage } from './channels/slack.ts';
import { aLog, anIncident, aPerson, aScene, entry, NOON, placed, refusal, safe } from './fixtures.ts';
import { type EventLog, newIncidentLog, readOn } from './happenings.ts';

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const CHANNELS = { ...aService().channels, pagerduty: { routingKeyFile: '/key', url: 'https://x.test' } };
const people = [
  aPerson({
    addresses: [
      { channel: 'slack', to: '/slack', atLeast: 'info' },
      { channel: 'pagerduty', to: '/key', atLeast: 'info' },
    ],
  }),
];
const closed = (site: string) => entry(site, 'close-incident', NOON + 90, { kind: 'result' });
const written = (text: string) => updateEntry({ at: NOON, by: 'Olga', state: 'identified', text, public: true });

/** A happening outside of any incident. */
const apart = (sites: string[], kind: 'plan' | 'level', values: Record<string, string>): EventLog => ({
  ...aLog([]),
  event: `${kind}~1`,
  incident: null,
  subject: '',
  lasting: false,
  sites: new Set(sites),
  happenings: sites.map((site) => ({ order: 1, at: NOON, kind, site, values })),
});
const anEvent = (sites: string[], entries: (site: string) => IncidentEntry[], subject = 'zone-dark:a'): EventLog =>
  aLog([sites.flatMap(entries)], anIncident(subject));

interface Row {
  kind: Notice['kind'];
  action: 'trigger' | 'acknowledge' | 'resolve';
  /** As they were told of it before. */
  before?(sites: string[]): EventLog;
  event(sites: string[]): EventLog;
}

const ROWS: Record<string, Row> = {
  failover: { kind: 'moved', action: 'trigger', event: (sites) => anEvent(sites, (site) => [entry(site, 'failover')]) },
  protected: {
    kind: 'protected-again',
    action: 'resolve',
    before: (sites) => aLog([sites.map((site) => entry(site, 'failover'))]),
    event: (sites) => aLog([sites.map((site) => entry(site, 'failover')), sites.map(closed)]),
  },
  exposed: {
    kind: 'exposed',
    action: 'trigger',
    event: (sites) => anEvent(sites, (site) => [entry(site, 'give-up-standby')], 'standby-lost:c:shop'),
  },
  refused: {
    kind: 'in-trouble',
    action: 'trigger',
    event: (sites) => anEvent(sites, (site) => [refusal(site, 'would-not-help')]),
  },
  loss: { kind: 'loss', action: 'trigger', event: (sites) => anEvent(sites, (site) => [entry(site, 'accept-loss')]) },
  update: {
    kind: 'update',
    action: 'trigger',
    event: (sites) => aLog([sites.map((site) => entry(site, 'record-open')), [written('Half an hour. '.repeat(700))]]),
  },
  'planned, begun': {
    kind: 'planned',
    action: 'trigger',
    event: (sites) => anEvent(sites, (site) => [entry(site, 'order')], 'move:shop'),
  },
  'planned, done': {
    kind: 'planned',
    action: 'resolve',
    event: (sites) => anEvent(sites, (site) => [entry(site, 'order'), entry(site, 'switchover')], 'move:shop'),
  },
  plan: { kind: 'plan', action: 'resolve', event: (sites) => apart(sites, 'plan', { stage: 'unprotected' }) },
  level: { kind: 'level', action: 'trigger', event: (sites) => apart(sites, 'level', { text: 'It burns.' }) },
};

const SIZES: Record<string, string[]> = {
  'one site': ['shop'],
  'one with the longest name': ['s'.repeat(31)],
  'ten thousand': Array.from({ length: 10_000 }, (_, index) => `shop-${index}`),
};

/** The notices of one event for Slack and PagerDuty. */
function noticesFor(sites: string[], event: EventLog, before: EventLog | undefined): Notice[] {
  const scene = aScene({
    people,
    service: { channels: CHANNELS },
    sites: sites.map((site) => aSpec(site, { hosts: [`www.${site}.${'long-'.repeat(30)}example.org`] })),
    placements: sites.map((site, index) => (index % 2 === 0 ? placed(site) : safe(site))),
  });
  const told = before === undefined ? [] : scene.wanted([before], NOON + 8_000).notices.flatMap((one) => one.told);
  return scene.wanted([event], NOON + 120_000, told).notices.map(({ notice }) => notice);
}

describe.each(Object.entries(ROWS))('%s', (_, { kind, action, event, before }) => {
  it.each(Object.entries(SIZES))('of %s', (_size, sites) => {
    const notices = noticesFor(sites, event(sites), before?.(sites));
    expect(notices.map((notice) => [notice.address.channel, notice.kind])).toEqual([
      ['slack', kind],
      ['pagerduty', kind],
    ]);
    const [slack, duty] = notices.map((notice) => ({
      message: slackMessage(notice),
      event: pagerDutyEvent(notice, aService(), KEY),
    }));
    expect(problemsOf('slack-incoming-webhook', slack!.message)).toEqual([]);
    expect(problemsOf('pagerduty-events-v2', duty!.event)).toEqual([]);
    expect(duty!.event.event_action).toBe(action);
  });
});

describe('being on call', () => {
  const taken = (at: number) => entry(null, 'acknowledged', at, { kind: 'note', by: 'person:Bert' });
  const STAGES = [
    ['asked', [refusal('shop', 'no-room')], 'trigger'],
    ['acknowledged', [refusal('shop', 'no-room'), taken(NOON + 9_000)], 'acknowledge'],
    ['resolved', [refusal('shop', 'no-room'), taken(NOON + 9_000), closed('shop')], 'resolve'],
  ] as const;

  it.each(STAGES)('%s', (_, entries, action) => {
    const { knowledge } = aScene({ people, service: { channels: CHANNELS } });
    const log = newIncidentLog(anIncident(), 'zone-dark:a');
    readOn(log, [{ order: 1, entries: [...entries] }]);
    const asked = {
      ...{ event: `on-call~${log.incident}`, to: 'asked~0', sequence: 1, at: NOON, upTo: 0, notice: 'n' },
      ...{ severity: 'critical' as const, person: 'PagerDuty' },
    };
    const told = action === 'trigger' ? [] : [asked];
    const linkFor = (person: string) => `https://console.example.org/acknowledge/${person}`;
    const [{ notice } = { notice: aNotice('none') }] = askingNotices({
      ...{ log, told, now: NOON + 60_000, knowledge, linkFor },
    });
    const sent = pagerDutyEvent(notice, aService(), KEY);
    expect(problemsOf('pagerduty-events-v2', sent)).toEqual([]);
    expect([sent.event_action, sent.dedup_key]).toEqual([action, log.incident]);
    expect(problemsOf('slack-incoming-webhook', slackMessage(notice))).toEqual([]);
  });
});

it('an alert is resolved when the last of its sites is well, not with the first', () => {
  const sites = ['one', 'two'];
  const log = (...ended: IncidentEntry[]) => aLog([sites.map((site) => entry(site, 'failover')), ended]);
  const scene = aScene({ people, service: { channels: CHANNELS }, sites: sites.map((site) => aSpec(site)) });
  const told = scene.wanted([log()], NOON + 8_000).notices.flatMap((one) => one.told);
  const actions = (event: EventLog) =>
    scene
      .wanted([event], NOON + 120_000, told)
      .notices.filter(({ notice }) => notice.address.channel === 'pagerduty')
      .map(({ notice }) => pagerDutyEvent(notice, aService(), KEY).event_action);
  expect(actions(log(closed('one')))).toEqual(['trigger']);
  expect(actions(log(closed('one'), closed('two')))).toEqual(['resolve']);
});

describe('whatever the text', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 6_000 });
  it('both formats hold, and no character is cut in two', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.constantFrom('', ' word\n\n'), (subject, text, between) => {
        const notice = aNotice('n', {
          subject: `s${subject}`,
          text: Array.from({ length: 30 }, () => text).join(between),
          data: { events: [{ event: 'i'.repeat(300), url: 'https://console.example.org/i', over: false }] },
        });
        const [slack, duty] = [slackMessage(notice), pagerDutyEvent(notice, aService(), KEY)];
        expect(problemsOf('slack-incoming-webhook', slack)).toEqual([]);
        expect(problemsOf('pagerduty-events-v2', duty)).toEqual([]);
        expect(JSON.stringify([slack, duty]).isWellFormed()).toBe(true);
        expect(JSON.stringify([slack, duty])).not.toMatch(/\\ud[89a-f]/);
      }),
      { numRuns: 60 },
    );
  });

  it('pieces break nothing that is escaped, and leave nothing out', () => {
    const text = '&amp;'.repeat(5_000);
    const pieces = piecesOf(text, 3_000);
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) expect(piece).toMatch(/^(?:&amp;)+$/);
  });
});

describe('what the schemas refuse', () => {
  const trigger = {
    routing_key: KEY,
    event_action: 'trigger',
    payload: { summary: 's', severity: 'info', source: 'x' },
  };
  it.each([
    ['PagerDuty, a good one', 'pagerduty-events-v2', trigger, null],
    ['no payload', 'pagerduty-events-v2', { ...trigger, payload: undefined }, /payload/],
    ['a long summary', 'pagerduty-events-v2', withSummary('s'.repeat(1_025)), /1024/],
    ['an unknown severity', 'pagerduty-events-v2', withSeverity('fatal'), /severity/],
    ['nothing to resolve', 'pagerduty-events-v2', { routing_key: KEY, event_action: 'resolve' }, /dedup_key/],
    ['a long key', 'pagerduty-events-v2', { ...trigger, dedup_key: 'k'.repeat(256) }, /255/],
    ['Slack, a long section', 'slack-incoming-webhook', withBlocks('s'.repeat(3_001), 1), /./],
    ['an empty section', 'slack-incoming-webhook', withBlocks('', 1), /./],
    ['51 blocks', 'slack-incoming-webhook', withBlocks('s', 51), /50/],
    ['50 blocks', 'slack-incoming-webhook', withBlocks('s', 50), null],
  ] as const)('%s', (_, format, payload, problem) => {
    const problems = problemsOf(format, payload).join('; ');
    if (problem === null) expect(problems).toBe('');
    else expect(problems).toMatch(problem);
  });

  function withSummary(summary: string) {
    return { ...trigger, payload: { ...trigger.payload, summary } };
  }
  function withSeverity(severity: string) {
    return { ...trigger, payload: { ...trigger.payload, severity } };
  }
  function withBlocks(text: string, count: number) {
    const section = { type: 'section', text: { type: 'mrkdwn', text } };
    return { text: 'x', blocks: Array.from({ length: count }, () => section) };
  }
});
