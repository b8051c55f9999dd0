import { expect, it } from 'vitest';
import { trendOf } from '../../model/trend.ts';
import { aDrillResult } from '../../store/fixtures.ts';
import { drillResultLines, drillTable } from './drills.ts';
import { plain } from './paint.ts';

const figures = (heldLongestMs: number) => ({ ...aDrillResult().figures, heldLongestMs });
const past = [
  aDrillResult({ id: '1', startedAt: 1, figures: figures(300) }),
  aDrillResult({ id: '2', startedAt: 2, figures: figures(100) }),
  aDrillResult({ id: '3', startedAt: 3, fault: 'kill-database', figures: figures(9_000) }),
  aDrillResult({ id: '4', startedAt: 4, figures: figures(200) }),
  aDrillResult({
    id: '5',
    startedAt: 5,
    outcome: 'failed',
    problems: ['1 requests of visitors failed'],
    figures: figures(5_000),
  }),
];
const newest = aDrillResult({ id: '6', startedAt: 6, figures: figures(250) });

it('is compared with earlier drills of its kind that passed', () => {
  expect(trendOf(newest, [...past, newest])).toEqual({
    passed: 3,
    of: 4,
    heldLongestMs: 200,
    exposedMs: 900,
    decidedMs: null,
  });
  expect(trendOf(past[0]!, past)).toMatchObject({ passed: 0, of: 0, heldLongestMs: null });
});

it('says how it ended, with the figures and what they were before', () => {
  const lines = drillResultLines('shop', newest, past, plain);
  expect(lines[0]).toBe('The drill of shop by move passed; 3 of the 4 before passed.');
  expect(lines.join('\n')).toMatch(/longest hold of a visitor\s+250 ms\s+before: 200 ms/);
  const failed = drillResultLines('shop', past[4]!, past, plain);
  expect(failed.slice(0, 2)).toEqual([
    'The drill of shop by move failed; 3 of the 3 before passed.',
    '  1 requests of visitors failed',
  ]);
});

it('is one line of the table', () => {
  const rows = [
    { site: 'shop', result: newest, past },
    { site: 'shop', result: past[2]!, past },
  ];
  const [, first, second] = drillTable(rows, plain).split('\n');
  expect(first).toMatch(/shop\s+move\s+Ada\s+passed\s+250 ms\s+0\s+900 ms\s+–\s+20 s\s+3\/4 passed, held \+50 ms$/);
  expect(second).toMatch(/kill-database\s+Ada\s+passed\s+9\.0 s.*first$/);
});
