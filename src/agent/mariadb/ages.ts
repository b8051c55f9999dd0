/**
 * How old what one look at the server cannot date is: since when something received waits to be applied, and since when a transaction
 * is open. By this host's clock alone: commit times of another host are never compared with it.
 */
import type { MonoMs } from '../../model/index.ts';
import { sequenceOf } from './gtid.ts';
import type { Sample } from './sampler.ts';

/** The server tells a transaction's age in whole seconds, rounded up: more than so many are believed, less is measured here. */
const SERVER_TELLS_FROM_MS = 2_000;

export interface Ages {
  see(sample: Sample): void;
  forget(): void;
  /** `ms`: since everything received was last applied; 0 while nothing waits. */
  lag(newest: Sample, now: MonoMs): { ms: number; bytes: number };
  transactions(newest: Sample, now: MonoMs): { open: number; oldestMs: number };
}

export function createAges(): Ages {
  let appliedAllAt: MonoMs | null = null;
  let firstSeen = new Map<string, MonoMs>();
  return {
    see(sample) {
      if (!isWaiting(sample) || appliedAllAt === null) appliedAllAt = sample.at;
      firstSeen = new Map(sample.open.map(({ key }) => [key, firstSeen.get(key) ?? sample.at]));
    },
    forget() {
      appliedAllAt = null;
      firstSeen = new Map();
    },
    lag(newest, now) {
      if (!isWaiting(newest)) return { ms: 0, bytes: 0 };
      return { ms: Math.round(now - (appliedAllAt ?? now)), bytes: newest.backlogBytes };
    },
    transactions(newest, now) {
      const ages = newest.open.map(({ key, ageMs }) => {
        const measured = now - (firstSeen.get(key) ?? now);
        return ageMs > SERVER_TELLS_FROM_MS ? Math.max(measured, ageMs - 1_000) : measured;
      });
      return { open: ages.length, oldestMs: Math.round(Math.max(0, ...ages)) };
    },
  };
}

function isWaiting({ receivedPosition, appliedPosition }: Sample): boolean {
  return sequenceOf(receivedPosition) > sequenceOf(appliedPosition);
}
