/** Windows of the day, in UTC: when a site may go home, when it must not be moved by plan. */
import type { DailyWindow, WallMs } from '../model/index.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Is `now` inside the daily window? Null: at any time. */
export function isIn(window: DailyWindow | null, now: WallMs): boolean {
  if (window === null) return true;
  const minute = Math.floor(now / MINUTE_MS) % DAY_MINUTES;
  const { fromMinute, toMinute } = window;
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}
