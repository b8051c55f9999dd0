/** The promises that a drill checks, each with its figure. */
import type { DrillResult, Fault } from './judge.ts';

export interface Promised {
  sentence: string;
  figure: string;
  kept: boolean;
}

/** Longest pause of writes that is allowed in a single drill, milliseconds. */
const WRITE_GAP_CEILING_MS: Partial<Record<Fault, number>> = {
  kill: 3_000,
  freeze: 4_000,
  cut: 4_000,
  'standby-kill': 2_000,
};

/** Faults that a zone suffers as a whole: only what was already inside it may be lost. */
const ZONE_FAULTS: Fault[] = ['kill', 'freeze', 'cut'];

/** What was in the zone when it died: 5 at the default 50 writes a second, or all writes of the last 100 ms. */
function mostInFlight(fault: Fault, writesPerSecond: number): number | null {
  if (fault === 'kill' || fault === 'cut') return Math.max(5, Math.ceil(writesPerSecond / 10));
  // The edge stops sending writes to a zone that has gone quiet: at most what was sent in half a second.
  return fault === 'freeze' ? Math.ceil(writesPerSecond / 2) : null;
}

/**
 * Each promise, kept or not. `pausedAtMostMs`: how long writes may pause, whatever the fault; by default what each fault is allowed
 * on a machine that has nothing else to do.
 */
export function promisesOf(result: DrillResult, writesPerSecond: number, pausedAtMostMs?: number): Promised[] {
  const none = (sentence: string, count: number) => ({ sentence, figure: `${count}`, kept: count === 0 });
  const promises: Promised[] = [
    none('no GET failed', result.getFailed),
    none('no acknowledged write was lost', result.ackedLost),
    none('no write was executed twice', result.executedTwice),
  ];
  if (ZONE_FAULTS.includes(result.fault)) {
    promises.push({
      sentence: 'no other request failed but those already inside the zone',
      figure: `${result.otherFailed} failed, ${result.otherInFlight} of them inside`,
      kept: result.otherFailed <= result.otherInFlight,
    });
  }
  const most = mostInFlight(result.fault, writesPerSecond);
  if (most !== null) {
    const sentence = `at most ${most} requests were inside`;
    promises.push({ sentence, figure: `${result.otherInFlight}`, kept: result.otherInFlight <= most });
  }
  const ceiling = pausedAtMostMs ?? WRITE_GAP_CEILING_MS[result.fault];
  if (ceiling !== undefined) {
    const sentence = `writes paused at most ${ceiling / 1000} s`;
    promises.push({ sentence, figure: `${result.writeGapMs} ms`, kept: result.writeGapMs <= ceiling });
  }
  promises.push({
    sentence: 'the site is protected again',
    figure: result.reprotectedMs === null ? 'no' : `after ${(result.reprotectedMs / 1000).toFixed(1)} s`,
    kept: result.reprotectedMs !== null,
  });
  return promises;
}
