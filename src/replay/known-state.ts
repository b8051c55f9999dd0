/** The sites and placements that a replay knows of, as its lines told them so far. */
import type { Placement, SiteId, SiteRecord } from '../model/index.ts';
import { DEFAULT_POLICY, SITE_DEFAULTS } from '../model/index.ts';
import type { SiteLine } from '../record/observations/lines.ts';
import { toSiteRecord } from '../record/observations/state.ts';

export interface KnownState {
  sites: Map<SiteId, SiteRecord>;
  placements: Map<SiteId, Placement>;
  takeSite(line: Omit<SiteLine, 'at' | 'kind'>): void;
  takePlacement(placement: Placement): void;
}

/** `change`: what is to be different about every site than the file says. */
export function createKnownState(change: (record: SiteRecord) => SiteRecord = (record) => record): KnownState {
  const sites = new Map<SiteId, SiteRecord>();
  const placements = new Map<SiteId, Placement>();
  const takeSite = (line: Omit<SiteLine, 'at' | 'kind'>): void => {
    sites.set(line.site, change(toSiteRecord(line)));
  };
  return {
    sites,
    placements,
    takeSite,
    takePlacement(placement) {
      const { site, live, standby, spares } = placement;
      // A placement may come without its site: then the zones it names are the site's, and its policy is the default.
      const zones = [live, ...(standby === null ? [] : [standby]), ...spares];
      if (!sites.has(site)) takeSite({ site, zones, failover: DEFAULT_POLICY, ...SITE_DEFAULTS, unprotected: null });
      placements.set(site, placement);
    },
  };
}
