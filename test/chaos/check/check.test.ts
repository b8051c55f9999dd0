import { describe, expect, test } from 'vitest';
import type { Operation, StateLine } from '../history/types.ts';
import { added, operation, readOf, state, written } from './fixture.ts';
import { judge } from './index.ts';
import type { Promised } from './violation.ts';

interface Row {
  name: string;
  operations: Operation[];
  states: StateLine[];
  broken: Promised[];
}

const unknown = { outcome: 'unknown', gtid: null, version: null } as const;
const fail = { outcome: 'fail', gtid: null, version: null } as const;

const ROWS: Row[] = [
  {
    name: 'what was acknowledged is there',
    operations: [added(1), added(2)],
    states: [state(['v1', 'v2'])],
    broken: [],
  },
  {
    name: 'an acknowledged element is missing',
    operations: [added(1), added(2)],
    states: [state(['v1'])],
    broken: ['lost'],
  },
  { name: 'an element is there twice', operations: [added(1)], states: [state(['v1', 'v1'])], broken: ['twice'] },
  {
    name: 'an unknown one is there twice',
    operations: [added(1, unknown)],
    states: [state(['v1', 'v1'])],
    broken: ['twice'],
  },
  { name: 'an unknown one may be there', operations: [added(1, unknown)], states: [state(['v1'])], broken: [] },
  { name: 'an unknown one may be missing', operations: [added(1, unknown)], states: [state([])], broken: [] },
  {
    name: 'a rejected one is there',
    operations: [added(1, fail)],
    states: [state(['v1'])],
    broken: ['rejected-but-present'],
  },
  { name: 'something that nobody wrote', operations: [], states: [state(['v9'])], broken: ['from-nowhere'] },
  {
    name: 'an acknowledged version is missing',
    operations: [written(1, 1), written(2, 2)],
    states: [state([], ['v1'])],
    broken: ['lost', 'undone-read'],
  },
  {
    name: 'a standby showed an element that is gone',
    operations: [operation({ id: 1, verb: 'newest', seen: ['v7'], readOnly: true }), added(7, unknown)],
    states: [state([])],
    broken: ['undone-read'],
  },
  {
    name: 'a standby showed a version that became another one',
    operations: [written(1, 1, unknown), readOf(2, 'v1', 1, { readOnly: true }), written(3, 1)],
    states: [state([], ['v3'])],
    broken: ['undone-read'],
  },
  {
    name: 'a read by the live copy is behind a write that had ended',
    operations: [written(1, 1), written(2, 2), readOf(3, 'v1', 1)],
    states: [state([], ['v1', 'v2'])],
    broken: ['not-linearizable'],
  },
  {
    name: 'a read by a following copy may be behind',
    operations: [written(1, 1), written(2, 2), readOf(3, 'v1', 1, { readOnly: true })],
    states: [state([], ['v1', 'v2'])],
    broken: [],
  },
  {
    name: 'a read during a write may see either',
    operations: [written(1, 1), written(2, 2, { complete: 90 }), readOf(3, 'v1', 1), readOf(4, 'v2', 2)],
    states: [state([], ['v1', 'v2'])],
    broken: [],
  },
  {
    name: 'a read of the new value and then of the old one, during one write',
    operations: [written(1, 1), written(2, 2, { complete: 90 }), readOf(3, 'v2', 2), readOf(4, 'v1', 1)],
    states: [state([], ['v1', 'v2'])],
    broken: ['not-linearizable'],
  },
  {
    name: 'the same with versions that lie: the search by values finds it',
    operations: [written(1, 1), written(2, 2, { complete: 90 }), readOf(3, 'v2', 2), readOf(4, 'v1', 2)],
    states: [state([], ['v1', 'v2'])],
    broken: ['undone-read', 'not-linearizable'],
  },
  {
    name: 'a compare-and-set that two won',
    operations: [written(1, 1), written(2, 2, { verb: 'cas', old: 'v1' }), written(3, 3, { verb: 'cas', old: 'v1' })],
    states: [state([], ['v1', 'v2', 'v3'])],
    broken: ['not-linearizable'],
  },
  {
    name: 'an unknown compare-and-set explains what was read',
    operations: [written(1, 1), written(2, 2, { verb: 'cas', old: 'v1', ...unknown }), readOf(3, 'v2', 2)],
    states: [state([], ['v1', 'v2'])],
    broken: [],
  },
  {
    name: 'one server after the other',
    operations: [added(1), added(2, { gtid: '0-2-5', server: 2 }), added(3, { gtid: '0-2-6', server: 2 })],
    states: [state(['v1', 'v2', 'v3'])],
    broken: [],
  },
  {
    name: 'a server acknowledges again after its successor',
    operations: [added(1), added(2, { gtid: '0-2-2', server: 2 }), added(3)],
    states: [state(['v1', 'v2', 'v3'])],
    broken: ['two-reigns'],
  },
  {
    name: 'two servers acknowledge the same transaction number',
    operations: [added(1, { gtid: '0-1-8' }), added(2, { gtid: '0-2-8', server: 2 })],
    states: [state(['v1', 'v2'])],
    broken: ['order-of-transactions', 'two-reigns'],
  },
  {
    name: 'a later write has the lower transaction number',
    operations: [added(1, { gtid: '0-1-8' }), added(2, { gtid: '0-1-7' })],
    states: [state(['v1', 'v2'])],
    broken: ['order-of-transactions'],
  },
  {
    name: 'one copy lacks an element that nobody was told of',
    operations: [added(1, unknown)],
    states: [state(['v1']), state([], [], 'b')],
    broken: ['copies-differ'],
  },
  {
    name: 'the superseded copy answers a reader: counted, not condemned',
    operations: [written(1, 1), written(2, 2, { gtid: '0-2-2', server: 2 }), readOf(3, 'v1', 1)],
    states: [state([], ['v1', 'v2'])],
    broken: [],
  },
];

describe('what was planted is found, and nothing else', () => {
  test.each(ROWS)('$name', ({ operations, states, broken }) => {
    const { violations, undecided } = judge(operations, states);
    expect([...new Set(violations.map(({ promise }) => promise))].sort()).toEqual([...broken].sort());
    expect(undecided).toEqual([]);
  });
});

test('a superseded copy that answers a reader is counted', () => {
  const operations = [written(1, 1), written(2, 2, { gtid: '0-2-2', server: 2 }), readOf(3, 'v1', 1)];
  expect(judge(operations, []).lateReads.map(({ id }) => id)).toEqual([3]);
});
