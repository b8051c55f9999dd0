/** Everything that a decision may depend on, as plain data: placements from the store, reports from the window, findings. */
import type { CopyReport, Epoch, Finding, Placement, Room, SiteId, SiteSpec, WallMs, ZoneId } from '../model/index.ts';

/** What an agent last said of its copy; only as good as it is young. */
export interface CopyView {
  report: CopyReport;
  /** Age of the report. */
  heardAgoMs: number;
}

export interface ZoneView {
  zone: ZoneId;
  /** The zone's agent has been heard within `VIEW_FRESH_MS`, and the zone is not dark. */
  heard: boolean;
  /** Heard, and visitors are not answered with errors there either: good enough for a new standby. */
  healthy: boolean;
  /** Zones that its agent's probes have had no answer from for `VIEW_FRESH_MS`. */
  misses: readonly ZoneId[];
  /** How much more its host can take, by its newest report; null: not measured. */
  room: Room | null;
  /** A person has taken every site out of it; since when. Null: in use. */
  evacuated: { at: WallMs; by: string; why: string } | null;
}

/** What one edge that was heard in the last `EDGE_FORGOTTEN_MS` says of a site. */
export interface EdgeView {
  /** Age of its newest report. */
  heardAgoMs: number;
  /** The epoch that it routes the site by; null: it has not told. */
  epoch: Epoch | null;
  /** Requests of the site that were passed on to a copy and have not ended. */
  inFlight: number;
}

/** What the edges told of visitors since the site's drill began. */
export interface VisitorsSeen {
  failedRequests: number;
  heldLongestMs: number;
}

/** An edge that has been silent for so long has let its visitors go, or is gone. */
export const EDGE_FORGOTTEN_MS = 10_000;

export interface SiteView {
  spec: SiteSpec;
  placement: Placement;
  /** Why its plan gives it no standby, in words without a full stop; null: it gets one. */
  unprotected: string | null;
  /** By zone; only zones whose agent reports a copy of this site. Looked up when asked for: most sites at rest never are. */
  copies: Pick<ReadonlyMap<ZoneId, CopyView>, 'get'>;
  /** For how long this controller has found nothing about the site or its live zone; counted from when it began to look, at most. */
  quietForMs: number;
  /** For how long its visitors have fared as usual, as far as this controller can tell, and it can. */
  clearForMs: number;
  /** For how long this controller has seen the placement's epoch, by a clock that does not jump. */
  epochForMs: number;
  /** Looked up when asked for: most sites never are. */
  edges(): readonly EdgeView[];
  /** Only of a site that practises. */
  visitors?: VisitorsSeen | undefined;
}

export interface World {
  zones: Map<ZoneId, ZoneView>;
  /** The sites to be decided about, in the order in which they get what room there is: the same on every controller. */
  sites: Map<SiteId, SiteView>;
  /** Of all sites, also of those that are not looked at this time. */
  placements: ReadonlyMap<SiteId, Placement>;
}

export interface DecideInput {
  world: World;
  findings: Finding[];
  /** For the new record, and for what a policy says of times: only ever compared with earlier records. */
  now: WallMs;
}

/** A view older than this is not decided on. */
export const VIEW_FRESH_MS = 1_000;

/** The copy's report, if it is fresh and made under the placement's present epoch; else null. */
export function currentReport(site: SiteView, zone: ZoneId | null): CopyReport | null {
  if (zone === null) return null;
  const report = freshReport(site, zone);
  return report?.epoch === site.placement.epoch ? report : null;
}

/** The same without asking for the present epoch: for judging whether a copy is alive at all. */
export function freshReport(site: SiteView, zone: ZoneId): CopyReport | null {
  const view = site.copies.get(zone);
  return view === undefined || view.heardAgoMs > VIEW_FRESH_MS ? null : view.report;
}

/** Healthy, and nobody has taken every site out of it: good enough for a standby. */
export function mayHoldRole(world: World, zone: ZoneId): boolean {
  return isHealthy(world, zone) && world.zones.get(zone)?.evacuated === null;
}

export function isHealthy(world: World, zone: ZoneId): boolean {
  return world.zones.get(zone)?.healthy ?? false;
}
