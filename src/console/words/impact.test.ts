import { expect, it } from 'vitest';
import type { Impact } from '../data/shapes.ts';
import { coldWords, downWord, lossWords, noticedWords, recoveryWords, waitWords } from './impact.ts';

const impact: Impact = {
  site: 'shop',
  from: 0,
  to: 60_000,
  final: true,
  unheard: [],
  requests: 1_080,
  failed: 3,
  held: 40,
  heldLongestMs: 700,
  p50Ms: 210,
  p99Ms: 690,
  longestMs: 712,
  downSeconds: 0,
  recoveredAfterMs: 700,
  rtoMs: 640,
  transactionsLost: 0,
  lostIn: [],
  cold: [],
};
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

it.each<[Partial<Impact>, string[]]>([
  [
    {},
    [
      '3 of 1,080 requests failed, 40 held for at most 700 ms',
      'some failed',
      'RTO 640 ms',
      'RPO 0: no acknowledged transaction lost',
    ],
  ],
  [
    { failed: 0, held: 0, rtoMs: null },
    ['none of 1,080 requests failed', 'not noticed', 'RPO 0: no acknowledged transaction lost'],
  ],
  [
    { downSeconds: 12, recoveredAfterMs: 12_300, transactionsLost: 3, cold: ['cache', 'search'] },
    [
      '3 of 1,080 requests failed, 40 held for at most 700 ms',
      'down 12 s',
      'RTO 640 ms',
      'visitors went without for 12 s',
      'at most 3 acknowledged transactions lost',
      'cold: object cache, search index',
    ],
  ],
  [
    { failed: 0, recoveredAfterMs: null, transactionsLost: null },
    [
      'none of 1,080 requests failed, 40 held for at most 700 ms',
      'held',
      'RTO 640 ms',
      'visitors not served well since',
      'RPO not determined yet',
    ],
  ],
])('%o', (change, words) => {
  const one = { ...impact, ...change };
  const said = [noticedWords(one), downWord(one).word, ...recoveryWords(one), lossWords(one), coldWords(one)];
  expect(said.flatMap((each) => (each === null ? [] : [plain(each)]))).toEqual(words);
});

it('waiting times', () => {
  expect(plain(waitWords(impact))).toBe('waited 210 ms (median), 690 ms (99 %), 712 ms (longest)');
  expect(waitWords({ ...impact, requests: 0 })).toBe('nobody came');
});
