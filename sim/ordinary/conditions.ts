/** What is wrong in the simulated world at one moment; normal is nothing. Episodes are lists of effects on it. */
import type { Cluster } from './cluster.ts';

/** Zones 0–2, edges 3–4. */
export const NODES = 5;
export const ZONE_COUNT = 3;

export interface CopyTrouble {
  /** Share of requests that end in a 5xx beyond what is usual for the site. */
  errors: number;
  /** Which of them fail: `by-request`, so that the same request fails wherever the fault is; or `by-chance`, each time anew. */
  fails: 'by-request' | 'by-chance';
  /** Answers take so many times longer. */
  slow: number;
  /** `hangs`: connections are accepted and nothing is answered; `refuses`: nobody listens. */
  up: 'serves' | 'hangs' | 'refuses';
  /** Share of readiness checks that fail beyond the usual none, and what they answer (0: nothing in time). */
  readyFails: number;
  readyStatus: 0 | 500 | 503;
  /** The database is down (the agent sees it at once). */
  databaseDown: boolean;
  /** The trouble comes with the load: it would follow a move. */
  follows: boolean;
  /** What the agent's own small write takes, ms. */
  fsyncMs: number;
  /** Connections in use, of 150. */
  connections: number;
}

export interface Conditions {
  /** Share of packets lost from one node to another; 1: cut. */
  loss: number[][];
  agentPaused: boolean[];
  controllerPaused: boolean[];
  edgePaused: boolean[];
  /** The zone's programs are gone: connections are refused. */
  zoneDead: boolean[];
  /** By node: how much later its reports leave. */
  reportDelayMs: number[];
  /** By site: so many times the usual requests. */
  load: number[];
  /** By site and zone. */
  copies: CopyTrouble[][];
  /** By zone: how far the controller's wall clock has jumped. */
  wallJumpMs: number[];
  /** By zone: share of the host's cores that is busy. */
  cpuBusy: number[];
}

export interface Effect {
  fromMs: number;
  toMs: number;
  apply(conditions: Conditions): void;
}

const ORDINARY_COPY: CopyTrouble = {
  errors: 0,
  fails: 'by-request',
  slow: 1,
  up: 'serves',
  readyFails: 0,
  readyStatus: 500,
  databaseDown: false,
  follows: false,
  fsyncMs: 3,
  connections: 12,
};

const NO_LOSS = Array.from({ length: NODES }, () => Array.from({ length: NODES }, () => 0));

export function normal({ sites }: Pick<Cluster, 'sites'>): Conditions {
  return {
    loss: NO_LOSS.map((row) => row.slice()),
    agentPaused: [false, false, false],
    controllerPaused: [false, false, false],
    edgePaused: [false, false],
    zoneDead: [false, false, false],
    reportDelayMs: NO_LOSS[0]!.slice(),
    load: sites.map(() => 1),
    copies: sites.map(() => [{ ...ORDINARY_COPY }, { ...ORDINARY_COPY }, { ...ORDINARY_COPY }]),
    wallJumpMs: [0, 0, 0],
    cpuBusy: [0.3, 0.3, 0.3],
  };
}

/** What holds at `at`, when these are all the effects there are. */
export function conditionsAt(cluster: Pick<Cluster, 'sites'>, effects: Effect[], at: number): Conditions {
  const conditions = normal(cluster);
  for (const effect of effects) if (effect.fromMs <= at && at < effect.toMs) effect.apply(conditions);
  return conditions;
}

/** Share of round trips between two nodes that lose a packet on the way there or back. */
export function roundTripLoss({ loss }: Conditions, one: number, other: number): number {
  return 1 - (1 - loss[one]![other]!) * (1 - loss[other]![one]!);
}

/** Chances of independent causes together. */
export function either(one: number, other: number): number {
  return 1 - (1 - one) * (1 - other);
}
