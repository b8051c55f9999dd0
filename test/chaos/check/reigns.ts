/**
 * At no time two copies acknowledge, told from what was acknowledged and by whom: each write's answer carries the server's id (a
 * new one for every start of every server) and the transaction's id, whose sequence number only grows.
 */
import type { Operation } from '../history/types.ts';
import { named, type Violation } from './violation.ts';

export interface Reign {
  server: number;
  first: Operation;
  last: Operation;
}

/** Acknowledged writes whose transaction is known. */
export function acknowledged(operations: Operation[]): Operation[] {
  return operations.filter(({ verb, outcome, gtid }) => outcome === 'ok' && isWrite(verb) && sequenceOf(gtid) > 0);
}

export function isWrite(verb: Operation['verb']): boolean {
  return verb === 'add' || verb === 'write' || verb === 'cas';
}

/** Servers in the order of their transactions, each with its first and last acknowledged write. */
export function reignsOf(operations: Operation[]): Reign[] {
  const reigns = new Map<number, Reign>();
  for (const operation of inSequence(acknowledged(operations))) {
    const server = serverOf(operation);
    const reign = reigns.get(server);
    if (reign) reign.last = operation;
    else reigns.set(server, { server, first: operation, last: operation });
  }
  return [...reigns.values()];
}

export function checkReigns(operations: Operation[]): Violation[] {
  return [...checkInterleaving(operations), ...checkSequence(operations)];
}

/** In the order of transactions no server comes back after another one. */
function checkInterleaving(operations: Operation[]): Violation[] {
  const found: Violation[] = [];
  const over = new Map<number, Operation>();
  let before: Operation | null = null;
  for (const operation of inSequence(acknowledged(operations))) {
    const changed = before !== null && serverOf(before) !== serverOf(operation);
    if (changed) over.set(serverOf(before!), operation);
    const successor = over.get(serverOf(operation));
    if (successor && changed) {
      found.push({
        promise: 'two-reigns',
        statement: `${named(operation)} was acknowledged although ${named(successor)} had been, by a later server`,
        operations: [successor, operation],
      });
    }
    before = operation;
  }
  return found;
}

/** What ended before another began has the lower sequence number, and none is given twice. */
function checkSequence(operations: Operation[]): Violation[] {
  const found: Violation[] = [];
  const writes = acknowledged(operations);
  const bySequence = new Map<number, Operation>();
  for (const operation of writes) {
    const other = bySequence.get(sequenceOf(operation.gtid));
    if (other) {
      found.push({
        promise: 'two-reigns',
        statement: `${named(other)} and ${named(operation)} were acknowledged as ${other.gtid} and ${operation.gtid}`,
        operations: [other, operation],
      });
    }
    bySequence.set(sequenceOf(operation.gtid), operation);
  }
  const ended = [...writes].sort((x, y) => x.complete - y.complete);
  let furthest: Operation | null = null;
  let next = 0;
  for (const operation of [...writes].sort((x, y) => x.invoke - y.invoke)) {
    while (next < ended.length && ended[next]!.complete < operation.invoke) {
      const one = ended[next++]!;
      if (furthest === null || sequenceOf(one.gtid) > sequenceOf(furthest.gtid)) furthest = one;
    }
    if (furthest === null || sequenceOf(operation.gtid) > sequenceOf(furthest.gtid)) continue;
    found.push({
      promise: 'order-of-transactions',
      statement: `${named(operation)} is ${operation.gtid} although ${named(furthest)}, ${furthest.gtid}, had ended before it began`,
      operations: [furthest, operation],
    });
  }
  return found;
}

/** The last part of `domain-server-sequence`; 0 when there is none. */
export function sequenceOf(gtid: string | null): number {
  return Number(/^\d+-\d+-(\d+)$/.exec(gtid ?? '')?.[1] ?? 0);
}

/** The server that wrote the transaction: the middle part. */
export function serverOf({ gtid }: Operation): number {
  return Number(/^\d+-(\d+)-\d+$/.exec(gtid ?? '')?.[1] ?? 0);
}

function inSequence(operations: Operation[]): Operation[] {
  return [...operations].sort((x, y) => sequenceOf(x.gtid) - sequenceOf(y.gtid) || x.invoke - y.invoke);
}
