/** For how long this controller has seen each site's epoch: a short wait that began with a record must not depend on clocks that jump. */
import type { Epoch, MonoMs, Placement, SiteId } from '../model/index.ts';

/** Beyond so many, those not asked about for longest are forgotten; asked about again they count from then. */
const MOST_KNOWN = 200_000;

export interface Epochs {
  /** Since the site's present epoch was first seen here, milliseconds; to be asked whenever the site is looked at. */
  forMs(placement: Placement, now: MonoMs): number;
}

export function createEpochs(): Epochs {
  const known = new Map<SiteId, { epoch: Epoch; since: MonoMs }>();
  return {
    forMs({ site, epoch }, now) {
      const seen = known.get(site);
      if (seen?.epoch === epoch) return now - seen.since;
      if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value!);
      known.set(site, { epoch, since: now });
      return 0;
    },
  };
}
