/** How durations, times and columns are written, the same on every screen. */
import { stripVTControlCharacters } from 'node:util';

/** `0.4 s`, `12 s`, `3 min`, `2 h 05 min`, `4 d 3 h`: as precise as a person needs. Negative counts as 0. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12.345 s`: to the millisecond, where two moments are compared. */
export function exactSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

/** `2026-11-22 17:40:12`, local time. */
export function dateTime(at: number): string {
  return new Date(at).toLocaleString('sv-SE');
}

/** `17:40:12`, local time. */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString('sv-SE');
}

/** Columns as wide as their widest cell, two spaces apart; colour codes do not count. The last column is not padded. */
export function table(rows: string[][], indent = ''): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows
    .map((row) => (indent + row.map((cell, i) => cell + ' '.repeat(widths[i]! - widthOf(cell))).join('  ')).trimEnd())
    .join('\n');
}

/** Breaks `text` between words so that no line is longer than `width`; lines after the first begin with `indent`. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const room = width - (lines.length === 0 ? 0 : indent.length);
    if (line !== '' && widthOf(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${indent}`);
}

export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
