/** How a drill went, held against those before it. Pure. */
import type { DrillResult } from './order.ts';

/** The trend looks back over so many drills of the same fault. */
const LOOK_BACK = 10;

export interface Trend {
  /** Of the drills of this kind before. */
  passed: number;
  of: number;
  /** Medians of those that passed; null: none did. */
  heldLongestMs: number | null;
  exposedMs: number | null;
  decidedMs: number | null;
}

/** `past`: of the site, newest last; only drills of the same fault before this one count. */
export function trendOf({ fault, startedAt }: DrillResult, past: readonly DrillResult[]): Trend {
  const before = past.filter((one) => one.fault === fault && one.startedAt < startedAt).slice(-LOOK_BACK);
  const passed = before.filter(({ outcome }) => outcome === 'passed').map(({ figures }) => figures);
  return {
    passed: passed.length,
    of: before.length,
    heldLongestMs: median(passed.map(({ heldLongestMs }) => heldLongestMs)),
    exposedMs: median(passed.map(({ exposedMs }) => exposedMs)),
    decidedMs: median(passed.flatMap(({ decidedMs }) => decidedMs ?? [])),
  };
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
