/** The verdict over a whole history: every promise, each by a small check of its own. Pure. */
import type { Operation, StateLine } from '../history/types.ts';
import { checkCopies } from './copies.ts';
import { checkLinearizable } from './linearizable.ts';
import { checkPresence } from './presence.ts';
import { byRegister, checkUndone, checkVersionOrder } from './reads.ts';
import { checkReigns, isWrite, type Reign, reignsOf, serverOf } from './reigns.ts';
import type { Violation } from './violation.ts';

export interface Judged {
  violations: Violation[];
  /** Registers whose search was given up. */
  undecided: string[];
  /** Reads by a copy that follows: they may be behind. */
  followerReads: number;
  /** Reads by a copy whose successor had already been asked to write: an edge had not heard of the move. They may be behind. */
  lateReads: Operation[];
  reigns: Reign[];
}

/** `states`: what each copy holds at the end, the live one's first. */
export function judge(operations: Operation[], states: StateLine[]): Judged {
  const [live] = states;
  const reigns = reignsOf(operations);
  const late = lateReads(operations, reigns);
  const follower = operations.filter((one) => isRead(one) && one.readOnly !== false);
  const lax = new Set([...late, ...follower]);
  const strict = operations.filter((one) => !lax.has(one));
  const searched = search(strict);
  return {
    violations: [
      ...(live ? [...checkPresence(operations, live), ...checkUndone(operations, live)] : []),
      ...checkCopies(states),
      ...checkVersionOrder(strict),
      ...searched.violations,
      ...checkReigns(operations),
    ],
    undecided: searched.undecided,
    followerReads: follower.length,
    lateReads: late,
    reigns,
  };
}

function isRead({ verb, outcome }: Operation): boolean {
  return (verb === 'read' || verb === 'newest') && outcome === 'ok';
}

function lateReads(operations: Operation[], reigns: Reign[]): Operation[] {
  const rank = new Map(reigns.map(({ server }, index) => [server, index]));
  return operations.filter((one) => {
    if (!isRead(one) || one.readOnly !== false || one.server === null) return false;
    const next = reigns[(rank.get(one.server) ?? reigns.length) + 1];
    return next !== undefined && one.complete > next.first.invoke;
  });
}

function search(strict: Operation[]): { violations: Violation[]; undecided: string[] } {
  const violations: Violation[] = [];
  const undecided: string[] = [];
  for (const [name] of byRegister(strict)) {
    const history = strict.filter((one) => one.name === name);
    const verdict = checkLinearizable(history);
    if (verdict === 'undecided') undecided.push(name);
    if (verdict !== 'not-linearizable') continue;
    violations.push({
      promise: 'not-linearizable',
      statement: `no order of the ${history.length} operations on ${name} explains what was seen`,
      operations: history,
    });
  }
  return { violations, undecided };
}

/** Acknowledged writes of each server, for the summary. */
export function writesByServer(operations: Operation[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const operation of operations) {
    if (operation.outcome !== 'ok' || !isWrite(operation.verb)) continue;
    counts.set(serverOf(operation), (counts.get(serverOf(operation)) ?? 0) + 1);
  }
  return counts;
}
