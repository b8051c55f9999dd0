/** All that one transition of one site may look at. */
import type { Finding, WallMs } from '../model/index.ts';
import type { Practices } from './drill-limits.ts';
import type { FindingIndex } from './findings.ts';
import type { Arrivals } from './room.ts';
import type { SiteView, World } from './world.ts';

/** How many sites hold their visitors for a move, with those that begin to in this turn. */
export interface HandOvers {
  count(): number;
  /** One more begins. */
  note(): void;
}

export interface Circumstances {
  site: SiteView;
  world: World;
  findings: FindingIndex;
  /** What other sites bring along to the zones that they are moved to. */
  arrivals: Arrivals;
  handOvers: HandOvers;
  /** Drills under way, with those that begin in this turn. */
  practices: Practices;
  because: Finding | null;
  now: WallMs;
}
