/** I5: without the store every protected site goes on, reads and writes; only changes wait. */
import { isProtected, type ZoneId } from '../../src/model/index.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { commitsOf, during, eventsOf, type FaultStretch, faultsOf, placementAt, seconds, sitesOf } from './history.ts';
import { serious } from './reach.ts';

/** What was wrong before must have been over for so long. */
const QUIET_MS = 15_000;

export const sitesOutliveTheStore: Checker = {
  name: 'I5',
  says: 'while the store is down every site goes on serving reads and writes',
  check: (run) =>
    storeOutages(run).flatMap(({ from, to }) =>
      sitesOf(run).flatMap((site) => {
        const before = placementAt(commitsOf(run, site), from);
        if (before === null || !isProtected(before)) return [];
        const failed = [...eventsOf(run, 'write-failed'), ...eventsOf(run, 'read-failed')].filter(
          (event) => event.site === site && event.sentAt >= from && event.at <= to,
        );
        if (failed.length === 0) return [];
        const { at, kind, outcome } = failed.toSorted((x, y) => x.at - y.at)[0]!;
        const breach = `${failed.length} requests of ${site} failed while nothing but the store was down (from ${seconds(from)}); the first: ${kind}, ${outcome}`;
        return [{ at, breach }];
      }),
    ),
};

/** Stretches in which a majority of the store's members does not run, and nothing else is or was lately wrong. */
function storeOutages(run: SimRun): { from: SimMs; to: SimMs }[] {
  const faults = serious(faultsOf(run));
  const down = faults.filter(({ fault }) => memberStoppedBy(fault) !== null);
  return down.flatMap((second) => {
    const partners = during(down, second.from, second.from).filter(
      (one) => memberStoppedBy(one.fault) !== memberStoppedBy(second.fault),
    );
    if (partners.length === 0) return [];
    const from = second.from;
    const to = Math.min(second.to, Math.max(...partners.map((one) => one.to)));
    const else_ = during(faults, from - QUIET_MS, to).filter(({ fault }) => memberStoppedBy(fault) === null);
    return else_.length > 0 ? [] : [{ from, to }];
  });
}

function memberStoppedBy(fault: FaultStretch['fault']): ZoneId | null {
  if (fault.verb !== 'crash' && fault.verb !== 'pause') return null;
  return fault.target.kind === 'store' ? fault.target.zone : null;
}
