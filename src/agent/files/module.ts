/** How one zone's files are named for the others: both sides derive it, so nothing has to be exchanged. */
import { createHash } from 'node:crypto';
import type { SiteId } from '../../model/index.ts';

/** The agents' path and protocol for it, over the encrypted way between zones. */
export const FILES_PATH = '/files';
export const FILES_PROTOCOL = 'rsync';
/** Where an agent tells the others which of its folders have changed. */
export const CHANGES_PATH = '/files/changes';

/** Each of a site's file folders is a module of its own: nothing else of the copy can be asked for. */
export function moduleName(site: SiteId, folder: string): string {
  return `${site}-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
}
