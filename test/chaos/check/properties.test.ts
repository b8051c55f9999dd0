/** Histories of a real register, run one step at a time by a model: all of them pass, and each planted violation is found. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Operation, StateLine } from '../history/types.ts';
import { chanceOf } from '../random.ts';
import { operation } from './fixture.ts';
import { judge } from './index.ts';
import { checkLinearizable } from './linearizable.ts';

interface Made {
  operations: Operation[];
  state: StateLine;
}

/** Several clients at once against one register and one set, each operation taking effect somewhere between its two ends. */
function made(seed: number, count: number): Made {
  const chance = chanceOf(seed, 'history');
  const plans = Array.from({ length: count }, (_, index) => {
    const invoke = chance.between(0, 20 * count);
    const complete = invoke + chance.magnitude(1, 200);
    return { id: index + 1, invoke, complete, effect: chance.between(invoke, complete), unknown: chance.next() < 0.15 };
  });
  const versions: string[] = [];
  const elements: string[] = [];
  const operations: Operation[] = [];
  let sequence = 0;
  for (const { id, invoke, complete, effect, unknown } of plans.sort((x, y) => x.effect - y.effect)) {
    const verb = chance.pick(['add', 'write', 'cas', 'read'] as const);
    const value = `v${id}`;
    const held = versions.at(-1) ?? null;
    const old = chance.next() < 0.7 ? (held ?? 'none') : 'none';
    const times = { invoke, complete: unknown ? effect : complete };
    const base = operation({
      id,
      verb,
      ...times,
      value: verb === 'read' ? null : value,
      name: verb === 'add' ? null : 'r',
    });
    if (verb === 'read') {
      operations.push({ ...base, seen: held === null ? [] : [held], version: versions.length });
    } else if (verb === 'cas' && old !== held) {
      operations.push({ ...base, old, outcome: 'fail', why: 'mismatch' });
    } else if (unknown && chance.next() < 0.5) {
      operations.push({ ...base, old: verb === 'cas' ? old : null, outcome: 'unknown' });
    } else {
      sequence += 1;
      if (verb === 'add') elements.push(value);
      else versions.push(value);
      const version = verb === 'add' ? null : versions.length;
      const done = { ...base, old: verb === 'cas' ? old : null, version, gtid: `0-1-${sequence}` };
      operations.push(unknown ? { ...done, outcome: 'unknown', version: null, gtid: null } : done);
    }
  }
  const registers: StateLine['registers'] = versions.length === 0 ? [] : [['r', versions.length, versions.at(-1)!]];
  return {
    operations: operations.sort((x, y) => x.complete - y.complete),
    state: {
      type: 'state',
      at: 0,
      zone: 'a',
      role: 'live',
      elements,
      versions: versions.map((value, index) => ['r', index + 1, value]),
      registers,
    },
  };
}

const histories = fc.record({ seed: fc.integer({ min: 1 }), count: fc.integer({ min: 1, max: 40 }) });

test('what a real register did is never condemned', () => {
  fc.assert(
    fc.property(histories, ({ seed, count }) => {
      const { operations, state } = made(seed, count);
      const judged = judge(operations, [state]);
      expect(judged.violations).toEqual([]);
      expect(judged.undecided).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('an acknowledged write that is taken out of the end is missed', () => {
  fc.assert(
    fc.property(histories, fc.nat(), ({ seed, count }, which) => {
      const { operations, state } = made(seed, count);
      const adds = operations.filter(({ verb, outcome }) => verb === 'add' && outcome === 'ok');
      const victim = adds[which % Math.max(1, adds.length)];
      fc.pre(victim !== undefined);
      const elements = state.elements.filter((value) => value !== victim!.value);
      const { violations } = judge(operations, [{ ...state, elements }]);
      expect(violations.map(({ promise }) => promise)).toEqual(['lost']);
    }),
  );
});

test('a read that ended before the write of its value began is condemned, also by values alone', () => {
  fc.assert(
    fc.property(histories, fc.nat(), ({ seed, count }, which) => {
      const { operations, state } = made(seed, count);
      const writes = operations.filter(({ verb, outcome }) => verb === 'write' && outcome === 'ok');
      const write = writes[which % Math.max(1, writes.length)];
      fc.pre(write !== undefined);
      const { value, version, invoke } = write!;
      const early = operation({
        id: 999,
        verb: 'read',
        name: 'r',
        seen: [value!],
        version,
        invoke: invoke - 2,
        complete: invoke - 1,
      });
      const all = [...operations, early];
      expect(judge(all, [state]).violations.map(({ promise }) => promise)).toContain('not-linearizable');
      expect(checkLinearizable(all.filter(({ name }) => name === 'r'))).toBe('not-linearizable');
    }),
  );
});

test('the tail of one server moved behind its successor is two reigns', () => {
  fc.assert(
    fc.property(histories, ({ seed, count }) => {
      const { operations, state } = made(seed, count);
      const writes = operations.filter(({ gtid, outcome }) => gtid !== null && outcome === 'ok');
      fc.pre(writes.length >= 3);
      const bySequence = [...writes].sort((x, y) => Number(x.gtid!.split('-')[2]) - Number(y.gtid!.split('-')[2]));
      const middle = bySequence[1]!;
      const forged = operations.map((one) =>
        one === middle ? { ...one, gtid: one.gtid!.replace('0-1-', '0-2-') } : one,
      );
      expect(judge(forged, [state]).violations.map(({ promise }) => promise)).toContain('two-reigns');
    }),
  );
});

test('a history that needs too many tries is undecided, not condemned', () => {
  const clients = Array.from({ length: 14 }, (_, index) =>
    operation({ id: index, verb: 'write', name: 'r', value: `v${index}`, invoke: 0, complete: 1_000 }),
  );
  const impossible = operation({ id: 99, verb: 'read', name: 'r', seen: ['never'], invoke: 0, complete: 1_000 });
  expect(checkLinearizable([...clients, impossible], 2_000)).toBe('undecided');
});
