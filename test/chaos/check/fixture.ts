/** A history written by hand: each operation is what differs from an acknowledged write by server 1 in zone a. */
import type { Operation, StateLine } from '../history/types.ts';

export function operation(difference: Partial<Operation> & Pick<Operation, 'id' | 'verb'>): Operation {
  const { id } = difference;
  return {
    type: 'op',
    client: 0,
    anyCopy: false,
    name: null,
    value: null,
    old: null,
    invoke: 10 * id,
    complete: 10 * id + 5,
    outcome: 'ok',
    why: null,
    seen: null,
    version: null,
    zone: 'a',
    server: 1,
    readOnly: false,
    gtid: null,
    ...difference,
  };
}

export function added(id: number, difference: Partial<Operation> = {}): Operation {
  return operation({ id, verb: 'add', value: `v${id}`, gtid: `0-1-${id}`, ...difference });
}

export function written(id: number, version: number, difference: Partial<Operation> = {}): Operation {
  return operation({ id, verb: 'write', name: 'r', value: `v${id}`, version, gtid: `0-1-${id}`, ...difference });
}

export function readOf(
  id: number,
  value: string | null,
  version: number,
  difference: Partial<Operation> = {},
): Operation {
  const seen = value === null ? [] : [value];
  return operation({ id, verb: 'read', name: 'r', seen, version, ...difference });
}

export function state(elements: string[], versions: string[] = [], zone = 'a'): StateLine {
  return {
    type: 'state',
    at: 0,
    zone,
    role: 'live',
    elements,
    versions: versions.map((value, index) => ['r', index + 1, value]),
    registers: versions.length === 0 ? [] : [['r', versions.length, versions.at(-1)!]],
  };
}
