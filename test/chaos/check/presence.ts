/** Every acknowledged write is there exactly once, nothing that was rejected is there, and nothing that nobody asked for. */
import type { Operation, StateLine } from '../history/types.ts';
import { named, type Violation } from './violation.ts';

export function checkPresence(operations: Operation[], state: StateLine): Violation[] {
  const adds = operations.filter(({ verb }) => verb === 'add');
  const writes = operations.filter(({ verb }) => verb === 'write' || verb === 'cas');
  return [
    ...compare(adds, count(state.elements), state.zone),
    ...compare(writes, count(state.versions.map(([, , value]) => value)), state.zone),
    ...checkRegisters(state),
  ];
}

function compare(asked: Operation[], times: Map<string, number>, zone: string): Violation[] {
  const found: Violation[] = [];
  const known = new Set<string>();
  for (const operation of asked) {
    const present = times.get(operation.value!) ?? 0;
    known.add(operation.value!);
    const say = (promise: Violation['promise'], statement: string) =>
      found.push({ promise, statement: `${named(operation)} ${statement} in zone ${zone}`, operations: [operation] });
    if (present > 1) say('twice', `is there ${present} times`);
    else if (operation.outcome === 'ok' && present === 0) say('lost', 'was acknowledged and is not');
    else if (operation.outcome === 'fail' && present === 1) {
      say('rejected-but-present', `was rejected (${operation.why}) and is there all the same`);
    }
  }
  for (const value of times.keys()) {
    if (known.has(value)) continue;
    found.push({
      promise: 'from-nowhere',
      statement: `${value} is in zone ${zone}, and nobody wrote it`,
      operations: [],
    });
  }
  return found;
}

/** A register is what its newest version says, and its versions are 1, 2, 3 … without a gap. */
function checkRegisters(state: StateLine): Violation[] {
  const versions = versionsOf(state);
  const found: Violation[] = [];
  const say = (statement: string) =>
    found.push({ promise: 'order-of-versions', statement: `${statement} in zone ${state.zone}`, operations: [] });
  for (const [name, list] of versions) {
    list.forEach((value, index) => {
      if (value === undefined) say(`version ${index + 1} of ${name} is missing`);
    });
  }
  for (const [name, version, value] of state.registers) {
    const list = versions.get(name) ?? [];
    if (list.length !== version || list.at(-1) !== value) {
      say(`${name} is ${value} (version ${version}), its newest version on record is ${list.at(-1)} (${list.length})`);
    }
  }
  return found;
}

/** The values of each register by version; the first has the index 0. */
export function versionsOf(state: StateLine): Map<string, (string | undefined)[]> {
  const versions = new Map<string, (string | undefined)[]>();
  for (const [name, version, value] of state.versions) {
    const list = versions.get(name) ?? [];
    while (list.length < version) list.push(undefined);
    list[version - 1] = value;
    versions.set(name, list);
  }
  return versions;
}

function count(values: string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return times;
}
