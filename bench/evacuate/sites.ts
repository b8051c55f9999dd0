/** Many small sites on one platform: described, applied, and waited for until each could lose its live zone. */
import { join } from 'node:path';
import type { Instance } from '../../src/local/instance.ts';
import type { Progress } from '../../src/local/progress.ts';
import { readSite, statusOf } from '../../src/local/sites.ts';
import type { CopyStatus, SiteSpec, SiteStatus, ZoneId } from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import type { Store } from '../../src/store/store.ts';

const FILE = join(import.meta.dirname, 'site/site.yaml');
const LOOK_EVERY_MS = 500;
/** For one site, and for each further one: databases are made and copied on two cores. */
const READY_MS = { first: 120_000, each: 20_000 };

/** Descriptions of so many small sites, all of which live in `zones[0]` first. */
export function smallSites(count: number, copies: 2 | 3, zones: ZoneId[]): SiteSpec[] {
  const template = readSite(FILE);
  return Array.from({ length: count }, (_, index) => {
    const site = `site-${String(index + 1).padStart(2, '0')}`;
    return { ...template, site, hosts: [`${site}.localhost`], zones, copies };
  });
}

export async function addSites(store: Store, specs: SiteSpec[]): Promise<void> {
  for (const spec of specs) await store.applySite(spec, clock.wall());
}

/** Until every site is protected and every copy that is wanted follows, its application ready where it has to be. */
export async function untilAllWhole(instance: Instance, specs: SiteSpec[], progress: Progress): Promise<void> {
  const limitMs = READY_MS.first + specs.length * READY_MS.each;
  await progress.step(`${specs.length} sites with every copy`, async (detail) => {
    const until = clock.mono() + limitMs;
    for (;;) {
      const sites = await statusOf(instance).then(
        (view) => view.sites,
        () => [],
      );
      const whole = sites.filter((site) => isWhole(site, specs[0]!.copies)).length;
      if (whole === specs.length) return;
      detail(`${whole} are`);
      if (clock.mono() > until) throw new Error(`${whole} of ${specs.length} sites were whole after ${limitMs} ms`);
      await clock.sleep(LOOK_EVERY_MS);
    }
  });
}

function isWhole(site: SiteStatus, copies: number): boolean {
  return site.protected && site.order === null && site.copies.filter(isThere).length >= copies;
}

function isThere({ role, database, application, lagMs }: CopyStatus): boolean {
  if (role === 'none' || database !== 'running') return false;
  return role === 'spare' ? lagMs !== null : application === 'ready';
}
