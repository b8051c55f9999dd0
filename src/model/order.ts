/**
 * A move that somebody asked for, carried in the site's placement until it is done, called off or overtaken by a failover: so any
 * controller carries it on, and nobody has to remember it.
 *
 *   asked ──▶ (the standby is in `to`, in sync) ──▶ holding ──▶ moved
 *                                                    │  not idle in time: let go, and tried again until `drainMs` are over
 */
import type { WallMs, ZoneId } from './ids.ts';

/** `accept-loss`: to a standby that is not in sync, giving up what only the live copy has. The others lose nothing. */
export const ORDER_KINDS = ['move', 'evacuate', 'return', 'failback', 'drill', 'accept-loss'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

export interface Order {
  kind: OrderKind;
  to: ZoneId;
  /** Who asked: a person's name, `schedule`, `policy`. */
  by: string;
  why: string;
  at: WallMs;
  /** Requests and transactions that are open on the old side are given so long in all; then they are ended. */
  drainMs: number;
  /** The edges hold all of the site's visitors, and the live copy starts nothing new. */
  holding: boolean;
  /** So many times the visitors were held and let go again, since the old side did not become idle. */
  attempts: number;
}

export const DEFAULT_DRAIN_MS = 10_000;

/** What a drill does to the site: a planned move, or a fault of this site's own copy, made by its agent. */
export const DRILL_FAULTS = [
  'move',
  'kill-database',
  'freeze-database',
  'kill-application',
  'freeze-application',
] as const;
export type DrillFault = (typeof DRILL_FAULTS)[number];

/** A drill under way: away by `fault`, a while there, and home again. */
export interface Drill {
  id: string;
  fault: DrillFault;
  home: ZoneId;
  by: string;
  startedAt: WallMs;
  /** Where it goes: the standby when it began. */
  to: ZoneId;
  /** `away`: leaving home; `there`: the other copy serves and is protected; `home`: going home. */
  stage: 'away' | 'there' | 'home';
  /** Why it goes home before its time; null: it does not. */
  stopped: string | null;
  /** As far as they are known; `tookMs` only in the result. */
  figures: DrillFigures;
}

export interface DrillFigures {
  /** From the fault to the decision, by the clocks of two hosts; null for a planned move, and when nothing had to be decided. */
  decidedMs: number | null;
  /** The longest time that the edges held a visitor, there and back. */
  heldLongestMs: number;
  /** Visitors' requests that failed at the edges while it went on. */
  failedRequests: number;
  /** How long the site was exposed in all. */
  exposedMs: number;
  tookMs: number;
}

export const NO_DRILL_FIGURES: DrillFigures = {
  decidedMs: null,
  heldLongestMs: 0,
  failedRequests: 0,
  exposedMs: 0,
  tookMs: 0,
};

/** So many results are kept of each site. */
export const MOST_DRILL_RESULTS = 50;

/** How a drill ended; kept by site, newest last. */
export interface DrillResult {
  id: string;
  fault: DrillFault;
  by: string;
  startedAt: WallMs;
  endedAt: WallMs;
  outcome: 'passed' | 'failed' | 'stopped';
  /** Every promise that was not kept, or why it was stopped; empty when it passed. */
  problems: string[];
  figures: DrillFigures;
}
