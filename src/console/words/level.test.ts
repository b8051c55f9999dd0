import { expect, test } from 'vitest';
import { level } from '../../../test/support/console/world.ts';
import { aDrillResult } from '../../store/fixtures.ts';
import { burningWord, daysWords, dayTone, levelFacts } from './level.ts';
import { trendWords } from './trend.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('a burning budget, by its rule', () => {
  expect(burningWord({ rule: 'fast', burn: 20.34 })).toEqual({
    word: 'the error budget burns (fast), 20.3 × as fast as allowed',
    tone: 'bad',
  });
  expect(burningWord({ rule: 'slow', burn: null }).word).toBe('the error budget burns (slow)');
});

test('a month’s figures, in the order in which they are read', () => {
  expect(levelFacts(level()).map(([name, value]) => `${name}: ${plain(value)}`)).toEqual([
    'Target: 99.95 %',
    'Bad minutes: 3 of 21.6 allowed',
    'Budget used: 0.2 times as fast as allowed',
    'Requests failed: 41 of 812,400',
    'Not measured: 12 minutes',
  ]);
  const bad = { ...level(), credit: 10, budget: { ...level().budget, burn: null } };
  expect(levelFacts(bad).map(([, value]) => plain(value))).toContain('10 % of the month’s price');
  expect(levelFacts(bad)).toContainEqual(['Budget used', '–']);
});

test.each([
  [null, 'quiet'],
  [1, 'good'],
  [0.9995, 'good'],
  [0.9994, 'warn'],
  [0.98, 'bad'],
] as const)('a day at %s is %s', (availability, tone) => expect(dayTone({ availability }, 0.9995)).toBe(tone));

test('what the bars say in words', () => {
  expect(plain(daysWords(level().days, 0.9995))).toBe(
    '14 days of this month, 1 below the target (2026-11-09: 99.791 %, 3 bad minutes), 1 not measured',
  );
});

test('a drill against those before it', () => {
  const held = (id: string, startedAt: number, heldLongestMs: number) =>
    aDrillResult({ id, startedAt, figures: { ...aDrillResult().figures, heldLongestMs } });
  const past = [held('1', 1, 200), held('2', 2, 200)];
  expect(trendWords(past[0]!, past)).toBe('the first of its kind');
  expect(plain(trendWords(held('3', 3, 260), past))).toBe('2 of the 2 before passed, held 60 ms longer than usual');
  expect(plain(trendWords(held('3', 3, 150), past))).toBe('2 of the 2 before passed, held 50 ms less than usual');
  expect(trendWords(held('3', 3, 200), past)).toBe('2 of the 2 before passed, held as long as usual');
});
