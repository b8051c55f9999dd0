import { describe, expect, it } from 'vitest';
import { RULES } from '../rules/index.ts';
import type { Alarms } from './alarms.ts';
import { ourDefault } from './contestants.ts';
import { COST_CASES, measureCost } from './cost.ts';
import { type Delays, measureDelays, quantileOf } from './delays.ts';
import { FAULTS } from './faults.ts';
import { compareScreen, costScreen, delayScreen } from './screen.ts';
import { compare } from './verdicts.ts';

const SECONDS = 1_000;

it('one trace of two faults, everybody on it: ours and those rules that can notice it do, none before it', {
  timeout: 60 * SECONDS,
}, () => {
  const faults = FAULTS.filter(({ name }) => name === 'zone dark, silent' || name === 'one site errs 100 %');
  const delays = measureDelays({ faults, contestants: ourDefault(), rules: RULES, runs: 1, seed: 3, horizonMs: 9_000 });
  const noticed = (fault: string) =>
    delays.filter((one) => one.fault === fault && one.ms.length > 0).map(({ name }) => name);
  expect(noticed('zone dark, silent')).toEqual(
    expect.arrayContaining(['Holdfast normal, 0.1 a year', 'Envoy consecutive 5xx', 'HAProxy check', 'phi 8']),
  );
  expect(noticed('one site errs 100 %')).toContain('HAProxy observe layer7, mark-down');
  expect(noticed('one site errs 100 %')).not.toContain('phi 8');
  // Three hosts, of which the worst is left whatever the difference: that one is wrong all the time.
  const early = delays.filter((one) => one.early > 0).map(({ name }) => name);
  expect(early.filter((name) => !name.endsWith('factor 1.4'))).toEqual([]);
  expect(
    delayScreen(
      delays.filter(({ name }) => name.startsWith('Holdfast')),
      FAULTS,
    ),
  ).toContain('runs');
});

describe('quantiles count those who never noticed as later than everybody', () => {
  const of = (ms: number[], runs: number): Delays => ({ fault: 'f', name: 'n', runs, early: 0, ms });
  it.each<[number[], number, number, number | null]>([
    [[10, 20, 30], 3, 0.5, 20],
    [[10, 20, 30, 40], 4, 0.5, 20],
    [[10], 3, 0.5, null],
    [[10, 20], 3, 0.5, 20],
    [[10, 20, 30], 3, 0.99, 30],
  ])('%j of %i at %f: %j', (ms, runs, share, expected) => expect(quantileOf(of(ms, runs), share)).toBe(expected));
});

describe('compared at equal false alarms and at equal delay', () => {
  const delay = (name: string, ms: number): Delays => ({ fault: 'dark', name, runs: 1, early: 0, ms: [ms] });
  const alarm = (name: string, falseAlarms: number): Alarms => ({ name, zoneYears: 1, falseAlarms, byKind: {} });
  const verdict = (ours: [number, number][], rule: [number, number]) => {
    const names = ours.map((_, index) => `ours ${index}`);
    const delays = [...ours.map(([ms], index) => delay(names[index]!, ms)), delay('theirs', rule[0])];
    const alarms = [...ours.map(([, count], index) => alarm(names[index]!, count)), alarm('theirs', rule[1])];
    const comparisons = compare(delays, alarms, (name) => name.startsWith('ours'));
    expect(compareScreen({ delays, alarms, comparisons })).toContain('theirs');
    return comparisons[0]!.dominated;
  };
  it.each<[string, [number, number][], [number, number], boolean]>([
    ['quicker and quieter', [[500, 0]], [900, 4], true],
    ['as quick and as quiet', [[900, 4]], [900, 4], true],
    [
      'quicker, but only where it is wrong more often',
      [
        [500, 9],
        [2_000, 0],
      ],
      [900, 4],
      false,
    ],
    ['quieter, but slower', [[1_000, 0]], [900, 4], false],
  ])('%s: %j against %j', (_, ours, rule, expected) => expect(verdict(ours, rule)).toBe(expected));
});

it('cost can be measured, at a hundredth of the size', () => {
  const small = { ...COST_CASES[0]!, sites: 100, edges: 2 };
  const costs = [measureCost(small, 3, 5), measureCost({ ...small, parsed: true }, 3, 5)];
  for (const { rowsASecond, shareOfOneCore } of costs) {
    expect(rowsASecond).toBeGreaterThan(100);
    expect(shareOfOneCore).toBeGreaterThanOrEqual(0);
  }
  expect(costScreen(costs)).toContain('rows a second');
});
