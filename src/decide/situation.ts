/** What has come about for one site, most urgent first. Each situation is one column of the transition table. */
import { covers, type Finding, type WallMs } from '../model/index.ts';
import { currentReport, freshReport, isHealthy, type SiteView, type World } from './world.ts';

export const SITUATIONS = [
  /** The live copy or its zone is lost. */
  'live-lost',
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
  /** Nothing is wrong and an incident is open. */
  'at-peace',
] as const;
export type Situation = (typeof SITUATIONS)[number];

export interface Occurrence {
  situation: Situation;
  because: Finding | null;
}

/** Trouble that nothing was done about must stay away for so long before its incident closes, or it would open and close without end. */
const QUIET_MS = 10_000;

type Recognise = (site: SiteView, world: World, findings: Finding[], now: WallMs) => Finding | boolean;

const recognise: Record<Situation, Recognise> = {
  'live-lost': (site, _, findings) => liveLoss(site, findings) ?? false,
  'standby-lost': (site, _, findings) =>
    // While the live copy is lost the record of the standby is all that is left to promote by: it is not touched.
    liveLoss(site, findings) === null && (standbyLoss(site, findings) ?? false),
  created: (site) => !site.placement.initialised && (currentReport(site, site.placement.live)?.initialised ?? false),
  promoted: (site) => {
    const { live, promotion } = site.placement;
    return promotion.position === null && currentReport(site, live)?.promoted?.epoch === promotion.epoch;
  },
  synced: (site) => !site.placement.inSync && isSynced(site),
  'standby-wanted': (site) => site.placement.standby === null,
  'copy-returned': (site, world) => returnedZones(site, world).length > 0,
  'at-peace': ({ placement, ...site }, _, findings, now) => {
    if (placement.incident === null || lossesOf({ placement, ...site }, findings).length > 0) return false;
    return placement.decision !== 'open-incident' || now - placement.committedAt >= QUIET_MS;
  },
};

/** Everything that has come about, in the order of `SITUATIONS`. */
export function situationsOf(site: SiteView, world: World, findings: Finding[], now: WallMs): Occurrence[] {
  return SITUATIONS.flatMap((situation) => {
    const found = recognise[situation](site, world, findings, now);
    if (found === false) return [];
    return [{ situation, because: found === true ? null : found }];
  });
}

function liveLoss({ placement }: SiteView, findings: Finding[]): Finding | null {
  const { site, live } = placement;
  const losses = findings.filter(
    ({ code, zone, site: about }) =>
      zone === live &&
      (code === 'zone-dark' ||
        code === 'zone-erring' ||
        ((code === 'copy-down' || code === 'copy-erring') && about === site)),
  );
  return losses[0] ?? null;
}

function standbyLoss({ placement }: SiteView, findings: Finding[]): Finding | null {
  return findings.find(({ code, site }) => code === 'standby-lost' && site === placement.site) ?? null;
}

function lossesOf(site: SiteView, findings: Finding[]): Finding[] {
  return [liveLoss(site, findings), standbyLoss(site, findings)].filter((finding) => finding !== null);
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
