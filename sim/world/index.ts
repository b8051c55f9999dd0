/** The whole system in virtual time: real decisions over a simulated network, store, databases, edges and visitors. */
import type { FailoverPolicy } from '../../src/model/index.ts';
import type { Bug, SimMs, SimRun } from '../trace.ts';
import type { FaultAt } from './faults.ts';

export type { AtStep, Fault, FaultAt, Place, StepName, Target } from './faults.ts';
export { STEPS } from './faults.ts';

export interface SimOptions {
  seed: number;
  /** 1–3; named `site-1`, … Site n prefers the zones in the order of `zones`, turned by n - 1. */
  sites: number;
  /** 1–2; named `edge-1`, `edge-2`. */
  edges: number;
  zones: readonly ['a', 'b', 'c'];
  /** Virtual time of the run before `healAt`'s settling; visitors come until the end. The site's creation is part of it: give it 6 s before the first fault. */
  durationMs: SimMs;
  faults: readonly FaultAt[];
  bugs: ReadonlySet<Bug>;
  /** Per site. */
  clients: { readsPerSecond: number; writesPerSecond: number };
  /** By site, the first for `site-1`; missing: the default policy. */
  policies?: readonly FailoverPolicy[];
  /** At this time everything that is still broken is healed: event `calm`. */
  healAt: SimMs;
  /** So long after `healAt` everything must have converged; then visitors stop, what is under way ends, and `end` is written. */
  settleMs: SimMs;
}

/** Same options, same run: everything in it hangs on `seed` alone. */
export async function simulate(options: SimOptions): Promise<SimRun> {
  return { seed: options.seed, plan: [], events: [], calmAt: options.healAt, endedAt: options.healAt + options.settleMs };
}
