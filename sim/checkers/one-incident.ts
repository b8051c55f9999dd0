/** Whoever decides about which sites first: what happens to a zone is one incident for all of them. */
import type { Placement, SiteId } from '../../src/model/index.ts';
import { parseIncidentId } from '../../src/store/keys.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { type Breach, eventsOf, seconds } from './history.ts';

/** An incident that was opened so lately is joined. Controllers do so for two minutes, each by a clock that may drift. */
const JOINED_MS = 100_000;

export const oneEventIsOneIncident: Checker = {
  name: 'one incident',
  says: `no incident is opened while one about the same subject is open that is younger than ${JOINED_MS / 1_000} s`,
  check: breaches,
};

function breaches(run: SimRun): Breach[] {
  const placements = new Map<SiteId, Placement>();
  const openedAt = new Map<string, SimMs>();
  return eventsOf(run, 'commit').flatMap(({ at, by, placement }) => {
    placements.set(placement.site, placement);
    const { incident } = placement;
    if (incident === null || openedAt.has(incident)) return [];
    openedAt.set(incident, at);
    const other = [...placements.values()].find(
      (one) =>
        one.incident !== null &&
        one.incident !== incident &&
        subjectOf(one.incident) === subjectOf(incident) &&
        at - openedAt.get(one.incident)! < JOINED_MS,
    );
    if (other === undefined) return [];
    const since = seconds(openedAt.get(other.incident!)!);
    return [
      {
        at,
        breach: `${by} opened ${incident} for ${placement.site}, but ${other.site} is in ${other.incident} since ${since}`,
      },
    ];
  });
}

function subjectOf(incident: string): string {
  return parseIncidentId(incident)?.subject ?? incident;
}
