/** Puts together what decide needs: placements and sites from the store's view, copies and zones from the window. */
import { type CopyView, type SiteView, VIEW_FRESH_MS, type World } from '../decide/index.ts';
import type { Finding, MonoMs, Placement, SiteId, SiteRecord, Window, ZoneId } from '../model/index.ts';

export interface StoreState {
  sites: ReadonlyMap<SiteId, SiteRecord>;
  placements: ReadonlyMap<SiteId, Placement>;
}

export function toWorld(state: StoreState, window: Window, findings: Finding[], now: MonoMs): World {
  const troubled = new Set(
    findings.flatMap(({ code, zone }) => (code === 'zone-dark' || code === 'zone-erring' ? [zone] : [])),
  );
  const zones = new Map(
    [...window.agents].map(([zone, heard]) => [
      zone,
      { zone, healthy: now - heard.receivedAt <= VIEW_FRESH_MS && !troubled.has(zone) },
    ]),
  );
  const copies = copiesBySite(window, now);
  const sites = new Map<SiteId, SiteView>();
  for (const [site, placement] of state.placements) {
    const record = state.sites.get(site);
    if (record !== undefined) sites.set(site, { spec: record.spec, placement, copies: copies.get(site) ?? new Map() });
  }
  return { zones, sites };
}

function copiesBySite(window: Window, now: MonoMs): Map<SiteId, Map<ZoneId, CopyView>> {
  const bySite = new Map<SiteId, Map<ZoneId, CopyView>>();
  for (const [zone, { report, receivedAt }] of window.agents) {
    for (const copy of report.copies) {
      const copies = bySite.get(copy.site) ?? new Map<ZoneId, CopyView>();
      copies.set(zone, { report: copy, heardAgoMs: now - receivedAt });
      bySite.set(copy.site, copies);
    }
  }
  return bySite;
}
