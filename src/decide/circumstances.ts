/** All that one transition of one site may look at. */
import type { Finding, WallMs } from '../model/index.ts';
import type { FindingIndex } from './findings.ts';
import type { Arrivals } from './room.ts';
import type { SiteView, World } from './world.ts';

export interface Circumstances {
  site: SiteView;
  world: World;
  findings: FindingIndex;
  /** What other sites bring along to the zones that they are moved to. */
  arrivals: Arrivals;
  because: Finding | null;
  now: WallMs;
}
