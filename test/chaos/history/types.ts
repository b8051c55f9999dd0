/** What a chaos run keeps, a line each: what clients asked and were told, faults, placements, rounds, what each copy holds. */
import type { Incident, ZoneId } from '../../../src/model/index.ts';

/** Milliseconds of the machine's monotonic clock, the same in every thread. */
export type At = number;

export type Verb = 'add' | 'write' | 'cas' | 'read' | 'newest';

/**
 * `ok`: the client was told that it is done. `fail`: it was told that it is not, or nothing was ever sent. `unknown`: it may have
 * been done, and may still be.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

export interface Operation {
  type: 'op';
  id: number;
  client: number;
  verb: Verb;
  /** GET: a copy that only follows may answer it. */
  anyCopy: boolean;
  /** Register of write, cas and read. */
  name: string | null;
  /** What was to be added or written; null for reads. */
  value: string | null;
  /** What cas expects. */
  old: string | null;
  invoke: At;
  complete: At;
  outcome: Outcome;
  /** Why it is not ok: the edge's word, the database's error, a time-out. */
  why: string | null;
  /** What reads returned: a register's value (null: it was never written) or the newest elements. */
  seen: string[] | null;
  /** The register's version that was written or read. */
  version: number | null;
  /** Who did it, as far as it could still say. */
  zone: ZoneId | null;
  server: number | null;
  readOnly: boolean | null;
  /** `domain-server-sequence` of the transaction. */
  gtid: string | null;
}

export interface PlacementLine {
  type: 'placement';
  at: At;
  epoch: number;
  live: ZoneId;
  standby: ZoneId | null;
  spares: ZoneId[];
  inSync: boolean;
  phase: string;
  decision: string;
  incident: string | null;
}

export interface FaultLine {
  type: 'fault';
  at: At;
  round: number;
  kind: string;
  /** `begins`, `ends`, or `skipped` with the reason. */
  what: 'begins' | 'ends' | 'skipped' | 'hit';
  /** What it was done to: a zone, two zones, a program. */
  to: string;
  detail: string;
}

export interface RoundLine {
  type: 'round';
  at: At;
  round: number;
  what: 'begins' | 'healed' | 'converged' | 'stuck';
  detail: string;
}

/** Everything that one copy holds. */
export interface StateLine {
  type: 'state';
  at: At;
  zone: ZoneId;
  role: string;
  /** Elements of the set in the order of their numbers, with repetitions. */
  elements: string[];
  /** Every version ever written: name, version, value. */
  versions: [string, number, string][];
  /** The registers as they are: name, version, value. */
  registers: [string, number, string][];
}

export interface IncidentLine {
  type: 'incident';
  incident: Incident;
}

export interface HeadLine {
  type: 'run';
  seed: number;
  clients: number;
  /** Wall clock of `at` 0, for comparing with the programs' logs. */
  wallOfZero: number;
  instance: string;
}

export type Line = HeadLine | Operation | PlacementLine | FaultLine | RoundLine | StateLine | IncidentLine;

/** Now, on the clock of every line. */
export const now = (): At => Number(process.hrtime.bigint() / 1000n) / 1000;
