/** What a person sees: a line a round, then the tables and the verdict. */
import type { Paint } from '../../../src/cli/screens/paint.ts';
import type { Judged } from '../check/index.ts';
import { named, type Violation } from '../check/violation.ts';
import type { Operation } from '../history/types.ts';
import type { RoundResult } from '../run/round.ts';

const MOST_SHOWN = 5;
const MOST_OPERATIONS = 8;

export function roundLine({ plan, done, gapMs, convergedMs, moves, stuck, judged }: RoundResult, paint: Paint): string {
  const bad = stuck !== null || judged.violations.length > 0;
  const mark = bad ? paint.red('✗') : paint.green('✓');
  const figures = `gap ${seconds(gapMs)}, whole after ${seconds(convergedMs)}${moves > 0 ? `, ${moves} move${moves > 1 ? 's' : ''}` : ''}`;
  return `${mark} ${String(plan.round).padStart(3)}  ${plan.from === 'series' ? plan.title : done.join(' + ')}  ${paint.dim(figures)}`;
}

export function violationsScreen(violations: Violation[], historyFile: string, paint: Paint): string {
  const lines = violations
    .slice(0, MOST_SHOWN)
    .flatMap(({ promise, statement, operations }) => [
      paint.red(`${promise}: ${statement}`),
      ...operations.slice(0, MOST_OPERATIONS).map((one) => `    ${operationLine(one)}`),
    ]);
  if (violations.length > MOST_SHOWN) lines.push(`and ${violations.length - MOST_SHOWN} more`);
  lines.push(
    `Judge it again: npm run chaos -- --replay ${historyFile}`,
    `One operation:  grep '"type":"op","id":N,' ${historyFile}; its moment in the programs' logs is wallOfZero + invoke.`,
  );
  return lines.join('\n');
}

function operationLine(operation: Operation): string {
  const { invoke, complete, outcome, why, gtid, client } = operation;
  const times = `${Math.round(invoke)}–${Math.round(complete)} ms`;
  return `${times}  client ${client}  ${named(operation)}  ${outcome}${why === null ? '' : ` (${why})`}${gtid ? `, ${gtid}` : ''}`;
}

export function summaryScreen(rounds: RoundResult[], operations: Operation[], paint: Paint): string {
  return [...faultTable(rounds), '', ...operationTable(operations), '', ...verdictLines(rounds.at(-1)?.judged, rounds)]
    .map((line) => (line.startsWith('  ') ? line : paint.bold(line)))
    .join('\n');
}

/** By kind; rounds of several faults count for each of their kinds. */
function faultTable(rounds: RoundResult[]): string[] {
  const kinds = [...new Set(rounds.flatMap(({ kinds }) => kinds))].sort();
  const header = '  fault                 rounds  moves  write gap: median   worst   whole after: worst';
  return [
    'Faults',
    header,
    ...kinds.map((kind) => {
      const mine = rounds.filter((round) => round.kinds.includes(kind));
      const gaps = mine.map(({ gapMs }) => gapMs);
      const moves = mine.reduce((sum, round) => sum + round.moves, 0);
      const whole = Math.max(...mine.map(({ convergedMs }) => convergedMs));
      return `  ${kind.padEnd(22)}${pad(mine.length, 6)}${pad(moves, 7)}${pad(seconds(median(gaps)), 19)}${pad(seconds(Math.max(...gaps)), 8)}${pad(seconds(whole), 21)}`;
    }),
  ];
}

function operationTable(operations: Operation[]): string[] {
  const verbs = ['add', 'write', 'cas', 'read', 'newest'] as const;
  return [
    'Operations',
    '  verb        ok    fail (of it mismatch)  unknown',
    ...verbs.map((verb) => {
      const mine = operations.filter((one) => one.verb === verb);
      const of = (outcome: string) => mine.filter((one) => one.outcome === outcome).length;
      const mismatch = mine.filter(({ why }) => why === 'mismatch').length;
      return `  ${verb.padEnd(7)}${pad(of('ok'), 7)}${pad(of('fail'), 8)}${pad(mismatch, 15)}${pad(of('unknown'), 9)}`;
    }),
  ];
}

function verdictLines(judged: Judged | undefined, rounds: RoundResult[]): string[] {
  if (judged === undefined) return ['No round was run.'];
  const counts = new Map<string, number>();
  for (const { promise } of judged.violations) counts.set(promise, (counts.get(promise) ?? 0) + 1);
  const of = (...promises: string[]) => promises.reduce((sum, promise) => sum + (counts.get(promise) ?? 0), 0);
  const line = (sentence: string, broken: number) =>
    `  ${broken === 0 ? '✓' : '✗'} ${sentence}${broken === 0 ? '' : `: ${broken} times not`}`;
  const stuck = rounds.filter((round) => round.stuck !== null).length;
  return [
    'Promises',
    line('every acknowledged write is there, exactly once', of('lost', 'twice')),
    line('nothing that was rejected is there, and nothing from nowhere', of('rejected-but-present', 'from-nowhere')),
    line('nothing that was read was undone', of('undone-read', 'order-of-versions')),
    line('every register is linearizable', of('not-linearizable')),
    line(
      `no two copies acknowledged at the same time (${judged.reigns.length} reigns)`,
      of('two-reigns', 'order-of-transactions'),
    ),
    line('all copies hold the same', of('copies-differ')),
    line('each round ended protected, with every copy', stuck),
    `    ${judged.followerReads} reads were answered by a following copy, ${judged.lateReads.length} by one whose successor wrote already; ${judged.undecided.length} registers undecided`,
  ];
}

const pad = (value: number | string, width: number) => String(value).padStart(width);
const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;

function median(values: number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
