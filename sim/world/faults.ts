/** The faults that a simulated world can be told to suffer: what, where, from when (a time or a step of somebody's work) and for how long. */
import type { DecisionCode, EdgeId, SiteId, ZoneId } from '../../src/model/index.ts';
import type { SimMs } from '../trace.ts';

/** Ends of network links: a zone, or an edge (edges are named `edge-1`, `edge-2` and lie outside all zones). */
export type Place = ZoneId | EdgeId;

/** `store` is the zone's store member; `edge` the process beside nginx; `data-plane` nginx itself. */
export type Target =
  | { kind: 'zone' | 'agent' | 'controller' | 'store'; zone: ZoneId }
  | { kind: 'database' | 'application'; zone: ZoneId; site: SiteId }
  | { kind: 'edge' | 'data-plane'; edge: EdgeId }
  /** The process of this kind (or the whole zone) in which the step is being taken; only with a step as `at`. */
  | { kind: 'here'; process: 'zone' | 'agent' | 'controller' | 'store' | 'database' | 'application' };

/** Commits that can be interrupted by name: each of them leaves a site between two states. */
export const COMMIT_STEPS = [
  'order',
  'prefer-target',
  'hand-over',
  'let-go',
  'switchover',
  'call-off',
  'accept-loss',
  'failover',
  'take-back',
  'record-promotion',
  'record-open',
  'record-in-sync',
  'add-spare',
  'choose-standby',
  'protect',
  'unprotect',
  'release-copy',
] as const satisfies DecisionCode[];

/** Where work can be interrupted: every action of an agent's plan, and a controller's commit, any or of one kind. */
export const STEPS = [
  'create',
  'build',
  'start-plain',
  'start-rejoin',
  'step-down',
  'promote',
  'resume',
  'admit',
  'gate',
  'release',
  'replay',
  'follow',
  'judge',
  'set-aside',
  'discard',
  'stop',
  'commit',
  ...COMMIT_STEPS,
] as const;
export type StepName = (typeof STEPS)[number];

export function isCommitStep(decision: string): decision is (typeof COMMIT_STEPS)[number] {
  return (COMMIT_STEPS as readonly string[]).includes(decision);
}

/**
 * The `nth` time (from 1) that anybody takes this step. `during`: between two of the step's own statements (for
 * `commit`: the store has taken it, the controller has not heard so).
 */
export interface AtStep {
  step: StepName;
  phase: 'before' | 'during' | 'after';
  nth: number;
  /** Only steps taken from this time of the run on are counted. */
  after?: SimMs;
  zone?: ZoneId;
  site?: SiteId;
}

export type Fault =
  /** The process ends as by SIGKILL and is started again (by its supervisor, or by the agent for what is the agent's) after `forMs`. */
  | { verb: 'crash'; target: Target }
  /** It stands still with its sockets open (SIGSTOP); a whole zone: everything in it does. */
  | { verb: 'pause'; target: Target }
  /** Packets from any of `from` to any of `to` vanish; `both`: and back. `'*'`: everybody but the other side. */
  | { verb: 'cut'; from: readonly Place[] | '*'; to: readonly Place[] | '*'; ways: 'one' | 'both' }
  /** `share` of the packets between them is lost, both ways; TCP repeats them later, probes and short requests may run out of time. */
  | { verb: 'loss'; from: readonly Place[] | '*'; to: readonly Place[] | '*'; share: number }
  | { verb: 'delay'; from: readonly Place[] | '*'; to: readonly Place[] | '*'; addedMs: number; jitterMs: number }
  /** Reports and store events on the link arrive twice / in another order (by up to `jitterMs`), as across reconnections. */
  | { verb: 'duplicate'; from: readonly Place[] | '*'; to: readonly Place[] | '*'; share: number }
  | { verb: 'reorder'; from: readonly Place[] | '*'; to: readonly Place[] | '*'; jitterMs: number }
  /** The wall clock of everything there jumps by this, and back at the end. */
  | { verb: 'clock-jump'; place: Place; byMs: number }
  /** Monotonic time there runs at this rate (0.99–1.01). */
  | { verb: 'drift'; place: Place; rate: number }
  /** Each fsync of the copy's server (site null: of every copy in the zone) takes so long. */
  | { verb: 'slow-disk'; zone: ZoneId; site: SiteId | null; fsyncMs: number }
  /** Everything asked of the store by this place takes so much longer (zone null: by all). */
  | { verb: 'slow-store'; place: Place | null; addedMs: number }
  /** `share` of the application's answers are 500. */
  | { verb: 'app-errors'; zone: ZoneId; site: SiteId; share: number }
  /** The application accepts and never answers. */
  | { verb: 'app-hang'; zone: ZoneId; site: SiteId }
  /** Nothing can be written: commits of the copy's server wait for room. */
  | { verb: 'disk-full'; zone: ZoneId; site: SiteId | null };

export type FaultAt = Fault & {
  at: SimMs | AtStep;
  /** Ended after so long, and at `healAt` at the latest. */
  forMs: number;
};
