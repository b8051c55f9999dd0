/**
 * The whole table: what each phase does about each situation. A missing case does not compile.
 *
 *              live-lost  live-in-doubt  standby-lost  created  promoted  synced  standby-wanted  copy-returned  away-from-home  at-peace
 *   new        refuse     wait           –             record   –         –       –               –              –               –
 *   promoting  refuse     wait           –             –        record    –       –               –              –               –
 *   single     refuse     wait           –             –        –         –       choose          take in        –               –
 *   growing    refuse     wait           give up       –        –         record  –               take in        –               –
 *   protected  fail over  wait           give up       –        –         –       –               take in        go home         close
 */
import type { Phase } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { goHome } from './failback.ts';
import { planFailover } from './failover.ts';
import { patienceFor } from './findings.ts';
import { NOTHING, type Outcome, refuse } from './outcome.ts';
import { closeIncident, recordInitialised, recordInSync, recordPromotion } from './progress.ts';
import type { Situation } from './situation.ts';
import { chooseStandby, giveUpStandby, takeInSpare } from './standby.ts';

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

export const TRANSITIONS: Record<Phase, Record<Situation, Transition>> = {
  new: {
    'live-lost': refuseNew,
    'live-in-doubt': waitItOut,
    'standby-lost': nothing,
    created: ({ site, now }) => recordInitialised(site, now),
    promoted: nothing,
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': nothing,
    'away-from-home': nothing,
    'at-peace': nothing,
  },
  promoting: {
    'live-lost': refusePromoting,
    'live-in-doubt': waitItOut,
    'standby-lost': nothing,
    created: nothing,
    promoted: ({ site, now }) => recordPromotion(site, now),
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': nothing,
    'away-from-home': nothing,
    'at-peace': nothing,
  },
  single: {
    'live-lost': refuseExposed,
    'live-in-doubt': waitItOut,
    'standby-lost': nothing,
    created: nothing,
    promoted: nothing,
    synced: nothing,
    'standby-wanted': ({ site, world, now }) => chooseStandby(site, world, now),
    'copy-returned': takeIn,
    'away-from-home': nothing,
    'at-peace': nothing,
  },
  growing: {
    'live-lost': refuseExposed,
    'live-in-doubt': waitItOut,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    synced: ({ site, now }) => recordInSync(site, now),
    'standby-wanted': nothing,
    'copy-returned': takeIn,
    'away-from-home': nothing,
    'at-peace': nothing,
  },
  protected: {
    'live-lost': planFailover,
    'live-in-doubt': waitItOut,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': takeIn,
    'away-from-home': goHome,
    'at-peace': ({ site, now }) => closeIncident(site, now),
  },
};
