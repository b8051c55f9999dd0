/**
 * I2: two copies of a site never can acknowledge writes at the same instant, nor does a former live copy after its successor's
 * promotion. A person who gives up what a copy has that does not answer gives up what it acknowledges until it hears of that, too.
 */
import { covers, type SiteId, type ZoneId } from '../../src/model/index.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { type Breach, commitsOf, eventsOf, movesOf, placementAt } from './history.ts';

export const oneAcknowledges: Checker = {
  name: 'I2',
  says: 'at no instant can two copies of a site acknowledge writes',
  check: (run) => [...overlaps(run), ...lateAcknowledgements(run)],
};

function overlaps(run: SimRun): Breach[] {
  const able = new Map<string, Set<string>>();
  return eventsOf(run, 'can-acknowledge').flatMap(({ at, site, zone, can, why }) => {
    const zones = able.get(site) ?? new Set();
    able.set(site, zones);
    if (!can) zones.delete(zone);
    else zones.add(zone);
    if (!can || zones.size < 2 || [...zones].some((one) => isGivenUp(run, site, one, at))) return [];
    return [{ at, breach: `${[...zones].join(' and ')} can both acknowledge writes of ${site} (${zone}: ${why})` }];
  });
}

/** What that copy acknowledged was given up when the present one became live, and it has not been heard since. */
function isGivenUp(run: SimRun, site: SiteId, zone: ZoneId, at: SimMs): boolean {
  const promotion = placementAt(commitsOf(run, site), at)?.promotion;
  return promotion?.acceptedLoss != null && promotion.from === zone;
}

/** A database told its client OK although another zone had been promoted in its place, without that write. */
function lateAcknowledgements(run: SimRun): Breach[] {
  const promotions = eventsOf(run, 'promoted');
  const moves = movesOf(run);
  return eventsOf(run, 'write-committed').flatMap(({ at, site, zone, write, gtid }) => {
    const reign = moves.findLast((move) => move.placement.site === site && move.at < at)?.placement;
    if (reign === undefined || reign.live === zone || isGivenUp(run, site, zone, at)) return [];
    const successor = promotions.find(
      (event) => event.site === site && event.epoch === reign.promotion.epoch && event.at < at,
    );
    if (successor === undefined || covers(successor.position, gtid)) return [];
    const breach = `zone ${zone} acknowledged write ${write} (${gtid}) of ${site} although zone ${successor.zone} was promoted at ${successor.position || 'nothing'} under epoch ${successor.epoch}`;
    return [{ at, breach }];
  });
}
