/**
 * Chooses which copies a report tells of. Those of a small host are told every time; of a big one those that changed, and a share
 * of the others in turn, so that a controller that has just come knows all of them soon and the rest costs next to nothing.
 */
import type { AgentReport, CopyReport, MonoMs, SiteId, ZoneId } from '../model/index.ts';
import { urgencyOf } from './differs.ts';

export interface Teller {
  /** `all`: every copy here as it is now, in the same order again and again; not changed afterwards. To be called once a report. */
  tell(all: CopyReport[], now: MonoMs): Pick<AgentReport, 'copies' | 'copiesInAll'>;
}

/** So few are told every time, and at least so many are told in turn. */
export const ALWAYS_TOLD = 50;
/** All are told within so many reports, a second, unless that is more than `MOST_IN_TURN` a time: 3.3 s for 10,000 copies. */
const REPORTS_A_ROUND = 10;
const MOST_IN_TURN = 300;
/** What changed and does not fit comes with the next report; about 1.6 MB. */
const MOST_AT_ONCE = 2_000;
const SOON_MS = 500;

interface Told {
  copy: CopyReport;
  at: MonoMs;
}

export function createTeller(): Teller {
  const told = new Map<SiteId, Told>();
  let cursor = 0;

  const choose = (all: CopyReport[], now: MonoMs): Set<number> => {
    const share = Math.min(MOST_IN_TURN, Math.max(ALWAYS_TOLD, Math.ceil(all.length / REPORTS_A_ROUND)));
    const chosen = new Set(freshestHeard(all));
    for (let step = 0; step < share; step++) chosen.add((cursor + step) % all.length);
    let atOnce = 0;
    let soon = 0;
    for (let step = share; step < all.length; step++) {
      const place = (cursor + step) % all.length;
      const before = told.get(all[place]!.site);
      const urgency = before === undefined ? 'at-once' : urgencyOf(before.copy, all[place]!, now - before.at);
      if (urgency === 'at-once' ? atOnce++ < MOST_AT_ONCE : isDue(urgency, before, now) && soon++ < share) {
        chosen.add(place);
      }
    }
    cursor = (cursor + share) % all.length;
    return chosen;
  };

  return {
    tell(all, now) {
      if (told.size > all.length) told.clear();
      const everything = all.length <= ALWAYS_TOLD;
      const copies = everything ? all : [...choose(all, now)].sort((one, other) => one - other).map((at) => all[at]!);
      for (const copy of copies) told.set(copy.site, { copy, at: now });
      return copies.length === all.length ? { copies } : { copies, copiesInAll: all.length };
    },
  };
}

function isDue(urgency: 'soon' | 'in-turn', before: Told | undefined, now: MonoMs): boolean {
  return urgency === 'soon' && before !== undefined && now - before.at >= SOON_MS;
}

/**
 * Places of those that heard last from each zone that is followed: as long as any of them hears, that zone lives, and a reader
 * who only adds the time that has passed would not know it.
 */
function freshestHeard(all: CopyReport[]): number[] {
  const best = new Map<ZoneId, { place: number; agoMs: number }>();
  for (const [place, { database }] of all.entries()) {
    const { follows, heardAgoMs } = database;
    if (follows === null || heardAgoMs === null || heardAgoMs >= (best.get(follows)?.agoMs ?? Infinity)) continue;
    best.set(follows, { place, agoMs: heardAgoMs });
  }
  return [...best.values()].map(({ place }) => place);
}
