import { expect, test } from 'vitest';
import type { Impact, IncidentEntry, SiteStatus, StatusView } from '../../model/index.ts';
import { NO_MARKS } from '../../record/time-line.ts';
import { changeLines } from './changes.ts';
import { incidentList, incidentScreen, type WholeIncident } from './incident.ts';
import { plain } from './paint.ts';
import { statusScreen } from './status.ts';
import { duration, table, wrap } from './words.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

const BUILD = {
  from: 'b',
  receivedBytes: 430e6,
  totalBytes: 1_000e6,
  startedAgoMs: 36_000,
  bytesPerSecond: 12e6,
  stage: 'copying' as const,
  attempts: 1,
  throttled: false,
  leftMs: 47_500,
};

function site(difference: Partial<SiteStatus> = {}): SiteStatus {
  const whole: SiteStatus = {
    site: 'wordpress',
    hosts: ['wordpress.localhost'],
    plan: 'basic',
    epoch: 7,
    phase: 'protected',
    protected: true,
    since: NOW - 180_000,
    live: 'a',
    standby: 'b',
    spares: ['c'],
    copies: [
      {
        zone: 'a',
        role: 'live',
        database: 'running',
        application: 'ready',
        lagMs: null,
        buildProgress: null,
        build: null,
        cache: null,
        search: null,
        salvage: [],
        trouble: null,
      },
      {
        zone: 'b',
        role: 'standby',
        database: 'running',
        application: 'ready',
        lagMs: 0,
        buildProgress: null,
        build: null,
        cache: null,
        search: null,
        salvage: [],
        trouble: null,
      },
      {
        zone: 'c',
        role: 'spare',
        database: 'building',
        application: 'stopped',
        lagMs: null,
        buildProgress: 0.43,
        build: BUILD,
        cache: null,
        search: null,
        salvage: [],
        trouble: null,
      },
    ],
    incident: null,
    refusal: null,
    order: null,
    record: null,
  };
  return { ...whole, ...difference };
}

function view(difference: Partial<StatusView> = {}): StatusView {
  const zones = ['a', 'b', 'c'].map((zone) => ({
    zone,
    state: 'healthy' as const,
    since: NOW - 600_000,
    heardAgoMs: 40,
    controllerHere: true,
    agent: null,
    evacuated: null,
    observers: [],
  }));
  return { controller: 'b', at: NOW, storeFresh: true, zones, sites: [site()], ...difference };
}

test('the status says who is live, how long, and how far each copy is', () => {
  expect(statusScreen(view(), '10.0.1.11:7100', plain)).toBe(
    `Zones
  a  healthy  for 10 min
  b  healthy  for 10 min
  c  healthy  for 10 min

wordpress  protected for 3 min, live in a, standby in b
  wordpress.localhost
  a  live     database running                             application ready
  b  standby  database running                             application ready    0 ms behind
  c  spare    database building 43 % (12 MB/s, 47 s left)  application stopped

Told by the controller in zone b (10.0.1.11:7100).
`,
  );
});

test('an exposed site, its refusal, its incident and a silent store are all said', () => {
  const refusal = {
    site: 'wordpress',
    code: 'no-spare-zone' as const,
    sentence: 'No other zone is healthy.',
    evidence: [],
  };
  const exposed = site({ protected: false, phase: 'single', standby: null, incident: 'i-1', refusal });
  const text = statusScreen(view({ sites: [exposed], storeFresh: false }), 'x:1', plain);
  expect(text).toContain('exposed for 3 min, live in a, no standby');
  expect(text).toContain('not done: No other zone is healthy. (no-spare-zone)');
  expect(text).toContain('incident i-1 is open: holdfast incident i-1');
  expect(text).toContain('The store does not answer this controller');
});

test('without zones or sites the screen still says so', () => {
  const text = statusScreen(view({ zones: [], sites: [] }), 'x:1', plain);
  expect(text).toContain('none has registered yet');
  expect(text).toContain('No site yet.');
});

const incident: WholeIncident = {
  leftOut: 0,
  timeLine: NO_MARKS,
  impact: null,
  impacts: [],
  id: '20261122T120000.000Z~zone-dark:a',
  subject: 'zone-dark:a',
  openedAt: NOW,
  closedAt: NOW + 12_300,
  sites: ['wordpress'],
  entries: [
    {
      at: NOW + 40,
      kind: 'action',
      by: 'agent:b',
      site: 'wordpress',
      code: 'promote',
      sentence: 'promoted',
      evidence: [],
      tookMs: 18,
    },
    {
      at: NOW,
      kind: 'finding',
      by: 'controller:b',
      site: null,
      code: 'zone-dark',
      sentence: 'zone a is dark',
      evidence: [{ observer: 'agent:b', saw: 'no answer for 640 ms' }],
    },
  ],
};

test('an incident is a chain in the order of its times, evidence below what it supports', () => {
  const lines = incidentScreen(incident, 120, plain).split('\n');
  expect(lines[0]).toContain('closed after 12 s');
  expect(lines.slice(3, 6)).toEqual([
    ' +0 ms  finding  controller:b  zone a is dark',
    '                                 agent:b: no answer for 640 ms',
    '+40 ms  action   agent:b       promoted',
  ]);
});

test('long sentences are broken between words, below their own column', () => {
  const long = { ...incident, entries: [{ ...incident.entries[0]!, sentence: 'word '.repeat(30).trim() }] };
  const lines = incidentScreen(long, 80, plain).split('\n').slice(3, -1);
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(lines[1]!.search(/\S/)).toBe(lines[0]!.indexOf('word'));
});

test('the list says what is open', () => {
  expect(incidentList([], NOW, plain)).toBe('No incident so far.\n');
  const open = { ...incident, closedAt: null, holder: null, state: null };
  expect(incidentList([open], NOW + 65_000, plain)).toMatch(/open for 1 min .* nobody has it/);
  const taken = { ...open, holder: 'Anna', state: 'identified' as const, sites: Array(12).fill('shop') };
  expect(incidentList([taken], NOW, plain)).toMatch(/identified, Anna has it .*shop, shop and 7 more/);
  const planned = { ...open, subject: 'move:wordpress' };
  expect(incidentList([planned], NOW, plain)).not.toContain('has it');
});

test('an incident says which state people put it in, who has it, and what was written last', () => {
  const note = (code: string, sentence: string, update?: IncidentEntry['update']): IncidentEntry => ({
    ...{ at: NOW, kind: 'note', by: 'person:Anna', site: null, evidence: [] },
    ...{ code, sentence, ...(update && { update }) },
  });
  const entries = [
    ...incident.entries,
    note('acknowledged', 'Anna has taken the incident.'),
    note('update', 'A switch is being replaced.', { state: 'identified', public: true }),
  ];
  const lines = incidentScreen({ ...incident, closedAt: null, entries }, 120, plain).split('\n');
  expect(lines.slice(2, 4)).toEqual(['identified, Anna has it', 'Anna: A switch is being replaced.']);
});

test('what an incident meant stands above its chain, and not in it a second time', () => {
  const impact: Impact = {
    ...{
      site: 'wordpress',
      from: NOW,
      to: NOW + 20_000,
      final: true,
      unheard: [],
      requests: 4_000,
      failed: 2,
      held: 90,
    },
    ...{
      heldLongestMs: 640,
      p50Ms: 300,
      p99Ms: 630,
      longestMs: 650,
      downSeconds: 0,
      recoveredAfterMs: 640,
      rtoMs: 620,
    },
    ...{ transactionsLost: 0, lostIn: [], cold: [] },
  };
  const told = { ...incident.entries[0]!, kind: 'result' as const, code: 'impact', sentence: 'told', impact };
  const timeLine = { ...NO_MARKS, began: NOW - 400, noticed: NOW, decided: NOW, protected: NOW + 12_300 };
  const screen = incidentScreen(
    {
      ...incident,
      entries: [...incident.entries, told],
      timeLine,
      impact: { sites: 9, final: true },
      impacts: [impact],
    },
    400,
    plain,
  );
  expect(screen.split('\n').slice(2, 6)).toEqual([
    expect.stringMatching(/^evidence from .*: noticed \+400 ms, decided \+400 ms, protected \+12 s$/),
    'what it meant:',
    '  wordpress: 2 of 4000 requests failed and 90 were held for at most 640 ms; half of those meanwhile waited 300 ms, the longest 650 ms; no second was down. Served again 620 ms after the trouble began. No acknowledged transaction was lost.',
    '  and 8 sites less hit (--json has them)',
  ]);
  expect(screen).not.toContain('told');
});

test('changes are what changed, not what grew older', () => {
  expect(changeLines(view(), view({ at: NOW + 500 }))).toEqual([]);
  const moved = site({ live: 'b', standby: null, protected: false, phase: 'single' });
  expect(changeLines(view(), view({ sites: [moved], storeFresh: false }))).toEqual([
    'the store does not answer',
    'wordpress exposed (single), live in b, no standby',
  ]);
  expect(changeLines(null, view()).length).toBe(7);
});

test.each([
  [-5, '0 ms'],
  [999, '999 ms'],
  [1_250, '1.2 s'],
  [59_999, '59 s'],
  [61_000, '1 min'],
  [7_500_000, '2 h 05 min'],
  [100_000_000, '1 d 3 h'],
])('%d ms are %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('colours do not shift columns', () => {
  expect(
    table([
      ['\u001b[31mab\u001b[39m', 'x'],
      ['abc', 'y'],
    ]),
  ).toBe('\u001b[31mab\u001b[39m   x\nabc  y');
  expect(wrap('one two three', 7, '  ')).toBe('one two\n  three');
});
