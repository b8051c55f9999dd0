/** What visitors do in a drill, as plain data, so that it can be handed to a thread of its own. */
import type { WallMs } from '../../model/index.ts';

/** `{{id}}` stands for the request's id in path, headers and body. */
export interface RequestShape {
  path: string;
  headers: Record<string, string>;
  body: string | null;
  /** HTTP statuses that mean: done. Anything else is a failure. */
  accepted: number[];
}

export interface LoadPlan {
  /** Where the edge listens. */
  address: { host: string; port: number };
  /** The site's host name. */
  host: string;
  get: RequestShape;
  write: RequestShape;
  getsPerSecond: number;
  writesPerSecond: number;
  /** Visitors with kept connections of their own; each opens another one when all of its own are busy. */
  clients: number;
  timeoutMs: number;
  /** Every id begins with it. */
  runId: string;
}

export interface Sample {
  id: string;
  kind: 'get' | 'write';
  /** When it was due; what is late counts from here. */
  scheduledAt: WallMs;
  sentAt: WallMs;
  finishedAt: WallMs;
  /** 0: no whole answer. */
  status: number;
  ok: boolean;
  /** What the edge says of the request (`x-holdfast-outcome`), when it says anything. */
  outcome: string | null;
  /** Why there was no whole answer: an error code, or `timeout`. */
  error: string | null;
}
