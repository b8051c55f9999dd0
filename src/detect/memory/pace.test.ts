import { expect, it } from 'vitest';
import { anEdgeReport } from '../../../test/support/fixtures.ts';
import { lateBy, type Pace } from './pace.ts';

/** Answers how late each report seems that an edge sent at `sentAtMs`, and that came when. */
function lateness(reports: [sentAtMs: number | undefined, now: number, incarnation?: string][]): number[] {
  const paces = new Map<string, Pace>();
  return reports.map(([sentAtMs, now, incarnation = 'first']) =>
    lateBy(paces, anEdgeReport({ sentAtMs, incarnation }), now),
  );
}

it('the newest reports that took least are what others are late by', () => {
  expect(
    lateness([
      [7_000, 100],
      [7_100, 205],
      [7_200, 1_600],
      [7_300, 1_650],
      [7_400, 1_700],
      [8_400, 1_500],
    ]),
  ).toEqual([0, 0, 1_300, 1_250, 1_200, 0]);
});

it('a restarted edge begins anew, and an edge that does not say when it sent is never late', () => {
  expect(
    lateness([
      [7_000, 100],
      [10, 5_000, 'second'],
      [undefined, 9_000],
    ]),
  ).toEqual([0, 0, 0]);
});

it('a longer way is not late for ever', () => {
  const reports = Array.from({ length: 100 }, (_, index): [number, number] => [
    index * 100,
    index * 100 + (index < 10 ? 5 : 405),
  ]);
  const late = lateness(reports);
  expect(late.slice(10, 73).every((ms) => ms === 400)).toBe(true);
  expect(late.slice(74)).toEqual(Array(26).fill(0));
});
