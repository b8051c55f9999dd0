/** What a site wants done by itself: how patient, whether to ask a person first, whether to go home again. */

/** For how long a trouble must have held before the site is moved for it; milliseconds. */
export interface Patience {
  /** Zone dark, merely silent. */
  silenceMs: number;
  /** Zone dark, its programs known to be gone; or the live copy's database server known to have ended. */
  refusedMs: number;
  /** Live copy in a living zone: answers nobody, or its disk is stuck. */
  downMs: number;
  /** Zone or copy erring, counted from the first failure of the run. */
  erringMs: number;
  /** Zone or copy slow. */
  slowMs: number;
}

/** Named sets of numbers; `normal` is the default. `careful` rides out the ordinary blips of up to three seconds. */
export const PATIENCE = {
  eager: { silenceMs: 400, refusedMs: 150, downMs: 1_000, erringMs: 0, slowMs: 5_000 },
  normal: { silenceMs: 600, refusedMs: 250, downMs: 2_000, erringMs: 0, slowMs: 15_000 },
  careful: { silenceMs: 5_000, refusedMs: 3_500, downMs: 10_000, erringMs: 5_000, slowMs: 60_000 },
} as const satisfies Record<string, Patience>;

/** Minutes of the day, UTC; `from` > `to` goes over midnight. */
export interface DailyWindow {
  fromMinute: number;
  toMinute: number;
}

export interface Failback {
  /** The home zone (the site's first) must have been without trouble for so long, and the site protected. */
  quietMs: number;
  /** Only inside this window; null: at any time. */
  window: DailyWindow | null;
}

export interface FailoverPolicy {
  patience: Patience;
  mode: 'automatic' | 'ask-first';
  /** Null: the site stays where it is until a person moves it. */
  failback: Failback | null;
  /** After a move between living zones the next one waits so long, after n of them in a day 2^(n−1) times as long; 0: no limit. */
  backOffMs: number;
  /** A standby whose applied data is older than this is no good target: it would have to catch up first. */
  mostLagMs: number;
}

export const DEFAULT_POLICY: FailoverPolicy = {
  patience: PATIENCE.normal,
  mode: 'automatic',
  failback: null,
  backOffMs: 10 * 60_000,
  mostLagMs: 5_000,
};

/** The smallest of each number: what the detector has to look for when these sites are watched. */
export function mostEager(all: Iterable<Patience>): Patience {
  const least = { ...PATIENCE.careful } as Patience;
  let any = false;
  for (const patience of all) {
    for (const key of Object.keys(least) as (keyof Patience)[])
      least[key] = any ? Math.min(least[key], patience[key]) : patience[key];
    any = true;
  }
  return any ? least : PATIENCE.normal;
}
