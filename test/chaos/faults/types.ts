/** What a fault is: planned as plain data from a seed, brought about on the running platform, and mended. */
import type { Instance } from '../../../src/local/instance.ts';
import type { Placement, ZoneId } from '../../../src/model/index.ts';
import type { StepName } from '../hook/steps.ts';

/** Which zone is hit, by what it is for the site. */
export type Who = 'live' | 'standby' | 'spare';

export interface FaultPlan {
  kind: string;
  who: Who;
  /** The roles are those of the round's beginning, or those when the fault begins. */
  asOf: 'beginning' | 'then';
  /** The other end of a link. */
  other: Who | null;
  /** After the beginning of the round, and until it is mended, milliseconds. */
  atMs: number;
  forMs: number;
  /** Kill at a named step. */
  step: { name: StepName; moment: 'before' | 'after'; victim: 'agent' | 'database' } | null;
  /** 0 to 1, what a kind makes of it: how lossy, how slow, how far the clock jumps. */
  amount: number;
}

export interface Stage {
  instance: Instance;
  site: string;
  placement(): Placement;
  /** Where the programs' `inside.ts` looks for its orders. */
  folder: string;
}

export interface Broken {
  /** What it was done to, for people. */
  to: string;
  detail: string;
  mend(): Promise<void>;
}

export interface FaultKind {
  /** `zone`: all of a zone is as good as gone. `part`: less. `all`: everything at once. */
  size: 'zone' | 'part' | 'all';
  /** How often it is drawn among its size. */
  weight: number;
  /** Null: there was nothing to break just now. */
  inject(stage: Stage, plan: FaultPlan): Promise<Broken | null>;
}

/** The zone that plays the role now; null when none does. */
export function zoneOfRole(stage: Stage, who: Who): ZoneId | null {
  const { live, standby, spares } = stage.placement();
  if (who === 'live') return live;
  if (who === 'standby') return standby;
  return spares[0] ?? stage.instance.zones.find(({ zone }) => zone !== live && zone !== standby)?.zone ?? null;
}

export const nothing = async () => {};
