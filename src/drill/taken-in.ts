/** Waits until a zone's copy is part of its site again and everything is as before the drill. */
import { Trouble } from '../cli/trouble.ts';
import { inWords, statusOf } from '../local/sites.ts';
import type { SiteId, StatusView, ZoneId } from '../model/index.ts';
import type { Ground } from './run.ts';

const WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 200;

/** Resolves when the copy in `zone` runs and follows, and the site is protected. Throws Trouble after two minutes. */
export async function untilTakenIn({ instance, clock, progress }: Ground, site: SiteId, zone: ZoneId): Promise<void> {
  await progress.step(`zone ${zone} is taken in again`, async (detail) => {
    const limit = clock.mono() + WITHIN_MS;
    let newest = 'no controller answers';
    while (clock.mono() < limit) {
      const view = await statusOf(instance).catch(() => null);
      if (view !== null && isTakenIn(view, site, zone)) return;
      const status = view?.sites.find((each) => each.site === site);
      if (status) newest = inWords(status);
      detail(newest);
      await clock.sleep(LOOK_EVERY_MS);
    }
    throw new Trouble(`Zone ${zone} was not taken in again within ${WITHIN_MS / 1000} s. Newest: ${newest}`);
  });
}

/** Pure. */
export function isTakenIn(view: StatusView, site: SiteId, zone: ZoneId): boolean {
  const status = view.sites.find((each) => each.site === site);
  const copy = status?.copies.find((each) => each.zone === zone);
  if (!status || !copy || !status.protected || copy.role === 'none' || copy.database !== 'running') return false;
  if (view.zones.find((each) => each.zone === zone)?.state !== 'healthy') return false;
  return copy.role === 'live' || (copy.lagMs !== null && copy.lagMs < 1_000);
}
