/** Everything that a decision may depend on, as plain data: placements from the store, reports from the window, findings. */
import type { CopyReport, Finding, Placement, SiteId, SiteSpec, WallMs, ZoneId } from '../model/index.ts';

/** What an agent last said of its copy; only as good as it is young. */
export interface CopyView {
  report: CopyReport;
  /** Age of the report. */
  heardAgoMs: number;
}

export interface ZoneView {
  zone: ZoneId;
  /** The zone's agent has been heard within `VIEW_FRESH_MS`, and no finding speaks against the zone. */
  healthy: boolean;
}

export interface SiteView {
  spec: SiteSpec;
  placement: Placement;
  /** By zone; only zones whose agent reports a copy of this site. */
  copies: Map<ZoneId, CopyView>;
}

export interface World {
  zones: Map<ZoneId, ZoneView>;
  sites: Map<SiteId, SiteView>;
}

export interface DecideInput {
  world: World;
  findings: Finding[];
  /** For the new record only. */
  now: WallMs;
}

/** A view older than this is not decided on. */
export const VIEW_FRESH_MS = 1_000;

/** The copy's report, if it is fresh and made under the placement's present epoch; else null. */
export function currentReport(site: SiteView, zone: ZoneId | null): CopyReport | null {
  if (zone === null) return null;
  const view = site.copies.get(zone);
  if (view === undefined || view.heardAgoMs > VIEW_FRESH_MS) return null;
  return view.report.epoch === site.placement.epoch ? view.report : null;
}

/** The same without asking for the present epoch: for judging whether a copy is alive at all. */
export function freshReport(site: SiteView, zone: ZoneId): CopyReport | null {
  const view = site.copies.get(zone);
  return view === undefined || view.heardAgoMs > VIEW_FRESH_MS ? null : view.report;
}

export function isHealthy(world: World, zone: ZoneId): boolean {
  return world.zones.get(zone)?.healthy ?? false;
}
