/** Who is told that something is over is not told a moment later that it has begun: an incident closes when its trouble is over. */
import { parseIncidentId } from '../../src/store/keys.ts';
import type { Checker, SimRun } from '../trace.ts';
import { type Breach, commitsOf, faultsOf, seconds, sitesOf } from './history.ts';

/** Less than what the decider waits for, since controllers' clocks drift and commits take their time. */
const QUIET_MS = 10_000;
/** A fault that began (or ended) so shortly before the incident closed was not yet seen by who closed it. */
const UNSEEN_MS = 2_000;

export const closedWhenOver: Checker = {
  name: 'closed when over',
  says: `no incident of a site is opened within ${QUIET_MS / 1_000} s of the end of one about the same, unless something happened in between`,
  check: (run) => sitesOf(run).flatMap((site) => reopened(run, site)),
};

function reopened(run: SimRun, site: string): Breach[] {
  const changes = faultsOf(run).flatMap(({ from, to }) => [from, to]);
  const breaches: Breach[] = [];
  let closed: { at: number; incident: string } | null = null;
  for (const { at, by, placement, before } of commitsOf(run, site)) {
    const was = before?.incident ?? null;
    if (was !== null && placement.incident === null) closed = { at, incident: was };
    if (was !== null || placement.incident === null || closed === null) continue;
    const { at: closedAt, incident } = closed;
    const happened = changes.some((change) => change >= closedAt - UNSEEN_MS && change <= at);
    if (at - closedAt < QUIET_MS && subjectOf(incident) === subjectOf(placement.incident) && !happened)
      breaches.push({
        at,
        breach: `${by} opened ${placement.incident} for ${site}, whose ${incident} was closed at ${seconds(closedAt)}`,
      });
  }
  return breaches;
}

function subjectOf(incident: string): string {
  return parseIncidentId(incident)?.subject ?? incident;
}
