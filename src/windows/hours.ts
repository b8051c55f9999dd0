/** How a controller keeps minutes: an hour of one site at one edge in one text, `0:12,1:14/2`: minute of the hour, requests / failed. Pure. */
import type { Counts } from '../record/level/minutes.ts';

/** By the minute of the hour, 0–59. */
export type HourCounts = Map<number, Counts>;

export const MINUTES_AN_HOUR = 60;

export function toHourText(counts: HourCounts): string {
  return [...counts]
    .sort(([one], [other]) => one - other)
    .map(([minute, { requests, failed }]) => `${minute}:${requests}${failed === 0 ? '' : `/${failed}`}`)
    .join(',');
}

export function parseHourText(text: string): HourCounts {
  const counts: HourCounts = new Map();
  for (const part of text === '' ? [] : text.split(',')) {
    const [minute, figures = '0'] = part.split(':');
    const [requests, failed = '0'] = figures.split('/');
    counts.set(Number(minute), { requests: Number(requests), failed: Number(failed) });
  }
  return counts;
}
