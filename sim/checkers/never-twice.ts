/** I9: no write is handed to a copy a second time, and none is executed twice. */
import type { Checker, SimRun } from '../trace.ts';
import { type Breach, eventsOf, seconds } from './history.ts';

export const neverTwice: Checker = {
  name: 'I9',
  says: 'a non-idempotent request is never sent twice',
  check: (run) => [...sentAgain(run), ...executedAgain(run)],
};

function sentAgain(run: SimRun): Breach[] {
  const first = new Map<number, { at: number; zone: string }>();
  return eventsOf(run, 'write-dispatched').flatMap(({ at, write, site, edge, zone }) => {
    const earlier = first.get(write);
    first.set(write, earlier ?? { at, zone });
    if (earlier === undefined) return [];
    const breach = `${edge} sent write ${write} of ${site} to zone ${zone} although it had gone to zone ${earlier.zone} at ${seconds(earlier.at)}`;
    return [{ at, breach }];
  });
}

/** The same transaction on its way through the copies keeps its number; a second execution has one of its own. */
function executedAgain(run: SimRun): Breach[] {
  const numbers = new Map<number, string>();
  return eventsOf(run, 'write-executed').flatMap(({ at, write, site, zone, gtid }) => {
    const earlier = numbers.get(write);
    numbers.set(write, earlier ?? gtid);
    if (earlier === undefined || earlier === gtid) return [];
    return [{ at, breach: `write ${write} of ${site} was executed twice: ${earlier}, and ${gtid} in zone ${zone}` }];
  });
}
