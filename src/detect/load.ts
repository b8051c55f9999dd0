/** How many times the usual number of requests came: trouble that comes with more of them would follow a move. */

/** What a run's first report counted came before the run began. */
const REPORT_MS = 100;

/** On the low side by one standard deviation of a Poisson count: a move is not held back by chance. Null: what is usual is not known. */
export function atLeastTimes(requests: number, ms: number, usualPerSecond: number | null): number | null {
  if (usualPerSecond === null || usualPerSecond === 0) return null;
  return timesUsual(Math.max(0, requests - Math.sqrt(requests)), ms, usualPerSecond);
}

/** `requests` within `ms` of a run's beginning, in times of what usually comes. */
export function timesUsual(requests: number, ms: number, usualPerSecond: number): number {
  return requests / ((usualPerSecond * (ms + REPORT_MS)) / 1_000);
}
