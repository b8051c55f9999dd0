/** Local times of people: whether it is quiet for them, and whether they are on duty. Pure. */
import { DateTime } from 'luxon';
import type { DailyWindow, OnCallShift, WallMs } from '../model/index.ts';

/**
 * When the quiet that it is in ends; null when it is not quiet. Windows that follow each other count as one; at most a day ahead.
 * Days on which the clocks change have their hours twice or not at all, like the clocks on the wall.
 */
export function quietUntil(windows: readonly DailyWindow[], timeZone: string, now: WallMs): WallMs | null {
  let until: WallMs | null = null;
  for (let step = 0; step <= windows.length; step += 1) {
    const local = DateTime.fromMillis(until ?? now, { zone: timeZone });
    const inside = windows.find((window) => covers(window, minuteOf(local)));
    if (inside === undefined) break;
    until = endOf(inside, local);
    if (until - now >= DAY_MS) return now + DAY_MS;
  }
  return until;
}

const DAY_MS = 86_400_000;

/** Whether the shift's hours include this moment, on the clock of the person's wall. */
export function isOnDuty({ hours }: Pick<OnCallShift, 'hours'>, timeZone: string, now: WallMs): boolean {
  if (hours.length === 0) return true;
  const local = DateTime.fromMillis(now, { zone: timeZone });
  return hours.some(({ days, window }) => {
    if (!covers(window, minuteOf(local))) return false;
    // A window over midnight belongs to the day on which it began.
    const began = window.fromMinute > window.toMinute && minuteOf(local) < window.toMinute;
    return days.includes((began ? local.minus({ days: 1 }) : local).weekday);
  });
}

function minuteOf(local: DateTime): number {
  return local.hour * 60 + local.minute;
}

function covers({ fromMinute, toMinute }: DailyWindow, minute: number): boolean {
  return fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

function endOf({ toMinute }: DailyWindow, local: DateTime): WallMs {
  const [hour, minute] = [Math.floor(toMinute / 60) % 24, toMinute % 60];
  const today = local.set({ hour, minute, second: 0, millisecond: 0 });
  return (today > local ? today : today.plus({ days: 1 })).toMillis();
}
