/**
 * No read returned what was later undone, whichever copy answered it; and the versions that were seen never run against time.
 * The second is linearizability by itself, since the ledger keeps the order of all versions: an operation that had ended before
 * another began has no higher version than that one.
 */
import type { Operation, StateLine } from '../history/types.ts';
import { versionsOf } from './presence.ts';
import { named, type Violation } from './violation.ts';

export function checkUndone(operations: Operation[], state: StateLine): Violation[] {
  const versions = versionsOf(state);
  const elements = new Set(state.elements);
  const found: Violation[] = [];
  const say = (operation: Operation, what: string) =>
    found.push({
      promise: 'undone-read',
      statement: `${named(operation)} returned ${what}`,
      operations: [operation],
    });
  for (const operation of operations) {
    if (operation.outcome !== 'ok') continue;
    if (operation.verb === 'newest') {
      const gone = (operation.seen ?? []).filter((value) => !elements.has(value));
      if (gone.length > 0) say(operation, `${gone.join(', ')}, which is gone`);
    } else if (operation.version !== null && operation.version > 0) {
      const value = operation.verb === 'read' ? operation.seen![0] : operation.value;
      const kept = versions.get(operation.name!)?.[operation.version - 1];
      if (kept !== value) {
        say(operation, `${value} as version ${operation.version}, which is ${kept ?? 'nothing'} at the end`);
      }
    }
  }
  return found;
}

/** `strict`: acknowledged writes, and reads by a copy that reigned. */
export function checkVersionOrder(strict: Operation[]): Violation[] {
  const found: Violation[] = [];
  for (const [name, list] of byRegister(strict)) {
    const ended = [...list].sort((x, y) => x.complete - y.complete);
    const begun = [...list].sort((x, y) => x.invoke - y.invoke);
    let newest: Operation | null = null;
    let next = 0;
    for (const operation of begun) {
      while (next < ended.length && ended[next]!.complete < operation.invoke) {
        const one = ended[next++]!;
        if (newest === null || one.version! > newest.version!) newest = one;
      }
      if (newest === null) continue;
      const behind =
        operation.verb === 'read' ? operation.version! < newest.version! : operation.version! <= newest.version!;
      if (!behind) continue;
      found.push({
        promise: 'not-linearizable',
        statement: `${name}: ${named(operation)} began after ${named(newest)} had ended, and is not behind it`,
        operations: [newest, operation],
      });
    }
  }
  return found;
}

export function byRegister(operations: Operation[]): Map<string, Operation[]> {
  const lists = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.name === null || operation.outcome !== 'ok' || operation.version === null) continue;
    const list = lists.get(operation.name) ?? [];
    list.push(operation);
    lists.set(operation.name, list);
  }
  return lists;
}
