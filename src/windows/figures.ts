/** What a row of a second or a minute holds besides its key: adding two of them, and how they stand in a table. Pure. */
import { addLatencies, type SecondRow } from '../model/index.ts';
import { latencyText, parseLatency } from './batch.ts';

export type Figures = Omit<SecondRow, 'edge' | 'site' | 'second'>;

export const COLUMNS = 'requests, failed, held, heldLongestMs, longestMs, latency';
export const COLUMN_TYPES =
  'requests INTEGER NOT NULL, failed INTEGER NOT NULL, held INTEGER NOT NULL, heldLongestMs INTEGER NOT NULL, longestMs INTEGER NOT NULL, latency TEXT NOT NULL';

export function addFigures(one: Figures, other: Figures): Figures {
  return {
    requests: one.requests + other.requests,
    failed: one.failed + other.failed,
    held: one.held + other.held,
    heldLongestMs: Math.max(one.heldLongestMs, other.heldLongestMs),
    longestMs: Math.max(one.longestMs, other.longestMs),
    latency: addLatencies([one.latency, other.latency]),
  };
}

export const NOTHING: Figures = { requests: 0, failed: 0, held: 0, heldLongestMs: 0, longestMs: 0, latency: [] };

/** In the order of `COLUMNS`. */
export function toColumns(figures: Figures): (number | string)[] {
  const { requests, failed, held, heldLongestMs, longestMs, latency } = figures;
  return [requests, failed, held, heldLongestMs, longestMs, latencyText(latency)];
}

export function fromColumns(row: Record<string, unknown>): Figures {
  return {
    requests: Number(row.requests),
    failed: Number(row.failed),
    held: Number(row.held),
    heldLongestMs: Number(row.heldLongestMs),
    longestMs: Number(row.longestMs),
    latency: parseLatency(String(row.latency)),
  };
}
