/**
 * How late an edge's report is. Two clocks say nothing about each other but by how their difference changes: the report that took
 * least, of the newest ones, is held against this one (as NTP's clock filter picks its sample, RFC 5905, section 10). Over a way that loses
 * packets reports come a second late, in order: what they tell of may be long over, however new it is to whoever hears it.
 */
import type { EdgeReport, MonoMs } from '../../model/index.ts';

export interface Pace {
  incarnation: string;
  /** Arrival less departure, each by its own clock, of the newest reports; a ring. */
  offsets: Float64Array;
  count: number;
}

/** Six seconds' worth: whatever comes late for longer has a longer way, and clocks do not drift apart by anything in that time. */
const KEPT = 64;
/** A report's period: less than this is the way's own unevenness. */
const LATE_MS = 100;

/** Milliseconds, 0: it is not late, or nothing is known. Takes note of the report. */
export function lateBy(paces: Map<string, Pace>, report: EdgeReport, now: MonoMs): number {
  if (report.sentAtMs === undefined) return 0;
  let pace = paces.get(report.edge);
  if (pace === undefined || pace.incarnation !== report.incarnation) {
    pace = { incarnation: report.incarnation, offsets: new Float64Array(KEPT), count: 0 };
    paces.set(report.edge, pace);
  }
  const { offsets } = pace;
  const offset = now - report.sentAtMs;
  offsets[pace.count % KEPT] = offset;
  pace.count++;
  let least = offset;
  for (let index = Math.min(KEPT, pace.count) - 1; index >= 0; index--) least = Math.min(least, offsets[index]!);
  const late = offset - least;
  return late < LATE_MS ? 0 : late;
}
