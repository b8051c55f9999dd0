/** Keeps a history as NDJSON, and reads one back. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HeadLine, IncidentLine, Line, Operation, PlacementLine, StateLine } from './types.ts';

/** Lines wait so long in memory: a write for each would cost more than the operation. */
const MOST_WAITING = 200;

export interface HistoryFile {
  file: string;
  write(...lines: Line[]): void;
  flush(): void;
}

export function createHistory(file: string): HistoryFile {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  let waiting: string[] = [];
  const flush = () => {
    if (waiting.length > 0) appendFileSync(file, waiting.join(''));
    waiting = [];
  };
  return {
    file,
    write(...lines) {
      for (const line of lines) waiting.push(`${JSON.stringify(line)}\n`);
      if (waiting.length >= MOST_WAITING) flush();
    },
    flush,
  };
}

export interface History {
  head: HeadLine | null;
  /** Those that had begun when the copies were read. */
  operations: Operation[];
  placements: PlacementLine[];
  /** The newest of each zone. */
  states: StateLine[];
  incidents: IncidentLine[];
  lines: Line[];
}

/** Throws with the line's number when one is no JSON. */
export function readHistory(file: string): History {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text, index) => parseLine(text, index + 1));
  return toHistory(lines);
}

export function toHistory(lines: Line[]): History {
  const of = <T extends Line['type']>(type: T) =>
    lines.filter((line): line is Extract<Line, { type: T }> => line.type === type);
  const states = new Map(of('state').map((line) => [line.zone, line]));
  // Clients rest while the copies are read, and go on until the run is ended.
  const readAt = Math.min(...[...states.values()].map(({ at }) => at));
  return {
    head: of('run')[0] ?? null,
    operations: of('op').filter(({ invoke }) => invoke < readAt),
    placements: of('placement'),
    states: [...states.values()],
    incidents: of('incident'),
    lines,
  };
}

function parseLine(text: string, number: number): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (error) {
    throw new Error(`line ${number} of the history is no JSON: ${(error as Error).message}`);
  }
}
