/** The measured days of every site, asked for in turn: figures of the running day change all the time, and ten thousand sites are many. */
import { isDeepStrictEqual } from 'node:util';
import type { SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { DayLevel } from '../record/level/asked.ts';
import { SHOWN_DAYS } from './compose.ts';
import type { DayBar } from './model.ts';

/** Sites asked about in one look; the first round is quicker, since pages wait for it. */
const PER_LOOK = 5;
const PER_FIRST_LOOK = 25;
/** From the beginning of a round to the next one's, at least. */
const ROUND_MS = 15_000;

export interface DaysBook {
  /** Every site has been asked about once. */
  readonly ready: boolean;
  /** Null: not measured, or not known yet. */
  of(site: SiteId): readonly DayBar[] | null;
  /** Asks about the next few; answers those of which something has changed. */
  look(): Promise<SiteId[]>;
}

export interface DaysOptions {
  clock: Pick<Clock, 'mono'>;
  sites(): Iterable<SiteId>;
  /** The newest days, oldest first; null: nothing is measured here. */
  measured(site: SiteId, count: number): Promise<Pick<DayLevel, 'day' | 'availability' | 'badMinutes'>[] | null>;
}

export function createDaysBook({ clock, sites, measured }: DaysOptions): DaysBook {
  const known = new Map<SiteId, DayBar[] | null>();
  let left: SiteId[] = [];
  let beganAt = Number.NEGATIVE_INFINITY;
  let rounds = 0;

  function begin(): void {
    if (left.length > 0 || clock.mono() - beganAt < ROUND_MS) return;
    left = [...sites()];
    const there = new Set(left);
    for (const site of known.keys()) if (!there.has(site)) known.delete(site);
    beganAt = clock.mono();
  }

  async function ask(site: SiteId): Promise<boolean> {
    const days = await measured(site, SHOWN_DAYS);
    const bars = days?.map(({ day, availability, badMinutes }) => ({ day, availability, badMinutes })) ?? null;
    if (isDeepStrictEqual(bars, known.get(site) ?? null)) return false;
    known.set(site, bars);
    return true;
  }

  return {
    get ready() {
      return rounds > 0;
    },
    of: (site) => known.get(site) ?? null,
    look: async () => {
      begin();
      const changed: SiteId[] = [];
      for (const site of left.splice(0, rounds === 0 ? PER_FIRST_LOOK : PER_LOOK))
        if (await ask(site)) changed.push(site);
      if (left.length === 0) rounds += 1;
      return changed;
    },
  };
}
