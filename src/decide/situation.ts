/** What has come about for one site, most urgent first. Each situation is one column of the transition table. */
import { covers, type Finding, phaseOf } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { isDrillDue } from './drill.ts';
import { drillTrouble } from './drill-steps.ts';
import { livesEvacuated, standsEvacuated } from './evacuation.ts';
import { wantsHome } from './failback.ts';
import { hasHeldLongEnough, lossesOf, standbyLoss } from './findings.ts';
import { orderTrouble } from './order.ts';
import { gainsRight, hasSurplus, isStandbyDue, isTakenIn, losesRight } from './plan.ts';
import { isSpareWanted } from './spares.ts';
import { currentReport, freshReport, isHealthy, type SiteView, type World } from './world.ts';

export const SITUATIONS = [
  /** The live copy or its zone is lost, or fails its visitors. */
  'live-lost',
  /** The same, but not for as long yet as the site's patience asks. */
  'live-in-doubt',
  /** A person gave up what only the live copy has. */
  'loss-accepted',
  /** The move that was asked for cannot be carried on. */
  'order-failed',
  /** The standby must not be waited for any more. */
  'standby-lost',
  /** The first live copy has created its database and run its setup. */
  'created',
  /** The newly live copy has applied all that it had received, and has said where it cut. */
  'promoted',
  /** Its line is on record, and it has been seen writable since. */
  'opened',
  /** Its plan gives it a standby, and the record says that it is meant to be without. */
  'right-gained',
  /** Its plan gives it no standby any more, and nothing is under way. */
  'right-lost',
  /** Commits wait for the standby, and it has everything from before they did. */
  'synced',
  /** The drill under way has to go home before its time. */
  'drill-wrong',
  /** Visitors are held for the move that was asked for. */
  'held',
  /** A move was asked for, and is not finished. */
  'ordered',
  /** No standby is named, and its plan gives it one. */
  'standby-wanted',
  /** It is to run in one zone, waits for nobody, and a copy still follows. */
  'copy-surplus',
  /** A healthy zone without a role holds data of this site. */
  'copy-returned',
  /** A drill is under way. */
  'drilling',
  /** It lives in a zone that a person takes every site out of. */
  'evacuated',
  /** Its standby is in such a zone. */
  'standby-evacuated',
  /** It has fewer copies than it wants, and there is a zone for one more. */
  'spare-wanted',
  /** The site lives elsewhere than in its first zone, wants to go home, and the time is right. */
  'away-from-home',
  /** Its description asks for practice, and the time has come. */
  'drill-due',
  /** Nothing is wrong, and an incident is open or an approval was not used. */
  'at-peace',
] as const;
export type Situation = (typeof SITUATIONS)[number];

export interface Occurrence {
  situation: Situation;
  because: Finding | null;
}

/** Trouble that nothing was done about must stay away for so long before its incident closes, or it would open and close without end. */
const QUIET_MS = 15_000;
/**
 * Beside it, for who may have been blind to it or has just begun to look; and a test that has decided ends now and then by chance while the
 * trouble goes on, and decides again within a second.
 */
const CLEAR_MS = 5_000;
/** After the site was made safe again. A standby may be replaced while the live copy stays as troubled as it was, and such trouble blinks. */
const MENDED_QUIET_MS = 3_000;

type Seen = Omit<Circumstances, 'because' | 'arrivals' | 'handOvers' | 'practices'>;
/** Answers the findings that it has come about by, or whether it has. `losses`: what speaks against the live copy, worst first. */
type Recognise = (seen: Seen, losses: readonly Finding[]) => boolean | Finding[];

const recognise: Record<Situation, Recognise> = {
  'live-lost': ({ site }, losses) => losses.length > 0 && losses.filter((loss) => isPatient(site, loss)),
  'live-in-doubt': ({ site }, losses) => losses.length > 0 && losses.filter((loss) => !isPatient(site, loss)),
  'loss-accepted': ({ site }) => site.placement.order?.kind === 'accept-loss',
  'order-failed': (seen) => orderTrouble(seen) !== null,
  'standby-lost': ({ site, findings }, losses) => {
    const lost = standbyLoss(site.placement, findings, site.spec.failover.patience);
    return lost === null || isLiveGone(site, losses) ? false : [lost];
  },
  created: ({ site }) =>
    !site.placement.initialised && (currentReport(site, site.placement.live)?.initialised ?? false),
  promoted: ({ site }) => {
    const { live, promotion } = site.placement;
    return promotion.position === null && currentReport(site, live)?.promoted?.epoch === promotion.epoch;
  },
  opened: ({ site }) => currentReport(site, site.placement.live)?.database.writable ?? false,
  'right-gained': ({ site }) => gainsRight(site),
  'right-lost': (seen, losses) => isCalm(seen, losses) && losesRight(seen.site),
  synced: ({ site }) => !site.placement.inSync && isSynced(site),
  'drill-wrong': (seen) => drillTrouble(seen) !== null,
  held: (seen) => isCarriedOn(seen) && seen.site.placement.order!.holding,
  ordered: isCarriedOn,
  'standby-wanted': ({ site }) => isStandbyDue(site),
  'copy-surplus': (seen, losses) => isCalm(seen, losses) && hasSurplus(seen.site),
  'copy-returned': ({ site, world }) => returnedZones(site, world).length > 0,
  drilling: ({ site }) => site.placement.drill !== null,
  evacuated: livesEvacuated,
  'standby-evacuated': (seen, losses) => isCalm(seen, losses) && standsEvacuated(seen),
  'spare-wanted': (seen, losses) => isCalm(seen, losses) && isSpareWanted(seen),
  'away-from-home': wantsHome,
  'drill-due': ({ site, now }) => isDrillDue(site, now),
  'at-peace': ({ site, findings }, losses) => {
    const { site: name, incident, approval, decision } = site.placement;
    if (incident === null && approval === null) return false;
    if (losses.length > 0 || findings.bySite.get(name)?.some(({ code }) => code === 'standby-lost')) return false;
    // Whatever else was decided since (a copy taken back in, say) has done nothing about the trouble, which others may still see.
    const isMended = decision === 'record-in-sync' && phaseOf(site.placement) !== 'single';
    const [quietMs, clearMs] = isMended ? [MENDED_QUIET_MS, MENDED_QUIET_MS] : [QUIET_MS, CLEAR_MS];
    return site.quietForMs >= quietMs && site.clearForMs >= clearMs;
  },
};

const IN_ORDER = SITUATIONS.map((situation) => [situation, recognise[situation]] as const);

/** An order that nothing speaks against so far. One that accepts loss is no matter of carrying on: it moves at once. */
function isCarriedOn(seen: Seen): boolean {
  const { order } = seen.site.placement;
  return order !== null && order.kind !== 'accept-loss' && orderTrouble(seen) === null;
}

function isCalm({ site, findings }: Seen, losses: readonly Finding[]): boolean {
  return losses.length === 0 && findings.bySite.get(site.placement.site) === undefined;
}

function isPatient({ spec }: SiteView, loss: Finding): boolean {
  return hasHeldLongEnough(loss, spec.failover.patience);
}

/**
 * While the live copy is gone the record of the standby is all that is left to promote by: it is not touched. A live copy that is
 * there and fails its visitors may do so because its commits wait for a lost standby: then giving that one up is what helps.
 */
function isLiveGone(site: SiteView, losses: readonly Finding[]): boolean {
  return losses.some(({ code }) => {
    if (code === 'zone-dark') return true;
    return code === 'copy-down' && freshReport(site, site.placement.live)?.database.state !== 'running';
  });
}

/** Everything that has come about, in the order of `SITUATIONS`; several losses are several occurrences, the worst first. */
export function situationsOf(seen: Seen): Occurrence[] {
  const losses = lossesOf(seen.site.placement, seen.findings);
  const found: Occurrence[] = [];
  for (const [situation, comesAbout] of IN_ORDER) {
    const answer = comesAbout(seen, losses);
    if (answer === true) found.push({ situation, because: null });
    else if (answer !== false) for (const because of answer) found.push({ situation, because });
  }
  return found;
}

/**
 * Grow first: the live copy has been seen waiting for this standby since `gatePosition`, and the standby, which acknowledges,
 * has everything up to there; both under this very epoch. Whatever was acknowledged later, the standby has by the rule of waiting.
 */
function isSynced(site: SiteView): boolean {
  const { live, standby } = site.placement;
  const here = currentReport(site, live)?.database;
  const there = currentReport(site, standby)?.database;
  if (here === undefined || there === undefined || here.gatePosition === null) return false;
  return (
    here.waitsFor === standby &&
    there.acknowledges &&
    there.ioRunning &&
    there.sqlRunning &&
    there.follows === live &&
    covers(there.receivedPosition, here.gatePosition)
  );
}

/** Healthy zones of the site that have data of it and no role, and are to have one. */
export function returnedZones(site: SiteView, world: World): string[] {
  const { live, standby, spares } = site.placement;
  return site.spec.zones.filter((zone) => {
    if (!isTakenIn(site, zone)) return false;
    if (zone === live || zone === standby || spares.includes(zone) || !isHealthy(world, zone)) return false;
    const report = freshReport(site, zone);
    return report !== null && report.epoch === site.placement.epoch && report.database.state !== 'absent';
  });
}
