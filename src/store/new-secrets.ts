/** The secrets that a site is given when it is added, and keeps. */
import type { SiteSecrets } from '../model/index.ts';
import { newSecret } from '../platform/random.ts';

export function newSecrets(): SiteSecrets {
  return {
    databasePassword: newSecret(),
    replicationPassword: newSecret(),
    adminPassword: newSecret(),
    siteSecret: newSecret(),
  };
}
