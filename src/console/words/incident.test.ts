import { expect, test } from 'vitest';
import { FAILOVER_ENTRIES, failover, T0 } from '../../../test/support/console/world.ts';
import { isPlanned, marksOf, subjectWords } from './incident.ts';
import { sightWord, siteWord, summary } from './states.ts';

test('a failover’s marks stand at the times of its chain', () => {
  expect(marksOf(failover())).toEqual([
    { name: 'noticed', afterMs: 0 },
    { name: 'decided', afterMs: 1 },
    { name: 'moved', afterMs: 243 },
    { name: 'serving', afterMs: 383 },
    { name: 'protected', afterMs: 846 },
  ]);
});

test('while it goes on, what is still to come is shown; once it is over, what never came is not', () => {
  const half = marksOf(failover(6));
  expect(half.map(({ afterMs }) => afterMs)).toEqual([0, 1, null, null, null]);
  expect(marksOf(failover(6, { closedAt: T0 + 9_000 })).map(({ name }) => name)).toEqual(['noticed', 'decided']);
});

test('with many sites, moved and protected are when the last of them was', () => {
  const second = FAILOVER_ENTRIES.map((entry) => ({ ...entry, site: 'blog', at: entry.at + 100 }));
  const marks = marksOf(failover(10, { entries: [...FAILOVER_ENTRIES, ...second] }));
  expect(marks.map(({ afterMs }) => afterMs)).toEqual([0, 1, 343, 483, 946]);
});

test.each([
  ['zone-dark:a', 'Zone a went dark', false],
  ['copy-down:b:shop', 'shop was down in zone b', false],
  ['observer-sick:edge-1', 'edge-1 cannot see well', false],
  ['move:shop', 'Planned move of shop', true],
  ['evacuate:a', 'Zone a evacuated', true],
  ['something-new:a', 'Something-new:a', false],
])('%s is called: %s', (subject, words, planned) => {
  expect(subjectWords(subject)).toBe(words);
  expect(isPlanned(subject)).toBe(planned);
});

const ZONE = { zone: 'a', since: 0, heardAgoMs: 0, controllerHere: true, agent: null, evacuated: null, observers: [] };
const OPEN = { ...failover(), entries: 3, holder: null, state: null, headline: '' };

test.each([
  ['dark', { all: 10, exposed: 2 }, 0, 'Zone a is dark. 2 of 10 sites are exposed.', 'bad'],
  ['healthy', { all: 10_000, exposed: 0 }, 0, 'All 10,000 sites are protected.', 'good'],
  ['healthy', { all: 1, exposed: 1 }, 0, 'The site is exposed.', 'warn'],
  ['healthy', { all: 3, exposed: 3 }, 0, 'All 3 sites are exposed.', 'warn'],
  ['healthy', { all: 3, exposed: 0 }, 1, 'All 3 sites are protected, and 1 incident open.', 'warn'],
  ['healthy', { all: 0, exposed: 0 }, 0, 'There are no sites yet.', 'quiet'],
] as const)('on top of the wall: zone %s, %o, %s open', (state, counts, open, word, tone) => {
  expect(
    summary(
      [{ ...ZONE, state }],
      counts,
      Array.from({ length: open }, () => OPEN),
    ),
  ).toEqual({ word, tone });
});

test.each([
  [{ answeredAgoMs: 40, failure: null, rttMs: 0.4 }, 'hears it, 0.4 ms', 'good'],
  [{ answeredAgoMs: 40, failure: null, rttMs: null }, 'hears it', 'good'],
  [{ answeredAgoMs: 2_300, failure: 'timeout', rttMs: 1 }, 'no answer for 2.3 s (timeout)', 'bad'],
  [{ answeredAgoMs: null, failure: 'refused', rttMs: null }, 'never an answer (refused)', 'bad'],
  [{ answeredAgoMs: null, failure: null, rttMs: null }, 'no answer yet', 'quiet'],
] as const)('what an observer sees: %o', (sight, word, tone) => {
  const told = sightWord({ observer: 'agent:b', ...sight });
  expect({ ...told, word: told.word.replaceAll('\u00a0', ' ') }).toEqual({ word, tone });
});

test('a site that should move and may not is in trouble, whatever its phase', () => {
  const refusal = { site: 'shop', code: 'no-room', sentence: '', evidence: [] } as const;
  expect(siteWord({ phase: 'protected', refusal: { ...refusal, evidence: [] } })).toEqual({
    word: 'protected, in trouble',
    tone: 'bad',
  });
  expect(siteWord({ phase: 'protected', refusal: null }).tone).toBe('good');
});
