/**
 * Live and standby lost one right after the other: every order, delay and way to return. Serving no writes until the one that has
 * them is back is legal; losing one is not.
 */

import type { RoundPlan } from '../faults/plan.ts';
import type { FaultPlan, Who } from '../faults/types.ts';

const DELAYS_MS = [0, 100, 300, 1_000, 3_000];
const ORDERS: [Who, Who][] = [
  ['live', 'standby'],
  ['standby', 'live'],
];
/** `copy-kill` leaves the store its majority, so that somebody can decide meanwhile. */
const KINDS = ['zone-kill', 'copy-kill'];
const RETURNS = ['live alone', 'standby alone', 'together'] as const;
/** Both are down for so long, and one alone is back for so long before the other. */
const BOTH_DOWN_MS = 4_000;
const ALONE_MS = 12_000;

export function doubleSeries(): RoundPlan[] {
  let round = 0;
  return KINDS.flatMap((kind) =>
    RETURNS.flatMap((returns) =>
      ORDERS.flatMap((order) =>
        DELAYS_MS.map((delayMs) => {
          round += 1;
          const title = `${kind}: ${order[0]}, ${order[1]} ${delayMs / 1_000} s later, back ${returns}`;
          const faults = order.map((who, index) => lost(kind, who, index * delayMs, backAt(who, returns, delayMs)));
          return { round, title, from: 'series' as const, faults };
        }),
      ),
    ),
  );
}

function backAt(who: Who, returns: (typeof RETURNS)[number], delayMs: number): number {
  const first = delayMs + BOTH_DOWN_MS;
  return returns === 'together' || returns.startsWith(who) ? first : first + ALONE_MS;
}

function lost(kind: string, who: Who, atMs: number, untilMs: number): FaultPlan {
  return { kind, who, asOf: 'beginning', other: null, atMs, forMs: untilMs - atMs, step: null, amount: 0 };
}
