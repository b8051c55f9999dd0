/** The result of many seeds: summed up, as a table for people and as one object for programs. */
import type { Paint } from '../../src/cli/screens/paint.ts';
import { duration, table } from '../../src/cli/screens/words.ts';
import { CHECKERS } from '../checkers/index.ts';
import type { Bug } from '../trace.ts';
import { addCounts, type Counts, type SeedResult } from './seed.ts';

/** So many failing seeds are shown with their first breach. */
const SHOWN = 10;

export interface Summary {
  seeds: number;
  failed: { seed: number; checkers: string[]; first: string; replay: string }[];
  /** Seeds in which each checker found something. */
  breaches: Counts;
  crashes: number;
  events: number;
  virtualMs: number;
  tookMs: number;
  seedsPerSecond: number;
  decisions: Counts;
  moves: Counts;
  refusals: Counts;
  /** Sites that stood still at the end of a double fault. */
  stopped: number;
}

export function emptySummary(): Summary {
  const breaches = Object.fromEntries(CHECKERS.map(({ name }) => [name, 0]));
  const counts = { decisions: {}, moves: {}, refusals: {}, breaches };
  return {
    seeds: 0,
    stopped: 0,
    failed: [],
    crashes: 0,
    events: 0,
    virtualMs: 0,
    tookMs: 0,
    seedsPerSecond: 0,
    ...counts,
  };
}

export function addResult(sum: Summary, result: SeedResult, bugs: readonly Bug[]): void {
  sum.seeds += 1;
  sum.events += result.events;
  sum.stopped += result.stopped;
  sum.virtualMs += result.virtualMs;
  addCounts(sum.decisions, result.decisions);
  addCounts(sum.moves, result.moves);
  addCounts(sum.refusals, result.refusals);
  const checkers = [...new Set(result.broken.map(({ checker }) => checker))];
  for (const name of checkers) sum.breaches[name] = (sum.breaches[name] ?? 0) + 1;
  if (result.crash !== null) sum.crashes += 1;
  if (checkers.length === 0 && result.crash === null) return;
  const first = result.crash ?? result.broken[0]!.breach;
  sum.failed.push({ seed: result.seed, checkers, first, replay: replayCommand(result.seed, bugs) });
  sum.failed.sort((x, y) => x.seed - y.seed);
}

export function finish(sum: Summary, tookMs: number): void {
  sum.tookMs = Math.round(tookMs);
  sum.seedsPerSecond = Math.round((sum.seeds / Math.max(1, tookMs)) * 10_000) / 10;
}

export function replayCommand(seed: number, bugs: readonly Bug[]): string {
  return `npm run sim -- --seeds ${seed} --trace${bugs.map((bug) => ` --bug ${bug}`).join('')}`;
}

export function progressLine(sum: Summary, of: number, tookMs: number): string {
  const rate = (sum.seeds / Math.max(0.001, tookMs / 1_000)).toFixed(1);
  const failed = sum.failed.length === 0 ? 'none has failed' : `${sum.failed.length} failed`;
  return `${sum.seeds} of ${of} seeds, ${rate} a second, ${failed}`;
}

export function resultScreen(sum: Summary, paint: Paint): string {
  const checkers = CHECKERS.map(({ name, says }) => {
    const count = sum.breaches[name] ?? 0;
    return [count === 0 ? paint.green('✓') : paint.red('✗'), name, count === 0 ? '' : paint.red(`${count}`), says];
  });
  const parts = [
    table(checkers, '  '),
    table(
      [
        countsRow('decisions', sum.decisions),
        countsRow('failovers for', sum.moves),
        countsRow('refused', sum.refusals),
      ],
      '  ',
    ),
    `  ${sum.seeds} seeds, ${sum.events} events, ${duration(sum.virtualMs)} of virtual time in ${duration(sum.tookMs)}: ${sum.seedsPerSecond} seeds a second`,
    ...(sum.stopped === 0 ? [] : [paint.yellow(`  ${stoppedWords(sum.stopped)}`)]),
    verdict(sum, paint),
  ];
  return `${parts.join('\n\n')}\n`;
}

function countsRow(title: string, counts: Counts): string[] {
  const sorted = Object.entries(counts).sort(([, x], [, y]) => y - x);
  return [title, sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none'];
}

function stoppedWords(count: number): string {
  const sites = count === 1 ? '1 site stands still' : `${count} sites stand still`;
  return `${sites} after a double fault rather than lose acknowledged writes (sim/README.md).`;
}

function verdict(sum: Summary, paint: Paint): string {
  if (sum.failed.length === 0 && sum.stopped > 0) return paint.green('Nothing was broken.');
  if (sum.failed.length === 0) return paint.green('Nothing was broken, and everything came to rest.');
  const shown = sum.failed.slice(0, SHOWN).map(({ seed, checkers, first, replay }) => {
    const what = checkers.length === 0 ? 'crashed' : checkers.join(', ');
    return `  ${paint.red(`seed ${seed}`)}  ${what}: ${first.split('\n').slice(0, 4).join('\n    ')}\n    ${replay}`;
  });
  const more = sum.failed.length > SHOWN ? [`  and ${sum.failed.length - SHOWN} more`] : [];
  return [paint.red(`${sum.failed.length} of ${sum.seeds} seeds failed.`), ...shown, ...more].join('\n');
}
