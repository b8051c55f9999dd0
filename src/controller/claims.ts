/**
 * For how long this controller has known which incident is the newest about each subject. By its own clock from then on: an incident's name
 * tells by whose clock it was opened, and a clock that is an hour off must not make two of one event.
 */
import type { MonoMs } from '../model/index.ts';

export interface ClaimAges {
  /** Notes what the store tells (subject → incident); to be called every turn. */
  follow(claims: ReadonlyMap<string, string>, now: MonoMs): void;
  /** Milliseconds; 0 for a subject of which nothing is known. What was there when this controller began is as old as that. */
  forMs(subject: string, now: MonoMs): number;
}

export function createClaimAges(): ClaimAges {
  const known = new Map<string, { incident: string; since: MonoMs }>();
  return {
    follow(claims, now) {
      for (const [subject, incident] of claims)
        if (known.get(subject)?.incident !== incident) known.set(subject, { incident, since: now });
    },
    forMs: (subject, now) => now - (known.get(subject)?.since ?? now),
  };
}
