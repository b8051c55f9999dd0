/** One visitor's request on its way through an edge. */
import type { Epoch, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { WriteId } from '../../trace.ts';
import type { Attempt } from './attempt.ts';
import type { Counts } from './counts.ts';
import type { Copy } from './health.ts';
import type { Waiter } from './hold.ts';

export type VisitorEnd =
  | { kind: 'answered'; zone: ZoneId; heldMs: number }
  | { kind: 'failed'; outcome: 'unknown' | 'refused' | 'error' };

export interface VisitorRequest {
  site: SiteId;
  /** Null: a GET. */
  write: WriteId | null;
  end(result: VisitorEnd): void;
}

export interface Request extends VisitorRequest {
  tries: number;
  jumps: number;
  failures: number;
  copy: Copy | null;
  epoch: Epoch;
  /** nginx may go to another copy by itself when this attempt fails. */
  more: boolean;
  attempt: Attempt | null;
  counts: Counts | null;
  bytesSent: boolean;
  /** Passed on to a copy, and counted as under way. */
  departed: boolean;
  heldMs: number;
  over: boolean;
  waiter: Waiter | null;
}

export function newRequest(visit: VisitorRequest): Request {
  return {
    ...visit,
    tries: 0,
    jumps: 0,
    failures: 0,
    copy: null,
    epoch: 0,
    more: false,
    attempt: null,
    counts: null,
    bytesSent: false,
    departed: false,
    heldMs: 0,
    over: false,
    waiter: null,
  };
}

/** What its visitor is told when the edge itself ends. */
export function lostWith(request: Request): VisitorEnd {
  const certain = request.write === null ? 'error' : 'refused';
  return { kind: 'failed', outcome: request.write !== null && request.bytesSent ? 'unknown' : certain };
}
