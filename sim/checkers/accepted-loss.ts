/** Who gives up what only one copy has gives up that and nothing else; whose word it was stays on record, and what was lost is kept. */
import type { Placement, SiteId } from '../../src/model/index.ts';
import type { Checker, SimRun, WriteId } from '../trace.ts';
import { type Breach, commitsOf, type EventOf, eventsOf, movesOf, sitesOf } from './history.ts';

export const acceptedLossIsKept: Checker = {
  name: 'accepted loss',
  says: 'what a person gives up is kept aside, and the record says whose word it was',
  check: (run) => sitesOf(run).flatMap((site) => [...keptNowhere(run, site), ...forgottenWord(run, site)]),
};

/**
 * Writes that a person gave up: those executed in the copy that was left, before it heard of that, which the newly live copy did
 * not begin with.
 */
export function givenUp(run: SimRun, site: SiteId): Set<WriteId> {
  const given = new Set<WriteId>();
  for (const move of acceptedMoves(run, site)) {
    const { from } = move.placement.promotion;
    const promoted = eventsOf(run, 'promoted').find(
      (event) => event.site === site && event.epoch === move.placement.promotion.epoch,
    );
    if (promoted?.holds === undefined) continue;
    const held = new Set(promoted.holds);
    const later = promotedAfter(run, site, promoted);
    for (const { write, zone, at, site: of } of eventsOf(run, 'write-executed')) {
      const wasThere = zone === from || at < move.at;
      if (of === site && wasThere && at < later && !held.has(write)) given.add(write);
    }
  }
  return given;
}

/** When the next copy became live. */
function promotedAfter(run: SimRun, site: SiteId, { at }: EventOf<'promoted'>): number {
  return eventsOf(run, 'promoted').find((event) => event.site === site && event.at > at)?.at ?? run.endedAt;
}

function acceptedMoves(run: SimRun, site: SiteId): EventOf<'commit'>[] {
  return movesOf(run).filter(({ placement }) => placement.site === site && placement.decision === 'accept-loss');
}

/** At the end, when every zone is back, each acknowledged write that was given up is in a copy or was set aside with its data directory. */
function keptNowhere(run: SimRun, site: SiteId): Breach[] {
  const end = eventsOf(run, 'end').find((event) => event.site === site);
  if (end === undefined) return [];
  const kept = new Set(Object.values(end.holds).flat());
  for (const event of eventsOf(run, 'set-aside')) for (const write of event.writes) kept.add(write);
  const acked = eventsOf(run, 'write-acked').map(({ write }) => write);
  const given = givenUp(run, site);
  const gone = acked.filter((write) => given.has(write) && !kept.has(write));
  if (gone.length === 0) return [];
  return [
    { at: end.at, breach: `${gone.length} writes of ${site} that were given up are nowhere, the first ${gone[0]}` },
  ];
}

/** As long as that reign lasts. */
function forgottenWord(run: SimRun, site: SiteId): Breach[] {
  const words = new Map<number, Placement['promotion']['acceptedLoss']>();
  return commitsOf(run, site).flatMap(({ at, placement }) => {
    const { epoch, acceptedLoss } = placement.promotion;
    if (placement.decision === 'accept-loss') words.set(epoch, acceptedLoss);
    const word = words.get(epoch);
    if (!words.has(epoch) || (word !== null && word?.by === acceptedLoss?.by)) return [];
    return [{ at, breach: `epoch ${placement.epoch} of ${site} does not say any more who gave writes up` }];
  });
}
