/** Drills in words: how one ended with its figures, and what has become of the past ones. */
import type { DrillResult } from '../../model/index.ts';
import { trendOf } from '../../model/trend.ts';
import type { Paint } from './paint.ts';
import { dateTime, duration, table } from './words.ts';

export function drillResultLines(
  site: string,
  result: DrillResult,
  past: readonly DrillResult[],
  paint: Paint,
): string[] {
  const { outcome, problems, figures, fault } = result;
  const trend = trendOf(result, past);
  const rows = [
    ['longest hold of a visitor', duration(figures.heldLongestMs), against(trend.heldLongestMs, paint)],
    ['failed requests', String(figures.failedRequests), ''],
    ['exposed in all', duration(figures.exposedMs), against(trend.exposedMs, paint)],
    ...(figures.decidedMs === null
      ? []
      : [['from the fault to the decision', duration(figures.decidedMs), against(trend.decidedMs, paint)]]),
    ['took', duration(figures.tookMs), ''],
  ];
  const before = trend.of === 0 ? 'the first of its kind' : `${trend.passed} of the ${trend.of} before passed`;
  const verdict = `The drill of ${site} by ${fault} ${worded(outcome, paint)}; ${before}.`;
  return [verdict, ...problems.map((problem) => `  ${problem}`), table(rows, '  ')];
}

const against = (before: number | null, paint: Paint): string =>
  before === null ? '' : paint.dim(`before: ${duration(before)}`);

function worded(outcome: DrillResult['outcome'], paint: Paint): string {
  if (outcome === 'passed') return paint.green('passed');
  return outcome === 'failed' ? paint.red('failed') : paint.yellow('was stopped');
}

export interface DrillRow {
  site: string;
  result: DrillResult;
  past: readonly DrillResult[];
}

/** Newest first. `trend`: drills of the kind that passed before, and how the hold compares with their median. */
export function drillTable(rows: readonly DrillRow[], paint: Paint): string {
  const head = ['WHEN', 'SITE', 'FAULT', 'BY', 'OUTCOME', 'HELD', 'FAILED', 'EXPOSED', 'DECIDED', 'TOOK', 'TREND'];
  const lines = rows.map(({ site, result, past }) => {
    const { startedAt, fault, by, outcome, figures } = result;
    const { heldLongestMs, failedRequests, exposedMs, decidedMs, tookMs } = figures;
    return [
      dateTime(startedAt),
      site,
      fault,
      by,
      worded(outcome, paint).replace('was ', ''),
      duration(heldLongestMs),
      String(failedRequests),
      duration(exposedMs),
      decidedMs === null ? '–' : duration(decidedMs),
      duration(tookMs),
      trendWord(result, past),
    ];
  });
  return table([head.map((word) => paint.dim(word)), ...lines]);
}

function trendWord(result: DrillResult, past: readonly DrillResult[]): string {
  const { passed, of, heldLongestMs } = trendOf(result, past);
  if (of === 0) return 'first';
  const compared = heldLongestMs === null ? '' : `, held ${signed(result.figures.heldLongestMs - heldLongestMs)}`;
  return `${passed}/${of} passed${compared}`;
}

const signed = (ms: number): string => `${ms < 0 ? '−' : '+'}${duration(Math.abs(ms))}`;
