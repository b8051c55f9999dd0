/** The result of zone-years as a person reads it. */
import type { Tally } from './tally.ts';
import type { YearsResult } from './years.ts';

const MOST_TOLD = 20;

export function screenOf(result: YearsResult): string {
  const { zoneYears, episodes, quiet, simulatedHours, tookMs } = result;
  const told = result.falseFailovers.slice(0, MOST_TOLD);
  return [
    `${number(zoneYears)} zone-years of ordinary trouble (${number(zoneYears / 3)} years of an installation with three zones)`,
    '',
    ...table(result),
    '',
    `episodes simulated in full: ${number(episodes)}, ${number(simulatedHours)} hours at the detector's own pace, ${falseFailoversOf(result)} false failovers`,
    `quiet time between, not simulated: ${number(quiet.installationHours)} hours; the configured budget allows ${number(quiet.falseAlarmsAtMost)} false alarms in it at most`,
    ...told.map(
      ({ seed, kind, move }) =>
        `false failover: npm run sim -- --episode ${seed}   ${kind}, ${move.site} ${move.from}→${move.to} for ${move.because} after ${move.atMs} ms`,
    ),
    ...(result.falseFailovers.length > told.length ? [`and ${result.falseFailovers.length - told.length} more`] : []),
    `took ${number(tookMs / 1_000)} s, seed ${result.seed}`,
  ].join('\n');
}

export function falseFailoversOf({ kinds }: Tally): number {
  return kinds.reduce((sum, { falseFailovers }) => sum + falseFailovers, 0);
}

function table({ kinds }: Tally): string[] {
  const head = [
    'trouble',
    'episodes',
    'false',
    'right',
    'with sites that were well',
    'ended by itself',
    'refused in episodes',
  ];
  const rows = kinds.map(
    ({ kind, episodes, falseFailovers, rightMoves, movedAlong, movesForOutagesThatEnded, refusals }) => [
      kind,
      number(episodes),
      number(falseFailovers),
      number(rightMoves),
      number(movedAlong),
      number(movesForOutagesThatEnded),
      Object.entries(refusals)
        .sort(([, one], [, other]) => other - one)
        .map(([code, count]) => `${code} ${number(count)}`)
        .join(', '),
    ],
  );
  return aligned([head, ...rows]);
}

/** Columns of text: the first and the last to the left, the others to the right. */
export function aligned(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Thousands apart; up to one digit behind the point below ten. */
export function number(value: number): string {
  const rounded = Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value);
  return rounded.toLocaleString('en-US');
}
