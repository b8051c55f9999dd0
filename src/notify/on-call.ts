/**
 * Who is asked to take an incident, and when the next one is. Pure: what was asked so far stands in the store, so any controller
 * carries on.
 *
 *   trouble ──▶ asked 1 ──(nobody says so)──▶ asked 2 ──▶ … the list again, `rounds` times
 *                  │ acknowledged: nobody more is asked            over: those who were asked are told
 */
import type { OnCall, Person, WallMs } from '../model/index.ts';
import { isOnDuty } from './hours.ts';

export interface Asked {
  person: string;
  at: WallMs;
}

export type NextAsk =
  | { next: 'ask'; person: string; step: number }
  | { next: 'wait'; until: WallMs }
  /** Those on the list are off duty now; looked at again. */
  | { next: 'nobody-on-duty' }
  | { next: 'exhausted' };

/** `asked`: in the order in which they were. The first of the list who is on duty and was asked the least; each `rounds` times at most. */
export function nextAsk(
  { shifts, escalateAfterMs, rounds }: OnCall,
  people: readonly Pick<Person, 'name' | 'timeZone'>[],
  asked: readonly Asked[],
  now: WallMs,
): NextAsk {
  const last = asked.at(-1);
  if (last !== undefined && now - last.at < escalateAfterMs) return { next: 'wait', until: last.at + escalateAfterMs };
  const zones = new Map(people.map(({ name, timeZone }) => [name, timeZone]));
  const onDuty = [
    ...new Set(
      shifts
        .filter((shift) => zones.has(shift.person) && isOnDuty(shift, zones.get(shift.person)!, now))
        .map(({ person }) => person),
    ),
  ];
  if (onDuty.length === 0) return { next: 'nobody-on-duty' };
  const times = (person: string) => asked.filter((one) => one.person === person).length;
  const least = Math.min(...onDuty.map(times));
  if (least >= rounds) return { next: 'exhausted' };
  return { next: 'ask', person: onDuty.find((person) => times(person) === least)!, step: asked.length + 1 };
}
