/** I13: what exists only once is kept: deleted data is elsewhere, and a truncated tail was acknowledged to nobody. */
import type { Checker, SimRun, WriteId } from '../trace.ts';
import { type Breach, eventsOf } from './history.ts';

export const nothingDeleted: Checker = {
  name: 'I13',
  says: 'nothing that exists only once is deleted',
  check: (run) => [...deletedForGood(run), ...truncatedThoughAcknowledged(run)],
};

/** At the end each deleted write must be in some copy, or in a data directory that was set aside. */
function deletedForGood(run: SimRun): Breach[] {
  const kept = writesHeldAtEnd(run);
  for (const { writes } of eventsOf(run, 'set-aside')) for (const write of writes) kept.add(write);
  return eventsOf(run, 'deleted').flatMap(({ at, site, zone, writes }) => {
    const gone = writes.filter((write) => !kept.has(write));
    if (gone.length === 0) return [];
    const breach = `zone ${zone} deleted data of ${site} with ${gone.length} writes that exist nowhere else, the first ${gone[0]}`;
    return [{ at, breach }];
  });
}

function truncatedThoughAcknowledged(run: SimRun): Breach[] {
  const held = writesHeldAtEnd(run);
  const acknowledged = new Set(eventsOf(run, 'write-committed').map(({ write }) => write));
  return eventsOf(run, 'truncated').flatMap(({ at, site, zone, writes }) => {
    const gone = writes.filter((write) => acknowledged.has(write) && !held.has(write));
    if (gone.length === 0) return [];
    const breach = `zone ${zone} truncated ${gone.length} acknowledged writes of ${site} that exist nowhere else, the first ${gone[0]}`;
    return [{ at, breach }];
  });
}

function writesHeldAtEnd(run: SimRun): Set<WriteId> {
  return new Set(eventsOf(run, 'end').flatMap(({ holds }) => Object.values(holds).flat()));
}
