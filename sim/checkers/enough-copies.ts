/** At the end, with every zone healthy: as many copies as the site wants, and none live in a zone that is meant to be empty. */
import type { Checker, SimRun } from '../trace.ts';
import { aloneSince, type Breach, type EventOf, evacuatedSince, eventsOf, stoppedShort } from './history.ts';
import { ZONES } from './reach.ts';

/** An evacuation that was asked for later may still be under way. */
const EVACUATED_WITHIN_MS = 25_000;

export const enoughCopies: Checker = {
  name: 'copies',
  says: 'at the end every site has its copies again, and lives in no evacuated zone',
  check: (run) =>
    eventsOf(run, 'end')
      .filter(({ site, placement }) => stoppedShort(run, site, placement) === null)
      .flatMap((end) => [...tooFew(run, end), ...livesInEvacuated(run, end)]),
};

function tooFew(run: SimRun, { at, site, placement }: EventOf<'end'>): Breach[] {
  const wanted = eventsOf(run, 'site').find((event) => event.site === site);
  if (wanted === undefined || ZONES.some((zone) => evacuatedSince(run, zone, at) !== null)) return [];
  const has = 1 + (placement.standby === null ? 0 : 1) + placement.spares.length;
  const isAlone = aloneSince(run, site, at) !== null;
  const least = isAlone ? 1 : Math.min(wanted.copies, wanted.zones.length);
  if (has >= least && (!isAlone || has === 1)) return [];
  return [{ at, breach: `${site} has ${has} copies at the end and wants ${least}` }];
}

function livesInEvacuated(run: SimRun, { at, site, placement }: EventOf<'end'>): Breach[] {
  const { live } = placement;
  const since = evacuatedSince(run, live, at);
  const isInUse = ZONES.some((zone) => zone !== live && evacuatedSince(run, zone, at) === null);
  const isFrozen = eventsOf(run, 'site').some((event) => event.site === site && event.frozen);
  if (since === null || isFrozen || !isInUse || at - Math.max(since, run.calmAt) < EVACUATED_WITHIN_MS) return [];
  return [{ at, breach: `${site} still lives in zone ${live}, which every site was to leave` }];
}
