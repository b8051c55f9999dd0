/** Which copies get no requests just now, by what this edge sees itself: the counterpart of src/edge/lua/health.lua. */
import type { ZoneId } from '../../../src/model/index.ts';

const EJECTED_FOR_MS = 1_000;
const SUSPECT_FOR_MS = 2_000;
const QUIET_FOR_MS = 1_000;
const QUIET_AFTER_MS = 200;
const SUSPECT_AFTER_MS = 500;
const SUSPECT_WAITING = 3;
export const CURIOUS_AFTER_MS = 250;

export interface Copy {
  /** `site@zone`. */
  key: string;
  site: string;
  zone: ZoneId;
}

interface Mark {
  since: number;
  until: number;
}

export interface Health {
  eject(copy: Copy): void;
  renewSuspicion(key: string): void;
  quiet(zone: ZoneId): void;
  notQuiet(zone: ZoneId): void;
  answered(copy: Copy): void;
  answeredAt(key: string): number | null;
  /** The copy may not be used; it is noted as wanted. */
  inTrouble(copy: Copy): boolean;
  /** Judges one copy by how many wait for it, and since when the oldest does. */
  judge(copy: Copy, waiting: number, oldestSince: number): void;
  /** Copies that were wanted since the last call. */
  takeWanted(): Copy[];
}

export function createHealth(now: () => number): Health {
  const ejected = new Map<string, Mark>();
  const suspected = new Map<string, Mark>();
  const quiet = new Map<ZoneId, number>();
  const answeredAt = new Map<string, number>();
  const zoneAnsweredAt = new Map<ZoneId, number>();
  const wanted = new Map<string, Copy>();
  let marked = false;

  const standing = (marks: Map<string, Mark>, key: string) => {
    const mark = marks.get(key);
    return mark !== undefined && now() < mark.until ? mark : null;
  };
  const suspect = (key: string) => {
    const since = standing(suspected, key)?.since ?? now();
    suspected.set(key, { since, until: now() + SUSPECT_FOR_MS });
    marked = true;
  };
  const isTroubled = (copy: Copy): boolean => {
    if (standing(ejected, copy.key) !== null) return true;
    const suspicion = standing(suspected, copy.key);
    if (suspicion !== null && (answeredAt.get(copy.key) ?? 0) < suspicion.since) return true;
    if ((quiet.get(copy.zone) ?? 0) <= now()) return false;
    return now() - (zoneAnsweredAt.get(copy.zone) ?? 0) > QUIET_AFTER_MS;
  };

  return {
    eject(copy) {
      ejected.set(copy.key, { since: now(), until: now() + EJECTED_FOR_MS });
      marked = true;
    },
    renewSuspicion(key) {
      if (standing(suspected, key) !== null) suspect(key);
    },
    quiet(zone) {
      quiet.set(zone, now() + QUIET_FOR_MS);
      marked = true;
    },
    notQuiet: (zone) => quiet.delete(zone),
    answered(copy) {
      answeredAt.set(copy.key, now());
      zoneAnsweredAt.set(copy.zone, now());
      if (marked) ejected.delete(copy.key);
    },
    answeredAt: (key) => answeredAt.get(key) ?? null,
    inTrouble(copy) {
      if (!marked || !isTroubled(copy)) return false;
      wanted.set(copy.key, copy);
      return true;
    },
    judge(copy, waiting, oldestSince) {
      const waitedMs = now() - oldestSince;
      const silentMs = now() - (answeredAt.get(copy.key) ?? 0);
      if (waitedMs < CURIOUS_AFTER_MS || silentMs < CURIOUS_AFTER_MS) return;
      wanted.set(copy.key, copy);
      if (waiting >= SUSPECT_WAITING && waitedMs > SUSPECT_AFTER_MS && silentMs > SUSPECT_AFTER_MS) suspect(copy.key);
    },
    takeWanted() {
      const taken = [...wanted.values()];
      wanted.clear();
      return taken;
    },
  };
}
