/** Days and months as rows of minutes: UTC throughout, so that every zone and every edge means the same ones. Pure. */
import type { WallMs } from '../../model/index.ts';

export const MINUTE_MS = 60_000;
export const MINUTES_A_DAY = 1_440;

/** From the first minute to before the last; minutes since 1970. */
export interface Period {
  from: number;
  to: number;
}

export function minuteOf(at: WallMs): number {
  return Math.floor(at / MINUTE_MS);
}

/** `2026-11` → its minutes; null: not a month. */
export function monthPeriod(month: string): Period | null {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
  if (match === null) return null;
  const [year, at] = [Number(match[1]), Number(match[2]) - 1];
  return { from: minuteOf(Date.UTC(year, at)), to: minuteOf(Date.UTC(year, at + 1)) };
}

/** `2026-11-29` → its minutes; null: not a day. */
export function dayPeriod(day: string): Period | null {
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at)) return null;
  const from = minuteOf(at);
  return dayOf(from) === day ? { from, to: from + MINUTES_A_DAY } : null;
}

/** The month that a minute lies in: `2026-11`. */
export function monthOf(minute: number): string {
  return dayOf(minute).slice(0, 7);
}

/** `2026-11-29` */
export function dayOf(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 10);
}

/** The days of a period, in order; the first and the last one may be cut short by it. */
export function daysIn({ from, to }: Period): Period[] {
  const days: Period[] = [];
  for (let at = from; at < to; ) {
    const next = Math.min(to, (Math.floor(at / MINUTES_A_DAY) + 1) * MINUTES_A_DAY);
    days.push({ from: at, to: next });
    at = next;
  }
  return days;
}
