/** Which state an incident is in, by what people wrote, who has it and whether it is over. */
import { describe, expect, it } from 'vitest';
import { anEntry } from '../store/fixtures.ts';
import { holding, presentState, stateOf, toUpdate, updateEntry, updatesOf } from './updates.ts';

const written = { at: 50, state: 'identified' } as const;

describe('the present state', () => {
  it.each([
    ['open, nothing said', null, null, null, null],
    ['open, somebody has it', null, 'Anna', null, 'investigating'],
    ['open, as somebody wrote last', null, 'Anna', written, 'identified'],
    ['open, marked as resolved by hand', null, null, { at: 50, state: 'resolved' as const }, 'resolved'],
    ['over, nothing said', 60, null, null, 'resolved'],
    ['over, whatever was written before', 60, 'Anna', written, 'resolved'],
    ['over, and something else was written since', 40, 'Anna', written, 'identified'],
  ] as const)('%s', (_, closedAt, holder, newest, expected) => {
    expect(presentState({ closedAt, holder, newest })).toBe(expected);
  });
});

it('what was written is read back as it was, and nothing else is taken for it', () => {
  const update = { at: 5, by: 'Ada', state: 'monitoring', text: 'It holds.\nWe watch.', public: true } as const;
  const note = anEntry({ kind: 'note', code: 'update', sentence: 'without a state', by: 'person:Ada' });
  const entries = [updateEntry(update), note, anEntry({ code: 'failover' })];
  expect(updatesOf({ entries })).toEqual([update]);
  expect(entries.slice(1).map(toUpdate)).toEqual([null, null]);
  expect(stateOf({ closedAt: null, entries })).toBe('monitoring');
  const taken = (by: string) => anEntry({ kind: 'note', code: 'acknowledged', by: `person:${by}` });
  expect(holding({ entries: [taken('Ada'), taken('Grace')] })).toEqual({ holder: 'Grace', times: 2 });
});
