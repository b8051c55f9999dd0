/** Virtual time: one queue of events, run in the order of their times; promises that an event settled are followed up before the next. */
import type { SimMs } from '../trace.ts';

/** One thing to happen; `run` null: it was called off. */
export interface Timer {
  at: SimMs;
  order: number;
  run: (() => void) | null;
}

export interface Engine {
  now(): SimMs;
  /** Calls `run` at that time (not before now). To call it off: `timer.run = null`. */
  at(time: SimMs, run: () => void): Timer;
  after(ms: SimMs, run: () => void): Timer;
  /** Sets a timer that has run, or was called off, anew. */
  again(timer: Timer, ms: SimMs, run: () => void): void;
  /** A promise was settled, or work was begun that awaits one: whoever waits for it goes on before the next event. */
  stir(): void;
  /** Runs until that time, or until nothing is left. */
  runUntil(time: SimMs): Promise<void>;
  /** Events run so far. */
  count(): number;
}

/** What is further off than the second under way waits in no order: nearly all time-outs are called off before it is their turn. */
const SPAN_MS = 1_000;

export function createEngine(): Engine {
  /** Timers before `sortedUntil`, and of the spans after it those of each. */
  const heap: Timer[] = [];
  const later = new Map<number, Timer[]>();
  let sortedUntil = SPAN_MS;
  let now = 0;
  let order = 0;
  let stirred = false;
  let count = 0;

  const at = (time: SimMs, run: () => void): Timer => {
    const timer = { at: time < now ? now : time, order: order++, run };
    put(timer);
    return timer;
  };

  const put = (timer: Timer): void => {
    if (timer.at < sortedUntil) push(heap, timer);
    else {
      const span = Math.floor(timer.at / SPAN_MS);
      const there = later.get(span);
      if (there === undefined) later.set(span, [timer]);
      else there.push(timer);
    }
  };

  /** Is anything due until then? Sorts the next spans in as their time comes. */
  const isDue = (end: SimMs): boolean => {
    while (heap.length === 0 && sortedUntil <= end && later.size > 0) {
      const span = Math.floor(sortedUntil / SPAN_MS);
      sortedUntil += SPAN_MS;
      for (const timer of later.get(span) ?? []) if (timer.run !== null) push(heap, timer);
      later.delete(span);
    }
    return heap.length > 0 && heap[0]!.at <= end;
  };

  const runUntil = (end: SimMs) =>
    new Promise<void>((resolve, reject) => {
      const turn = () => {
        try {
          while (isDue(end)) {
            const timer = pop(heap);
            if (timer.run === null) continue;
            now = timer.at;
            count += 1;
            timer.run();
            if (stirred) {
              stirred = false;
              afterMicrotasks(turn);
              return;
            }
          }
          now = end;
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(turn);
    });

  return {
    now: () => now,
    at,
    after: (ms, run) => at(now + ms, run),
    again(timer, ms, run) {
      timer.at = now + ms;
      timer.order = order++;
      timer.run = run;
      put(timer);
    },
    stir: () => {
      stirred = true;
    },
    runUntil,
    count: () => count,
  };
}

/**
 * Runs it when every microtask has, however long the chain of awaits is: Node turns to its ticks when no microtask is left.
 * `setImmediate` would do the same with a turn of the event loop for each, a fifth of the time of a simulation.
 */
function afterMicrotasks(run: () => void): void {
  queueMicrotask(() => process.nextTick(run));
}

function before(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above]!;
    if (!before(timer, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): Timer {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let below = 2 * index + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below += 1;
    const child = heap[below]!;
    if (!before(child, last)) break;
    heap[index] = child;
    index = below;
  }
  heap[index] = last;
  return first;
}
