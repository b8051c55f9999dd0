/**
 * The fastest of the multi-window burn-rate alerts of Google's Site Reliability Workbook, chapter 5: with an objective of 99.95 %
 * a page when more than 14.4 × 0.05 % = 0.72 % of requests failed both in the last hour and in the last five minutes. Evaluated
 * every second here, which is quicker than any monitoring evaluates it. An hour before the trouble is taken as given, at the
 * site's usual rate of requests and errors.
 */
import type { Rule } from './rule.ts';

const OBJECTIVE = 0.9995;
const BURN = 14.4;
const LONG_MS = 3_600_000;
const SHORT_MS = 300_000;
const TURN_MS = 1_000;
export const BURN_LIMIT = BURN * (1 - OBJECTIVE);

interface Second {
  at: number;
  all: number[];
  failed: number[];
}

export function sreBurn(): Rule {
  return {
    name: 'SRE 14.4× burn',
    settings: '99.95 %, 1 h and 5 min',
    scope: 'site-at-edge',
    check: null,
    turnEveryMs: TURN_MS,
    create: (start, { rates, errors }) => {
      const seconds: Second[] = [];
      let current: Second = { at: start, all: [0, 0, 0], failed: [0, 0, 0] };
      const isBurning = (server: number, at: number, windowMs: number) => {
        const before = Math.max(0, windowMs - (at - start)) / 1_000;
        let all = before * rates[server]!;
        let failed = all * errors[server]!;
        for (const second of seconds) {
          if (at - second.at > windowMs) continue;
          all += second.all[server]!;
          failed += second.failed[server]!;
        }
        return all > 0 && failed / all > BURN_LIMIT;
      };
      return {
        request(_, server, ok) {
          current.all[server]! += 1;
          if (!ok) current.failed[server]! += 1;
          return false;
        },
        turn(at) {
          seconds.push(current);
          current = { at, all: [0, 0, 0], failed: [0, 0, 0] };
          const burning = [0, 1, 2].find(
            (server) =>
              // What burns by its usual errors alone is outside this objective from the beginning.
              errors[server]! < BURN_LIMIT && isBurning(server, at, SHORT_MS) && isBurning(server, at, LONG_MS),
          );
          return burning ?? null;
        },
      };
    },
  };
}
