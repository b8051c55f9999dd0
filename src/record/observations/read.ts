/** Reads a file of observations line by line: typed lines out, or every problem of the file with its line number. */

import { nearest } from '../../config/nearest.ts';
import { applySchema } from '../../config/schema-problems.ts';
import type { Problem } from '../../errors.ts';
import type { Epoch, SiteId } from '../../model/index.ts';
import { type Header, headerLine, LINE_KINDS, type Line, REPORT_KINDS, schemaOf } from './lines.ts';

/** So many problems are kept to be shown; the others are counted. */
export const MOST_PROBLEMS = 20;

export interface ObservationReader {
  /** Takes the next line's text. Null: it was empty, the header, or wrong. */
  take(text: string): Line | null;
  /** Set once the first line was read and was right. */
  header(): Header | null;
  /** Nothing more comes; a file without any line is a problem too. */
  finish(): void;
  problems(): Problem[];
  /** How many there are beyond those kept. */
  moreProblems(): number;
}

export function createReader(): ObservationReader {
  const problems: Problem[] = [];
  const epochs = new Map<SiteId, Epoch>();
  let more = 0;
  let number = 0;
  let header: Header | null = null;
  let started = false;
  let lastAt = 0;
  let lastNumber = 1;

  const complain = (path: string, wrong: string, right: string | null): null => {
    keep([{ path, line: number, wrong, right }]);
    return null;
  };
  const keep = (found: Problem[]) => {
    const room = MOST_PROBLEMS - problems.length;
    problems.push(...found.slice(0, room));
    more += Math.max(0, found.length - room);
  };

  const readHeader = (value: Record<string, unknown>): null => {
    if (value.kind !== 'header')
      return complain('kind', wordsOf(value.kind), 'header: the first line says what file this is');
    const parsed = applySchema(headerLine, oneLine(value, number));
    if (parsed.value === null) keep(parsed.problems);
    else header = parsed.value;
    return null;
  };

  const readLine = (value: Record<string, unknown>): Line | null => {
    const schema = schemaOf(value);
    if (schema === null) {
      const [path, kind, known] = kindOf(value);
      return complain(path, wordsOf(kind), meant(kind, known));
    }
    const parsed = applySchema(schema, oneLine(value, number));
    if (parsed.value === null) {
      keep(parsed.problems);
      return null;
    }
    const line = parsed.value;
    const wrong = outOfPlace(line);
    if (line.at >= lastAt) {
      lastAt = line.at;
      lastNumber = number;
    }
    if (line.kind === 'placement') epochs.set(line.site, Math.max(line.epoch, epochs.get(line.site) ?? 0));
    if (wrong === null) return line;
    keep([{ line: number, ...wrong }]);
    return null;
  };

  /** What is wrong with a line only in the company of those before it. */
  const outOfPlace = (line: Line): Omit<Problem, 'line'> | null => {
    if (line.at < lastAt) {
      const wrong = `is ${line.at}, but line ${lastNumber} before it is of ${lastAt}: time does not go back`;
      return { path: 'at', wrong, right: `at least ${lastAt}, or the lines in the order of their times` };
    }
    if (line.kind === 'report') {
      if (line.untilMs !== undefined && line.everyMs === undefined)
        return { path: 'untilMs', wrong: 'says until when, but nothing says how often', right: 'everyMs beside it' };
      if (line.untilMs !== undefined && line.untilMs < line.at)
        return { path: 'untilMs', wrong: `is ${line.untilMs}, before the line itself`, right: `more than ${line.at}` };
    }
    if (line.kind === 'placement' && line.epoch <= (epochs.get(line.site) ?? 0)) {
      const known = epochs.get(line.site)!;
      const wrong = `is ${line.epoch}, but a line before it gave ${line.site} epoch ${known}: it only grows`;
      return { path: 'epoch', wrong, right: `${known + 1} or more` };
    }
    if (header?.turns === 'steady') return outOfSteadyTurns(line);
    return null;
  };

  const outOfSteadyTurns = (line: Line): Omit<Problem, 'line'> | null => {
    if (line.kind === 'turn')
      return {
        path: 'kind',
        wrong: 'is a turn, but the header says that turns are steady',
        right: '"turns": "recorded" in the header',
      };
    if (line.kind === 'stall' && line.at - line.forMs < lastAt && lastNumber > 1) {
      const wrong = `is ${line.forMs}: a pause since ${line.at - line.forMs}, but line ${lastNumber} is of ${lastAt}, and nothing is heard in a pause`;
      return { path: 'forMs', wrong, right: `at most ${line.at - lastAt}` };
    }
    return null;
  };

  return {
    take(text) {
      number += 1;
      if (text.trim() === '') return null;
      const first = !started;
      started = true;
      const value = parseLine(text);
      if (typeof value === 'string')
        return complain('', value, 'one JSON object on the line, such as {"at": 0, "kind": …}');
      if (first || value.kind === 'header') {
        if (first) return readHeader(value);
        return complain('kind', 'is header, but the file has one already', 'one recording in each file');
      }
      return readLine(value);
    },
    header: () => header,
    finish() {
      if (!started) keep([{ path: '', line: null, wrong: 'is empty', right: 'a header line, then what was observed' }]);
    },
    problems: () => problems,
    moreProblems: () => more,
  };
}

/** The object of a line, or what is wrong with its text. */
function parseLine(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'is no JSON object';
    return value as Record<string, unknown>;
  } catch (error) {
    return `is not readable as JSON: ${(error as Error).message.replace(/ in JSON at .*$| \(line 1 column.*$/s, '')}`;
  }
}

function oneLine(value: Record<string, unknown>, line: number) {
  return { value, problems: [], lineOf: () => line };
}

/** Where the kind stands that makes the line, what it is, and what it could be. */
function kindOf({ kind, report }: Record<string, unknown>): [string, unknown, readonly string[]] {
  if (kind !== 'report') return ['kind', kind, LINE_KINDS];
  return ['report.kind', (report as { kind?: unknown } | null | undefined)?.kind, REPORT_KINDS];
}

function wordsOf(kind: unknown): string {
  return kind === undefined ? 'is missing' : `is ${JSON.stringify(kind)}`;
}

function meant(kind: unknown, known: readonly string[]): string {
  return (typeof kind === 'string' && nearest(kind, known)) || `one of ${known.join(', ')}`;
}
