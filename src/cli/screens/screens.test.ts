import { expect, test } from 'vitest';
import type { Incident, SiteStatus, StatusView } from '../../model/index.ts';
import { changeLines } from './changes.ts';
import { incidentList, incidentScreen } from './incident.ts';
import { plain } from './paint.ts';
import { statusScreen } from './status.ts';
import { duration, table, wrap } from './words.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

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
        trouble: null,
      },
      {
        zone: 'b',
        role: 'standby',
        database: 'running',
        application: 'ready',
        lagMs: 0,
        buildProgress: null,
        trouble: null,
      },
      {
        zone: 'c',
        role: 'spare',
        database: 'building',
        application: 'stopped',
        lagMs: null,
        buildProgress: 0.43,
        trouble: null,
      },
    ],
    incident: null,
    refusal: null,
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
  a  live     database running        application ready
  b  standby  database running        application ready    0 ms behind
  c  spare    database building 43 %  application stopped

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

const incident: Incident = {
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
  expect(incidentList([{ ...incident, closedAt: null }], NOW + 65_000, plain)).toContain('open for 1 min');
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
