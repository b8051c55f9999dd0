/** How often an application is asked whether it is ready: a page of a large one costs more than its database, and a host may run many. */

const AT_MOST_EVERY_MS = 250;
/** Two checks in a row without an answer are two seconds then, the patience with a copy that is down. */
const AT_LEAST_EVERY_MS = 1_000;
/** At 25 ms of processor time for a page, a core in all. */
const CHECKS_A_SECOND = 40;

/** The applications that run on one host. */
export interface HostChecks {
  /** One more. */
  join(): Checker;
}

export interface Checker {
  /** Milliseconds between two checks of this application. */
  everyMs(): number;
  leave(): void;
}

export function createHostChecks(): HostChecks {
  let running = 0;
  return {
    join() {
      let here = true;
      running++;
      return {
        everyMs: () => Math.min(AT_LEAST_EVERY_MS, Math.max(AT_MOST_EVERY_MS, (running * 1_000) / CHECKS_A_SECOND)),
        leave() {
          if (here) running--;
          here = false;
        },
      };
    },
  };
}
