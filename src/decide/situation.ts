/** What has come about for one site, most urgent first. Each situation is one column of the transition table. */
import { covers, type Finding } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { wantsHome } from './failback.ts';
import { hasHeldLongEnough, lossesOf, standbyLoss } from './findings.ts';
import { currentReport, freshReport, isHealthy, type SiteView, type World } from './world.ts';

export const SITUATIONS = [
  /** The live copy or its zone is lost, or fails its visitors. */
  'live-lost',
  /** The same, but not for as long yet as the site's patience asks. */
  'live-in-doubt',
  /** The standby must not be waited for any more. */
  'standby-lost',
  /** The first live copy has created its database and run its setup. */
  'created',
  /** The newly live copy is writable and has said where it cut. */
  'promoted',
  /** Commits wait for the standby, and it has everything from before they did. */
  'synced',
  /** No standby is named. */
  'standby-wanted',
  /** A healthy zone without a role holds data of this site. */
  'copy-returned',
  /** The site lives elsewhere than in its first zone, wants to go home, and the time is right. */
  'away-from-home',
  /** Nothing is wrong, and an incident is open or an approval was not used. */
  'at-peace',
] as const;
export type Situation = (typeof SITUATIONS)[number];

export interface Occurrence {
  situation: Situation;
  because: Finding | null;
}

/** Trouble that nothing was done about must stay away for so long before its incident closes, or it would open and close without end. */
const QUIET_MS = 10_000;

type Seen = Omit<Circumstances, 'because' | 'arrivals'>;
/** Answers the findings that it has come about by, or whether it has. `losses`: what speaks against the live copy, worst first. */
type Recognise = (seen: Seen, losses: Finding[]) => boolean | Finding[];

const recognise: Record<Situation, Recognise> = {
  'live-lost': ({ site }, losses) => losses.filter((loss) => isPatient(site, loss)),
  'live-in-doubt': ({ site }, losses) => losses.filter((loss) => !isPatient(site, loss)),
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
  synced: ({ site }) => !site.placement.inSync && isSynced(site),
  'standby-wanted': ({ site }) => site.placement.standby === null,
  'copy-returned': ({ site, world }) => returnedZones(site, world).length > 0,
  'away-from-home': wantsHome,
  'at-peace': ({ site, findings }, losses) => {
    const { site: name, incident, approval, decision } = site.placement;
    if (incident === null && approval === null) return false;
    if (losses.length > 0 || findings.bySite.get(name)?.some(({ code }) => code === 'standby-lost')) return false;
    const undone = decision === 'open-incident' || decision === 'approve';
    return !undone || site.quietForMs >= QUIET_MS;
  },
};

function isPatient({ spec }: SiteView, loss: Finding): boolean {
  return hasHeldLongEnough(loss, spec.failover.patience);
}

/**
 * While the live copy is gone the record of the standby is all that is left to promote by: it is not touched. A live copy that is
 * there and fails its visitors may do so because its commits wait for a lost standby: then giving that one up is what helps.
 */
function isLiveGone(site: SiteView, losses: Finding[]): boolean {
  return losses.some(({ code }) => {
    if (code === 'zone-dark') return true;
    return code === 'copy-down' && freshReport(site, site.placement.live)?.database.state !== 'running';
  });
}

/** Everything that has come about, in the order of `SITUATIONS`; several losses are several occurrences, the worst first. */
export function situationsOf(seen: Seen): Occurrence[] {
  const losses = lossesOf(seen.site.placement, seen.findings);
  const found: Occurrence[] = [];
  for (const situation of SITUATIONS) {
    const answer = recognise[situation](seen, losses);
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

/** Healthy zones of the site that have data of it and no role. */
export function returnedZones(site: SiteView, world: World): string[] {
  const { live, standby, spares } = site.placement;
  return site.spec.zones.filter((zone) => {
    if (zone === live || zone === standby || spares.includes(zone) || !isHealthy(world, zone)) return false;
    const report = freshReport(site, zone);
    return report !== null && report.epoch === site.placement.epoch && report.database.state !== 'absent';
  });
}
