/** The link that opens a private site's page: made from the cluster's key, so that every controller knows it and the store keeps no secret. */
import { createHmac } from 'node:crypto';
import type { SiteId } from '../model/index.ts';

/** 128 bits, hexadecimal. `link`: the number in the site's description; another one makes another. */
export function privateToken(clusterKey: string, site: SiteId, link: number): string {
  const key = createHmac('sha256', clusterKey).update('holdfast private status page, version 1').digest();
  return createHmac('sha256', key)
    .update(JSON.stringify([site, link]))
    .digest('hex')
    .slice(0, 32);
}
