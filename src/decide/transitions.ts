/**
 * The whole table: what each phase does about each situation. A missing case does not compile.
 *
 *              live-lost   standby-lost  created  promoted  synced   standby-wanted  copy-returned  at-peace
 *   new        refuse      –             record   –         –        –               –              –
 *   promoting  refuse      –             –        record    –        –               –              –
 *   single     refuse      –             –        –         –        choose          take in        –
 *   growing    refuse      give up       –        –         record   –               take in        –
 *   protected  fail over   give up       –        –         –        –               take in        close
 */
import type { Finding, Phase, WallMs } from '../model/index.ts';
import { planFailover } from './failover.ts';
import { NOTHING, type Outcome, refuse } from './outcome.ts';
import { closeIncident, recordInitialised, recordInSync, recordPromotion } from './progress.ts';
import type { Situation } from './situation.ts';
import { chooseStandby, giveUpStandby, takeInSpare } from './standby.ts';
import type { SiteView, World } from './world.ts';

export interface Circumstances {
  site: SiteView;
  world: World;
  because: Finding | null;
  now: WallMs;
}

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

const failover: Transition = ({ site, world, because, now }) => {
  if (because === null) throw new Error('a failover needs a finding');
  return planFailover(site, world, because, now);
};

export const TRANSITIONS: Record<Phase, Record<Situation, Transition>> = {
  new: {
    'live-lost': refuseNew,
    'standby-lost': nothing,
    created: ({ site, now }) => recordInitialised(site, now),
    promoted: nothing,
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': nothing,
    'at-peace': nothing,
  },
  promoting: {
    'live-lost': refusePromoting,
    'standby-lost': nothing,
    created: nothing,
    promoted: ({ site, now }) => recordPromotion(site, now),
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': nothing,
    'at-peace': nothing,
  },
  single: {
    'live-lost': refuseExposed,
    'standby-lost': nothing,
    created: nothing,
    promoted: nothing,
    synced: nothing,
    'standby-wanted': ({ site, world, now }) => chooseStandby(site, world, now),
    'copy-returned': takeIn,
    'at-peace': nothing,
  },
  growing: {
    'live-lost': refuseExposed,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    synced: ({ site, now }) => recordInSync(site, now),
    'standby-wanted': nothing,
    'copy-returned': takeIn,
    'at-peace': nothing,
  },
  protected: {
    'live-lost': failover,
    'standby-lost': giveUp,
    created: nothing,
    promoted: nothing,
    synced: nothing,
    'standby-wanted': nothing,
    'copy-returned': takeIn,
    'at-peace': ({ site, now }) => closeIncident(site, now),
  },
};
