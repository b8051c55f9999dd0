/** I1: what a visitor was told to be done is there after every move, and at the end; but for what a person gave up by name. */
import { covers, type Gtid, type SiteId } from '../../src/model/index.ts';
import type { Checker, SimRun, WriteId } from '../trace.ts';
import { givenUp } from './accepted-loss.ts';
import { type Breach, commitsOf, eventsOf, movesOf, seconds, sitesOf, stoppedShort } from './history.ts';

export const acknowledgedWritesSurvive: Checker = {
  name: 'I1',
  says: 'an acknowledged write survives every move, unless a person gave it up',
  check: (run) => sitesOf(run).flatMap((site) => [...lostAtPromotions(run, site), ...lostAtTheEnd(run, site)]),
};

/** A newly live copy starts with everything that was acknowledged before it did. */
function lostAtPromotions(run: SimRun, site: SiteId): Breach[] {
  const acked = ackedOf(run, site);
  // What is given up by a person's word is counted at the end.
  const moves = movesOf(run).filter(
    ({ placement: { site: moved, decision } }) =>
      moved === site && decision !== 'accept-loss' && decision !== 'take-back',
  );
  const given = givenUp(run, site);
  return eventsOf(run, 'promoted').flatMap(({ at, site: of, zone, epoch, position }) => {
    if (of !== site || !moves.some(({ placement }) => placement.epoch === epoch)) return [];
    const lost = [...acked].filter(([id, write]) => write.at < at && !covers(position, write.gtid) && !given.has(id));
    if (lost.length === 0) return [];
    const [first, { gtid }] = lost[0]!;
    const breach = `${site} became live in zone ${zone} at ${position || 'nothing'} without ${lost.length} acknowledged writes, the first ${first} (${gtid})`;
    return [{ at, breach }];
  });
}

/** What the last live copy holds, against everything that visitors were ever told to be done. */
function lostAtTheEnd(run: SimRun, site: SiteId): Breach[] {
  const end = eventsOf(run, 'end').find((event) => event.site === site);
  const live = end ?? null;
  // Without a running live copy nothing can be said here; that it does not run is for `converges` to tell.
  const holds = live?.holds[live.placement.live];
  if (end === undefined || holds === undefined || stoppedShort(run, site, end.placement) !== null) return [];
  const held = new Set(holds);
  const given = givenUp(run, site);
  const lost = [...ackedOf(run, site)].filter(([write]) => !held.has(write) && !given.has(write));
  if (lost.length === 0) return [];
  const [first, { at }] = lost[0]!;
  const epochs = commitsOf(run, site).length;
  const breach = `${lost.length} acknowledged writes of ${site} are not in zone ${end.placement.live} after ${epochs} epochs, the first ${first}, acknowledged at ${seconds(at)}`;
  return [{ at: end.at, breach }];
}

function ackedOf(run: SimRun, site: SiteId): Map<WriteId, { at: number; gtid: Gtid }> {
  const committed = new Map(eventsOf(run, 'write-committed').map(({ write, gtid }) => [write, gtid]));
  const acked = eventsOf(run, 'write-acked').filter((event) => event.site === site);
  return new Map(acked.map(({ write, at }) => [write, { at, gtid: committed.get(write) ?? '' }]));
}
