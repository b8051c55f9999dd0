/**
 * Is one register's history linearizable, told from values alone? The search of Wing and Gong with Lowe's memory of what was tried:
 * some operation that no other one had to precede goes first, and the rest must go on from there. It does not trust the
 * versions that the ledger keeps, and so checks them. Values are unique.
 */
import type { Operation } from '../history/types.ts';

export type Verdict = 'linearizable' | 'not-linearizable' | 'undecided';

interface Step {
  /** What the register must hold before; undefined: anything. */
  needs: string | null | undefined;
  /** What it holds afterwards; undefined: what it held. */
  leaves: string | undefined;
  invoke: number;
  /** Infinity: it may be done at any time, or never. */
  complete: number;
  optional: boolean;
}

/** So many configurations at most; a history that needs more is undecided. */
const MOST_TRIED = 300_000;

export function checkLinearizable(operations: Operation[], mostTried = MOST_TRIED): Verdict {
  const steps = toSteps(operations);
  const tried = new Set<string>();
  const done = new Uint8Array(steps.length);
  let required = steps.filter((step) => !step.optional).length;
  let count = 0;

  // Depth first with an own stack: a register's history may be longer than the machine's.
  interface Frame {
    held: string | null;
    next: number;
    took: number;
  }
  const stack: Frame[] = [{ held: null, next: 0, took: -1 }];
  while (stack.length > 0) {
    if (required === 0) return 'linearizable';
    const frame = stack.at(-1)!;
    const candidate = nextCandidate(steps, done, frame.held, frame.next);
    if (candidate < 0) {
      stack.pop();
      if (frame.took >= 0) {
        done[frame.took] = 0;
        if (!steps[frame.took]!.optional) required += 1;
      }
      continue;
    }
    frame.next = candidate + 1;
    const step = steps[candidate]!;
    done[candidate] = 1;
    if (!step.optional) required -= 1;
    const held = step.leaves ?? frame.held;
    const key = `${held}|${configuration(done)}`;
    if (tried.has(key)) {
      done[candidate] = 0;
      if (!step.optional) required += 1;
      continue;
    }
    tried.add(key);
    count += 1;
    if (count > mostTried) return 'undecided';
    stack.push({ held, next: 0, took: candidate });
  }
  return required === 0 ? 'linearizable' : 'not-linearizable';
}

/** An operation of unknown outcome matters only where somebody saw its value. */
function toSteps(operations: Operation[]): Step[] {
  const seen = new Set<string>();
  for (const { outcome, verb, seen: values, old } of operations) {
    if (verb === 'read' && outcome === 'ok') for (const value of values ?? []) seen.add(value);
    if (verb === 'cas' && outcome !== 'fail') seen.add(old!);
  }
  const steps: Step[] = [];
  for (const operation of operations) {
    const { verb, outcome, value, old, invoke, complete } = operation;
    if (outcome === 'fail') continue;
    const optional = outcome === 'unknown';
    if (optional && (verb === 'read' || !seen.has(value!))) continue;
    const until = optional ? Number.POSITIVE_INFINITY : complete;
    if (verb === 'read') {
      steps.push({ needs: operation.seen?.[0] ?? null, leaves: undefined, invoke, complete: until, optional });
    } else {
      steps.push({ needs: verb === 'cas' ? old : undefined, leaves: value!, invoke, complete: until, optional });
    }
  }
  return steps.sort((x, y) => x.invoke - y.invoke);
}

/** The first one from `from` on that may go next: nothing that is left had ended before it began. -1: none. */
function nextCandidate(steps: Step[], done: Uint8Array, held: string | null, from: number): number {
  let earliestEnd = Number.POSITIVE_INFINITY;
  for (let index = 0; index < steps.length; index++) {
    if (!done[index]) earliestEnd = Math.min(earliestEnd, steps[index]!.complete);
  }
  for (let index = from; index < steps.length; index++) {
    const step = steps[index]!;
    if (step.invoke > earliestEnd) return -1;
    if (!done[index] && (step.needs === undefined || step.needs === held)) return index;
  }
  return -1;
}

/** The done ones: all before the first gap, then the others by number. */
function configuration(done: Uint8Array): string {
  let first = 0;
  while (first < done.length && done[first]) first += 1;
  const others: number[] = [];
  for (let index = first + 1; index < done.length; index++) if (done[index]) others.push(index);
  return `${first}:${others.join(',')}`;
}
