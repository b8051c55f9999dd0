/** A copy more than the standby: so that after a failover the next standby follows already. */
import type { ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { decision, NOTHING, type Outcome } from './outcome.ts';
import { mayHoldRole, type SiteView, type World } from './world.ts';

/** Zones in which a spare may be built, in order of preference. */
export function zonesForSpare(site: SiteView, world: World): ZoneId[] {
  const { live, standby, spares } = site.placement;
  return site.spec.zones.filter(
    (zone) => zone !== live && zone !== standby && !spares.includes(zone) && mayHoldRole(world, zone),
  );
}

/** Fewer copies than the site wants, calm, and a zone to build one in. */
export function isSpareWanted({ site, world }: Pick<Circumstances, 'site' | 'world'>): boolean {
  const { placement, spec } = site;
  if (site.unprotected !== null) return false;
  if (!placement.inSync || placement.order !== null || placement.drill !== null || placement.incident !== null)
    return false;
  const has = 2 + placement.spares.length;
  return has < Math.min(spec.copies, spec.zones.length) && zonesForSpare(site, world).length > 0;
}

/** The agent there builds it from the in-sync standby, or takes up what lies there already. */
export function addSpare({ site, now }: Circumstances, zone: ZoneId, why: string): Outcome {
  const { site: name, spares } = site.placement;
  const sentence = `${name} gets a copy in zone ${zone}, ${why}.`;
  return decision(site, 'add-spare', now, { spares: [...spares, zone] }, sentence);
}

export function addWantedSpare(circumstances: Circumstances): Outcome {
  const zone = zonesForSpare(circumstances.site, circumstances.world)[0];
  return zone === undefined ? NOTHING : addSpare(circumstances, zone, 'so that its next standby follows already');
}
