/**
 * The whole table: what each phase does about each situation. A missing case does not compile. What it comes down to:
 *
 *   new           setting up is recorded; trouble is refused
 *   promoting     the line is recorded; lost before that: taken back
 *   opening       the first writable moment is recorded
 *   single        a standby is chosen, or the one that an order asks for; without the right to one, copies that are left are released
 *   growing       being in sync is recorded; a lost standby is given up; an order may name another
 *   protected     fails over; begins and carries on orders; goes home; leaves evacuated zones; adds a spare; closes what is over
 *   handing-over  fails over; moves, lets go or calls off within a second
 */
import type { DatabaseState, Phase } from '../model/index.ts';
import { moveWithLoss } from './accept-loss.ts';
import type { Circumstances } from './circumstances.ts';
import { planDrill } from './drill.ts';
import { carryDrill, drillTrouble, stopDrill } from './drill-steps.ts';
import { orderOut, replaceStandby } from './evacuation.ts';
import { goHome } from './failback.ts';
import { planFailover } from './failover.ts';
import { patienceFor } from './findings.ts';
import { carryOn, carryThrough, preferTarget } from './hand-over.ts';
import { callOff, orderTrouble } from './order.ts';
import { type Change, decision, NOTHING, type Outcome, refuse } from './outcome.ts';
import { recordRight, refuseAlone, releaseCopy, unprotect } from './plan.ts';
import { closeIncident, recordInitialised, recordInSync, recordOpen, recordPromotion } from './progress.ts';
import type { Situation } from './situation.ts';
import { addWantedSpare } from './spares.ts';
import { chooseStandby, giveUpStandby, takeInSpare } from './standby.ts';
import { freshReport } from './world.ts';

export type Transition = (circumstances: Circumstances) => Outcome;

const nothing: Transition = () => NOTHING;
const giveUp: Transition = ({ site, because, now }) => giveUpStandby(site, because, now);
const takeIn: Transition = ({ site, world, now }) => takeInSpare(site, world, now);

const refuseExposed: Transition = ({ site, because }) => {
  const { site: name, standby, live } = site.placement;
  const standing = standby === null ? 'there is no standby' : `the standby in zone ${standby} is not in sync yet`;
  return refuse(
    site,
    'standby-not-in-sync',
    `${name} stays in zone ${live}: ${standing}, and moving would lose acknowledged writes.`,
    because,
  );
};

const refuseSingle: Transition = (circumstances) =>
  circumstances.site.unprotected === null ? refuseExposed(circumstances) : refuseAlone(circumstances);

/** What gets no standby is moved out of an evacuated zone by a copy that is built for the move; the others get their standby first. */
const leaveAlone: Transition = (circumstances) =>
  circumstances.site.unprotected === null ? NOTHING : orderOut(circumstances);

/** Whoever is to be protected again has its incident closed only then. */
const closeAlone: Transition = ({ site, now }) => (site.unprotected === null ? NOTHING : closeIncident(site, now));

/** Nothing has been acknowledged by the newly live copy before its line is on record: if the former one is there, it goes on. */
const takeBack: Transition = (circumstances) => {
  const { site, world, because, now } = circumstances;
  const { former, live, promotion, spares, site: name } = site.placement;
  const { from } = promotion;
  const there = from === null ? null : freshReport(site, from);
  const holds = there !== null && there.epoch === site.placement.epoch && HOLDS_DATA.has(there.database.state);
  if (former === null || from === null || !holds || !world.zones.get(from)?.heard)
    return refusePromoting(circumstances);
  const change: Change = {
    live: from,
    standby: null,
    inSync: false,
    spares: spares.filter((zone) => zone !== from),
    promotion: former,
    former: null,
    moves: site.placement.moves.slice(0, -1),
  };
  const sentence = `${name} goes back to zone ${from}: its copy in zone ${live} was lost before it had taken a write, and the one in zone ${from} has every acknowledged one.`;
  return decision(site, 'take-back', now, change, sentence, because);
};

const HOLDS_DATA: ReadonlySet<DatabaseState> = new Set<DatabaseState>(['down', 'starting', 'running']);

const refusePromoting: Transition = ({ site, because }) => {
  const { site: name, live, promotion } = site.placement;
  const sentence = `${name} is being promoted in zone ${live} (epoch ${promotion.epoch}); only that copy is known to have every acknowledged write.`;
  return refuse(site, 'promotion-underway', sentence, because);
};

const refuseNew: Transition = ({ site, because }) =>
  refuse(
    site,
    'database-not-created',
    `${site.placement.site} has never been set up; there is nothing to move yet.`,
    because,
  );

/** Refused and not recorded: most trouble of this age ends by itself. */
const waitItOut: Transition = ({ site, because }) => {
  if (because === null) return NOTHING;
  const { site: name, live } = site.placement;
  const neededMs = patienceFor(because, site.spec.failover.patience);
  const sentence = `${name} stays in zone ${live} for now: ${because.code} has held for ${Math.round(because.forMs)} ms, and its patience asks for ${neededMs} ms.`;
  return refuse(site, 'waiting-it-out', sentence, because);
};

const failOrder: Transition = (circumstances) => {
  const trouble = orderTrouble(circumstances);
  return trouble === null ? NOTHING : callOff(circumstances.site, trouble.why, circumstances.now);
};

const stop: Transition = (circumstances) => {
  const why = drillTrouble(circumstances);
  return why === null ? NOTHING : stopDrill(circumstances, why);
};

/** What speaks against it is no refusal: nothing is wrong, and it stays due. */
const beginDrill: Transition = (circumstances) => {
  const { drills } = circumstances.site.spec;
  if (drills === null) return NOTHING;
  const planned = planDrill(circumstances, { fault: drills.fault, by: 'schedule' });
  return planned.kind === 'decision' ? planned : NOTHING;
};

/** There is nothing to move, and whoever recorded the order should have known. */
const giveUpOrder: Transition = ({ site, now }) => callOff(site, 'it has never been set up', now);

export const TRANSITIONS: Record<Phase, Record<Situation, Transition>> = {
  new: {
    'live-lost': refuseNew,
    'live-in-doubt': waitItOut,
    'loss-accepted': giveUpOrder,
    'order-failed': giveUpOrder,
    'standby-lost': nothing,
    created: ({ site, now }) => recordInitialised(site, now),
    promoted: nothing,
    opened: nothing,
    'right-gained': nothing,
    'right-lost': nothing,
    synced: nothing,
    'drill-wrong': nothing,
    held: nothing,
    ordered: giveUpOrder,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': nothing,
    drilling: nothing,
    evacuated: nothing,
    'standby-evacuated': nothing,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': nothing,
  },
  promoting: {
    'live-lost': takeBack,
    'live-in-doubt': waitItOut,
    'loss-accepted': nothing,
    'order-failed': nothing,
    'standby-lost': nothing,
    created: nothing,
    promoted: ({ site, now }) => recordPromotion(site, now),
    opened: nothing,
    'right-gained': nothing,
    'right-lost': nothing,
    synced: nothing,
    'drill-wrong': nothing,
    held: nothing,
    ordered: nothing,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': nothing,
    drilling: nothing,
    evacuated: nothing,
    'standby-evacuated': nothing,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': nothing,
  },
  opening: {
    'live-lost': refusePromoting,
    'live-in-doubt': waitItOut,
    'loss-accepted': nothing,
    'order-failed': nothing,
    'standby-lost': nothing,
    created: nothing,
    promoted: nothing,
    opened: ({ site, now }) => recordOpen(site, now),
    'right-gained': nothing,
    'right-lost': nothing,
    synced: nothing,
    'drill-wrong': nothing,
    held: nothing,
    ordered: nothing,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': nothing,
    drilling: nothing,
    evacuated: nothing,
    'standby-evacuated': nothing,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': nothing,
  },
  single: {
    'live-lost': refuseSingle,
    'live-in-doubt': waitItOut,
    'loss-accepted': moveWithLoss,
    'order-failed': failOrder,
    'standby-lost': nothing,
    created: nothing,
    promoted: nothing,
    opened: nothing,
    'right-gained': recordRight,
    'right-lost': unprotect,
    synced: nothing,
    'drill-wrong': stop,
    held: nothing,
    ordered: preferTarget,
    'standby-wanted': ({ site, world, now }) => chooseStandby(site, world, now),
    'copy-surplus': releaseCopy,
    'copy-returned': takeIn,
    drilling: carryDrill,
    evacuated: leaveAlone,
    'standby-evacuated': nothing,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': closeAlone,
  },
  growing: {
    'live-lost': refuseExposed,
    'live-in-doubt': waitItOut,
    'loss-accepted': moveWithLoss,
    'order-failed': failOrder,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    opened: nothing,
    'right-gained': recordRight,
    'right-lost': unprotect,
    synced: ({ site, now }) => recordInSync(site, now),
    'drill-wrong': stop,
    held: nothing,
    ordered: preferTarget,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': takeIn,
    drilling: carryDrill,
    evacuated: nothing,
    'standby-evacuated': replaceStandby,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': nothing,
  },
  protected: {
    'live-lost': planFailover,
    'live-in-doubt': waitItOut,
    'loss-accepted': moveWithLoss,
    'order-failed': failOrder,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    opened: nothing,
    'right-gained': recordRight,
    'right-lost': unprotect,
    synced: nothing,
    'drill-wrong': stop,
    held: nothing,
    ordered: carryOn,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': takeIn,
    drilling: carryDrill,
    evacuated: orderOut,
    'standby-evacuated': replaceStandby,
    'spare-wanted': addWantedSpare,
    'away-from-home': goHome,
    'drill-due': beginDrill,
    'at-peace': ({ site, now }) => closeIncident(site, now),
  },
  'handing-over': {
    'live-lost': planFailover,
    'live-in-doubt': waitItOut,
    'loss-accepted': nothing,
    'order-failed': failOrder,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    opened: nothing,
    'right-gained': nothing,
    'right-lost': nothing,
    synced: nothing,
    'drill-wrong': nothing,
    held: carryThrough,
    ordered: nothing,
    'standby-wanted': nothing,
    'copy-surplus': nothing,
    'copy-returned': nothing,
    drilling: nothing,
    evacuated: nothing,
    'standby-evacuated': nothing,
    'spare-wanted': nothing,
    'away-from-home': nothing,
    'drill-due': nothing,
    'at-peace': nothing,
  },
};
