/** Policies: what each form becomes, and that the defaults are the ones of the model. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, PATIENCE } from '../model/index.ts';
import { parsePolicy } from './policy.ts';

const SILENT = { ...PATIENCE.normal, silenceMs: 3_000 };
const HOME = { quietMs: 3_600_000, window: null };

describe('a policy file', () => {
  test.each([
    ['nothing', '', {}],
    ['a word each', 'patience: normal\nmode: automatic\nfailback: never', {}],
    ['eager', 'patience: eager', { patience: PATIENCE.eager }],
    ['careful', 'patience: careful', { patience: PATIENCE.careful }],
    ['one number, the others as in normal', 'patience: {silence: 3s}', { patience: SILENT }],
    ['ask first', 'mode: ask-first', { mode: 'ask-first' as const }],
    ['home at any time', 'failback: {after: 1h}', { failback: HOME }],
    [
      'home by night, over midnight',
      'failback: {after: 1h, between: "23:00-04:30"}',
      { failback: { ...HOME, window: { fromMinute: 1_380, toMinute: 270 } } },
    ],
    [
      'home until midnight',
      'failback: {after: 1h, between: 20:00-24:00}',
      { failback: { ...HOME, window: { fromMinute: 1_200, toMinute: 1_440 } } },
    ],
  ])('%s', (_, text, change) => {
    expect(parsePolicy(text)).toEqual({ policy: { ...DEFAULT_POLICY, ...change }, falseAlarmsPerYear: null });
  });

  test('a budget of its own', () => {
    expect(parsePolicy('falseAlarms: 1 per 2 years')).toEqual({ policy: DEFAULT_POLICY, falseAlarmsPerYear: 0.5 });
  });

  test('every problem with its line', () => {
    const { problems } = parsePolicy(
      'patience: {silence: 3}\nmode: maybe\nfalsAlarms: 1 per year\nfailback: {after: x}',
    );
    expect(problems?.map(({ path, line }) => [path, line])).toEqual([
      ['patience.silence', 1],
      ['mode', 2],
      ['falsAlarms', 3],
      ['failback.after', 4],
    ]);
  });

  test('what is not YAML is told with its line', () => {
    expect(parsePolicy('patience: {silence: 3s').problems?.[0]?.line).toBe(1);
  });
});
