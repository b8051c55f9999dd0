/** `npm run bench -- move`: planned moves there and back under load, how long nobody could write, and where that time goes. */
import { recordMoves } from './moves.ts';
import { type Figures, figuresOf, type MoveFigures, PARTS } from './timeline.ts';

export interface MoveBenchOptions {
  quick: boolean;
  runs: number | null;
  rate: number | null;
}

const RUNS = 10;
const QUICK_RUNS = 2;
/** Requests a second. */
const RATE = 200;
const WANTED = { writePauseMs: 500, exposedMs: 1_000 };
const MOST_SHOWN = 10;

export async function benchMove({ quick, runs, rate }: MoveBenchOptions): Promise<{ data: Figures; screen: string }> {
  const figures = figuresOf(await recordMoves({ runs: runs ?? (quick ? QUICK_RUNS : RUNS), rate: rate ?? RATE }));
  return { data: figures, screen: screenOf(figures) };
}

function screenOf(figures: Figures): string {
  const { moves, failed } = figures;
  const row = (name: string, pick: (move: MoveFigures) => number | null, wanted = '') => {
    const values = moves.map(pick).filter((value) => value !== null);
    const cell = (value: number | undefined) => (value === undefined ? '-' : `${value} ms`).padStart(9);
    return `  ${name.padEnd(52)}${cell(median(values))}${cell(values.length === 0 ? undefined : Math.max(...values))}   ${wanted}`;
  };
  const lines = [
    `${moves.length} planned moves of a site with ${figures.copies} copies under load; ${figures.requests} requests, ${figures.acknowledged} writes acknowledged`,
    '',
    `  failed requests                  ${failed.length}   wanted: 0`,
    ...failed
      .slice(0, MOST_SHOWN)
      .map(({ id, status, outcome, error }) => `    ${id}: ${error ?? status} ${outcome ?? ''}`),
    `  acknowledged writes lost         ${figures.ackedLost}   wanted: 0`,
    `  writes carried out twice         ${figures.executedTwice}   wanted: 0`,
    `  longest that one request was held  ${figures.heldLongestMs} ms`,
    '',
    `  ${''.padEnd(52)}${'median'.padStart(9)}${'worst'.padStart(9)}`,
    row('longest time without an acknowledged write', (move) => move.writePauseMs, `wanted: ${WANTED.writePauseMs} ms`),
    row('longest time without an answered GET', (move) => move.readPauseMs),
    row('exposed', (move) => move.exposedMs, figures.copies > 2 ? `wanted: ${WANTED.exposedMs} ms` : ''),
    row('from the order to protected again', (move) => move.tookMs),
    row('times that the visitors were held', (move) => move.attempts).replaceAll(' ms', '   '),
    '',
    '  until',
    ...PARTS.map(([part, name]) => row(name, (move) => move.parts[part])),
  ];
  return lines.join('\n');
}

function median(values: number[]): number | undefined {
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
