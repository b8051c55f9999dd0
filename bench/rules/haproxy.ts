/**
 * HAProxy's two ways of finding a server down, in the words of its configuration manual, section 5.2
 * (https://docs.haproxy.org/2.8/configuration.html#5.2):
 * `inter` 2s between checks and `fall` 3 failed ones in a row by default; and `observe layer7`, which counts answers that are not
 * 100–499, 501 or 505 and broken connections: `error-limit` of them in a row (default 10) trigger `on-error`, by default
 * `fail-check`, which counts as one failed check; many set `mark-down`, which takes the server out at once.
 */
import type { Rule } from './rule.ts';

const INTER_MS = 2_000;
const FALL = 3;

export function haproxyCheck(): Rule {
  return {
    name: 'HAProxy check',
    settings: 'check inter 2s fall 3',
    scope: 'site-at-edge',
    check: { everyMs: INTER_MS, timeoutMs: INTER_MS },
    turnEveryMs: null,
    create: () => {
      const failed = [0, 0, 0];
      return {
        checked(_, server, ok) {
          failed[server] = ok ? 0 : failed[server]! + 1;
          return failed[server] === FALL;
        },
      };
    },
  };
}

export function haproxyObserve(onError: 'fail-check' | 'mark-down', errorLimit = 10): Rule {
  return {
    name: `HAProxy observe layer7, ${onError}`,
    settings: `check inter 2s fall 3 observe layer7 error-limit ${errorLimit} on-error ${onError}`,
    scope: 'site-at-edge',
    check: { everyMs: INTER_MS, timeoutMs: INTER_MS },
    turnEveryMs: null,
    create: () => {
      const inARow = [0, 0, 0];
      const failed = [0, 0, 0];
      const fail = (server: number) => {
        failed[server]! += 1;
        return failed[server]! >= FALL;
      };
      return {
        request(_, server, ok) {
          inARow[server] = ok ? 0 : inARow[server]! + 1;
          if (inARow[server]! < errorLimit) return false;
          inARow[server] = 0;
          return onError === 'mark-down' || fail(server);
        },
        checked(_, server, ok) {
          if (!ok) return fail(server);
          failed[server] = 0;
          return false;
        },
      };
    },
  };
}
