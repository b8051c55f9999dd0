/** All copies hold the same at the end. */
import type { StateLine } from '../history/types.ts';
import type { Violation } from './violation.ts';

const MOST_NAMED = 5;

export function checkCopies(states: StateLine[]): Violation[] {
  const [live, ...others] = states;
  if (live === undefined) return [];
  return others.flatMap((other) => {
    const differing = [
      ...difference(live.elements, other.elements),
      ...difference(live.versions.map(words), other.versions.map(words)),
      ...difference(live.registers.map(words), other.registers.map(words)),
    ];
    if (differing.length === 0) return [];
    const some = differing.slice(0, MOST_NAMED).join(', ');
    const statement = `the copies in ${live.zone} and ${other.zone} differ in ${differing.length}: ${some}`;
    return [{ promise: 'copies-differ' as const, statement, operations: [] }];
  });
}

const words = (row: [string, number, string]) => row.join(' ');

/** What is in one of the two more often than in the other. */
function difference(one: string[], other: string[]): string[] {
  const balance = new Map<string, number>();
  for (const value of one) balance.set(value, (balance.get(value) ?? 0) + 1);
  for (const value of other) balance.set(value, (balance.get(value) ?? 0) - 1);
  return [...balance].filter(([, left]) => left !== 0).map(([value]) => value);
}
