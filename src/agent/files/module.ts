/** How one zone's files are named and unlocked for the others: both sides derive it, so nothing has to be exchanged. */
import { createHash, createHmac } from 'node:crypto';
import type { SiteId, ZoneRecord } from '../../model/index.ts';

export const MIRROR_USER = 'holdfast';

/** The file server listens on the port below those of the zone's copies. */
export function filesPort(portBase: number): number {
  return portBase - 1;
}

/** Each of a site's file folders is a module of its own: nothing else of the copy can be asked for. */
export function moduleName(site: SiteId, folder: string): string {
  return `${site}-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
}

/** Derived from the cluster's key, which it does not reveal. */
export function mirrorPassword(clusterKey: string): string {
  return createHmac('sha256', clusterKey).update('holdfast file mirror').digest('hex');
}

/** `rsync://…/MODULE/` of that zone; null while it has not registered. */
export function moduleUrl(zone: ZoneRecord | undefined, site: SiteId, folder: string): string | null {
  if (zone === undefined || zone.host === null || zone.portBase === null) return null;
  const host = zone.host.includes(':') ? `[${zone.host}]` : zone.host;
  return `rsync://${MIRROR_USER}@${host}:${filesPort(zone.portBase)}/${moduleName(site, folder)}/`;
}
