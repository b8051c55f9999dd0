/** Nobody waits for a planned move for ever: in calm every order ends, by the move, by being called off, or overtaken by a failover. */
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { type Breach, commitsOf, type EventOf, faultsOf, seconds, sitesOf } from './history.ts';
import { serious } from './reach.ts';

/** A copy may have to be built, and what is open is given its time. */
const WITHIN_MS = 30_000;
/** What happened before still has its after-effects. */
const AFTER_MS = 10_000;

export const ordersEnd: Checker = {
  name: 'orders',
  says: `every planned move is made, called off or overtaken within ${WITHIN_MS / 1_000} s of calm`,
  check: (run) => sitesOf(run).flatMap((site) => neverEnded(run, commitsOf(run, site))),
};

function neverEnded(run: SimRun, commits: EventOf<'commit'>[]): Breach[] {
  return commits.flatMap(({ at, placement }, index) => {
    const { order, site } = placement;
    const before = commits[index - 1]?.placement.order ?? null;
    if (order === null || (before !== null && before.at === order.at && before.to === order.to)) return [];
    const over = commits.slice(index).find((later) => later.placement.order?.at !== order.at);
    const to = over?.at ?? run.endedAt;
    const calmMs = longestCalm(run, at, to);
    if (calmMs <= WITHIN_MS) return [];
    const breach = `the move of ${site} to zone ${order.to} (${order.kind}), asked for at ${seconds(at)}, went on for ${seconds(to - at)}, ${seconds(calmMs)} of it in calm`;
    return [{ at: to, breach }];
  });
}

/** The last stretch of [from, to] in which nothing was wrong nor had been lately. */
function longestCalm(run: SimRun, from: SimMs, to: SimMs): SimMs {
  const until = serious(faultsOf(run))
    .filter((fault) => fault.from < to)
    .map((fault) => Math.min(fault.to, to) + AFTER_MS);
  return to - Math.max(from, ...until);
}
