/** A change of plan breaks into nothing: it shrinks and releases only what the plan has no more, between moves, one step at a time. */
import { phaseOf, roleOf } from '../../src/model/index.ts';
import type { Checker, SimRun } from '../trace.ts';
import { type Breach, type EventOf, eventsOf, everAlone } from './history.ts';
import { ZONES } from './reach.ts';

/** A controller that was paused or cut off may know an older plan; but it cannot write an older record. */
const VIEW_MS = 20_000;
const BETWEEN_MOVES: ReadonlySet<string> = new Set(['single', 'growing', 'protected']);

export const plansBreakIntoNothing: Checker = {
  name: 'plans',
  says: 'a site gives up its standby and its copies only by its plan, between moves, a copy at a time and the standby first',
  check: (run) => eventsOf(run, 'commit').flatMap((commit) => wrongWith(run, commit)),
};

function wrongWith(run: SimRun, { at, placement, before }: EventOf<'commit'>): Breach[] {
  const { site, decision } = placement;
  if (before === null || (decision !== 'unprotect' && decision !== 'release-copy')) return [];
  const wrong: string[] = [];
  if (!everAlone(run, site, at - VIEW_MS, at)) wrong.push('its plan protects it');
  if (!BETWEEN_MOVES.has(phaseOf(before)) || before.order !== null) wrong.push(`it was ${phaseOf(before)}, on its way`);
  if (placement.live !== before.live) wrong.push('it moved');
  const gone = ZONES.filter((zone) => roleOf(before, zone) !== 'none' && roleOf(placement, zone) === 'none');
  const wasWaitedFor = gone.some((zone) => roleOf(before, zone) !== 'spare');
  if (gone.length > (decision === 'release-copy' ? 1 : 0) || wasWaitedFor)
    wrong.push(`zone ${gone.join(', ')} lost its role`);
  if (placement.inSync || placement.standby !== null) wrong.push('it still names a standby');
  return wrong.map((what) => ({ at, breach: `${decision} of ${site} at epoch ${placement.epoch}: ${what}` }));
}
