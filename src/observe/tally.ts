/** How many probes ended lately and how many of them failed: a fixed number of short spans, whatever comes in. */
import { type MonoMs, PROBE_MEMORY_MS } from '../model/index.ts';

export interface ProbeTally {
  note(failed: boolean, now: MonoMs): void;
  /** Of the last `PROBE_MEMORY_MS`, give or take one span of `SPAN_MS`. `now` is the same clock's as that of `note`. */
  read(now: MonoMs): { ended: number; failed: number };
}

const SPAN_MS = 100;
const SPANS = PROBE_MEMORY_MS / SPAN_MS;

export function createProbeTally(): ProbeTally {
  const spans = Array.from({ length: SPANS }, () => ({ number: -1, ended: 0, failed: 0 }));
  return {
    note(failed, now) {
      const number = Math.floor(now / SPAN_MS);
      const span = spans[number % SPANS]!;
      if (span.number !== number) Object.assign(span, { number, ended: 0, failed: 0 });
      span.ended += 1;
      if (failed) span.failed += 1;
    },
    read(now) {
      const oldest = Math.floor(now / SPAN_MS) - SPANS + 1;
      const sum = { ended: 0, failed: 0 };
      for (const { number, ended, failed } of spans) {
        if (number < oldest) continue;
        sum.ended += ended;
        sum.failed += failed;
      }
      return sum;
    },
  };
}
