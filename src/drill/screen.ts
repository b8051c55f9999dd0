/** What a drill prints for people: the time line, and each promise with its figure. */
import type { Paint } from '../cli/screens/paint.ts';
import { table } from '../cli/screens/words.ts';
import type { DrillResult } from './judge.ts';
import type { Promised } from './promises.ts';
import type { DrillOutcome } from './run.ts';

export function timeLine({ result, zone, live }: DrillOutcome, paint: Paint): string {
  const seconds = (ms: number | null) => (ms === null ? paint.yellow('never') : `+${(ms / 1000).toFixed(2)} s`);
  const moved = result.fault !== 'standby-kill' && zone !== live;
  const rows = [
    ['+0.00 s', `${result.fault} in zone ${zone}`],
    [seconds(result.detectedMs), 'noticed'],
    [seconds(result.decidedMs), moved ? `decided: a failover to zone ${live}` : 'decided'],
    ...(moved ? [[seconds(result.promotedMs), `promoted in zone ${live}`]] : []),
    [seconds(result.firstWriteMs), `first write after the longest pause (${result.writeGapMs} ms without one)`],
    [
      seconds(result.reprotectedMs),
      `protected again${result.exposedMs === null ? '' : `, after ${(result.exposedMs / 1000).toFixed(2)} s exposed`}`,
    ],
  ];
  const width = Math.max(...rows.map((row) => row[0]!.length));
  return table(
    rows.map(([at, what]) => [at!.padStart(width), what!]),
    '  ',
  );
}

export function verdict(promises: Promised[], paint: Paint): string {
  const rows = promises.map(({ sentence, figure, kept }) => [
    kept ? paint.green('✓') : paint.red('✗'),
    sentence,
    kept ? figure : paint.red(figure),
  ]);
  const broken = promises.filter((promise) => !promise.kept).length;
  const end =
    broken === 0
      ? paint.green('Every promise was kept.')
      : paint.red(`${broken} of ${promises.length} promises were broken.`);
  return `${table(rows, '  ')}\n\n${end}`;
}

/** Median and worst of the times of several drills. */
export function summary(results: DrillResult[]): { median: Record<string, number>; worst: Record<string, number> } {
  const fields = [
    'detectedMs',
    'decidedMs',
    'promotedMs',
    'firstWriteMs',
    'writeGapMs',
    'readGapMs',
    'exposedMs',
    'reprotectedMs',
    'getFailed',
    'otherFailed',
    'otherInFlight',
    'ackedLost',
    'executedTwice',
  ] as const;
  const median: Record<string, number> = {};
  const worst: Record<string, number> = {};
  for (const field of fields) {
    // What never happened is worse than anything that did.
    const values = results.map((result) => result[field] ?? Infinity).sort((x, y) => x - y);
    const middle = (values.length - 1) / 2;
    median[field] = Math.round((values[Math.floor(middle)]! + values[Math.ceil(middle)]!) / 2);
    worst[field] = values.at(-1)!;
  }
  return { median, worst };
}

export function summaryTable(results: DrillResult[]): string {
  const { median, worst } = summary(results);
  const words = (value: number) => (Number.isFinite(value) ? `${value}` : 'never');
  const rows = Object.keys(median).map((field) => [field, words(median[field]!), words(worst[field]!)]);
  return table([['', 'median', `worst of ${results.length}`], ...rows], '  ');
}
