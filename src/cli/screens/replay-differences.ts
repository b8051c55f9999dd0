/** How a replay compares with what was found, decided and refused when it was recorded. */
import type { Difference, ReplayResult } from '../../replay/result.ts';
import type { Paint } from './paint.ts';
import { exactSeconds, table } from './words.ts';

const MOST_DIFFERENCES = 40;

export function differencesPart({ compared }: ReplayResult, _width: number, paint: Paint): string {
  const heading = paint.bold('Compared with what was found, decided and refused at the time');
  if (compared === null) return `${heading}\n  the file does not tell that`;
  const { same, differences } = compared;
  if (differences.length === 0)
    return `${heading}\n  ${paint.green('no difference')} in ${same} findings, decisions and refusals`;
  const rows = differences
    .slice(0, MOST_DIFFERENCES)
    .map((each) => [
      each.kind,
      each.code + (each.site === null ? '' : ` of ${each.site}`),
      `recorded: ${when(each.recordedAt)}`,
      `now: ${when(each.nowAt)}`,
      lateness(each),
    ]);
  const more = differences.length - rows.length;
  return [
    heading,
    `  ${same} the same, ${paint.yellow(`${differences.length} different`)}`,
    table(rows, '  '),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join('\n');
}

const when = (at: number | null) => (at === null ? 'not' : `at ${exactSeconds(at)}`);

function lateness({ recordedAt, nowAt }: Difference): string {
  if (recordedAt === null || nowAt === null) return '';
  const ms = Math.round(nowAt - recordedAt);
  return ms === 0 ? 'to another zone' : ms < 0 ? `${-ms} ms earlier` : `${ms} ms later`;
}
