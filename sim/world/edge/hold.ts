/** Requests that wait for their site to be moved, or for a zone to answer again: the counterpart of src/edge/lua/hold.lua. */
import type { Tick } from '../../../src/edge/counters.ts';
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { Epoch, SiteId } from '../../../src/model/index.ts';
import type { Request } from './request.ts';

const HOLD_LIMIT_MS = 15_000;
const MOST_REARMS = 2;
/** Two workers, twenty each. */
const RELEASED_PER_TURN = 40;

export interface Waiter {
  request: Request;
  since: number;
  deadline: number;
  rearms: number;
  epoch: Epoch;
}

export interface HoldOptions {
  now(): number;
  rowOf(site: SiteId): RouteRow | undefined;
  mayGo(row: RouteRow, write: boolean): boolean;
  /** Its turn has come. */
  released(request: Request): void;
  /** Its time is over. */
  late(request: Request): void;
}

export interface HoldQueues {
  hold(request: Request, row: RouteRow): void;
  /** One turn of the loop. */
  turn(): void;
  anybody(): boolean;
  report(): Tick['held'];
}

export function createHoldQueues({ now, rowOf, mayGo, released, late }: HoldOptions): HoldQueues {
  /** By site and kind of request: first come, first served. */
  const queues = new Map<string, Waiter[]>();

  const leave = ({ request, since }: Waiter) => {
    request.heldMs += now() - since;
  };

  /** The limit is over: was the request overtaken by a switch, so that it deserves another turn? */
  const rearm = (waiter: Waiter, row: RouteRow | undefined): boolean => {
    if (row === undefined || waiter.rearms >= MOST_REARMS || row.epoch === waiter.epoch) return false;
    waiter.rearms += 1;
    waiter.epoch = row.epoch;
    waiter.deadline = now() + HOLD_LIMIT_MS;
    return true;
  };

  return {
    hold(request, row) {
      const key = request.site + (request.write === null ? ' r' : ' w');
      const queue = queues.get(key) ?? [];
      queues.set(key, queue);
      const since = now();
      const { deadline, rearms } = request.waiter ?? { deadline: since + HOLD_LIMIT_MS, rearms: 0 };
      request.waiter = { request, since, deadline, rearms, epoch: row.epoch };
      queue.push(request.waiter);
    },
    turn() {
      let budget = RELEASED_PER_TURN;
      for (const [key, queue] of queues) {
        const row = rowOf(key.slice(0, -2));
        const open = row !== undefined && mayGo(row, key.endsWith('w'));
        let left = 0;
        for (const waiter of queue) {
          const { request } = waiter;
          if (request.over) continue;
          if (open && budget > 0) {
            budget -= 1;
            leave(waiter);
            released(request);
          } else if (now() < waiter.deadline || rearm(waiter, row)) {
            queue[left++] = waiter;
          } else {
            leave(waiter);
            late(request);
          }
        }
        queue.length = left;
        if (left === 0) queues.delete(key);
      }
    },
    anybody: () => queues.size > 0,
    report() {
      const held = new Map<SiteId, Tick['held'][number]>();
      for (const queue of queues.values()) {
        for (const { request, since } of queue) {
          const one = held.get(request.site) ?? { site: request.site, count: 0, longestMs: 0 };
          held.set(request.site, one);
          one.count += 1;
          one.longestMs = Math.max(one.longestMs, Math.round(now() - since));
        }
      }
      return [...held.values()];
    },
  };
}
