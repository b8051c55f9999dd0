/** For how long, and up to how much, what was set aside is kept: told a week (or a tenth of the room) ahead, and a day at the least. Pure. */
import type { WallMs } from '../../../model/index.ts';

export interface SalvageLimits {
  keepMs: number;
  /** Of one site's folders together. */
  mostBytes: number;
}

export const DEFAULT_SALVAGE: SalvageLimits = { keepMs: 30 * 86_400_000, mostBytes: 20e9 };

const WARN_AHEAD_MS = 7 * 86_400_000;
const WARN_SHARE = 0.9;
/** Nothing is deleted of which people have been told for less than this. */
const LEAST_WARNING_MS = 86_400_000;

export interface Dated {
  id: string;
  keptSince: WallMs;
  bytes: number;
  warnedAt: WallMs | null;
}

export interface Verdict {
  warnedAt: WallMs | null;
  deletedAt: WallMs | null;
  deleteNow: boolean;
}

/** `all`: oldest first; the oldest go first when there is too much. A disk that is full is no reason: that is told, not solved here. */
export function judgeSalvage(all: Dated[], limits: SalvageLimits, now: WallMs): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  for (const one of all) {
    const tooOldAt = one.keptSince + limits.keepMs;
    const nearlyTooMuch = bytes > limits.mostBytes * WARN_SHARE;
    if (now < tooOldAt - WARN_AHEAD_MS && !nearlyTooMuch) {
      verdicts.set(one.id, { warnedAt: null, deletedAt: null, deleteNow: false });
      continue;
    }
    const warnedAt = one.warnedAt ?? now;
    const soonest = warnedAt + LEAST_WARNING_MS;
    const tooMuch = bytes > limits.mostBytes;
    const deletedAt = nearlyTooMuch ? soonest : Math.max(tooOldAt, soonest);
    const deleteNow = now >= soonest && (now >= tooOldAt || tooMuch);
    verdicts.set(one.id, { warnedAt, deletedAt, deleteNow });
    // Those after it are judged as if it were gone: only as many as have to go are told of.
    bytes -= one.bytes;
  }
  return verdicts;
}
