/** Writing down what the agents report to have happened: created, promoted, in sync, over. */
import type { Finding, WallMs } from '../model/index.ts';
import { decision, NOTHING, type Outcome } from './outcome.ts';
import { currentReport, type SiteView } from './world.ts';

export function recordInitialised(site: SiteView, now: WallMs): Outcome {
  const { live, promotion, site: name } = site.placement;
  const change = { initialised: true, promotion: { ...promotion, position: '', open: true } };
  return decision(site, 'record-initialised', now, change, `${name} has been set up in zone ${live}.`);
}

/** The line that every returning server is compared with before it may follow. */
export function recordPromotion(site: SiteView, now: WallMs): Outcome {
  const { live, promotion, site: name } = site.placement;
  const reported = currentReport(site, live)?.promoted;
  if (reported === null || reported === undefined) return NOTHING;
  const change = { promotion: { ...promotion, position: reported.position }, former: null };
  return decision(
    site,
    'record-promotion',
    now,
    change,
    `${name} is live in zone ${live}, from position ${reported.position || 'none'}.`,
  );
}

/** From this record on the edges let writes through. */
export function recordOpen(site: SiteView, now: WallMs): Outcome {
  const { live, promotion, site: name } = site.placement;
  const change = { promotion: { ...promotion, open: true } };
  return decision(site, 'record-open', now, change, `${name} takes writes in zone ${live}.`);
}

export function recordInSync(site: SiteView, now: WallMs): Outcome {
  const { standby, site: name } = site.placement;
  return decision(
    site,
    'record-in-sync',
    now,
    { inSync: true },
    `${name} is protected: zone ${standby} has every acknowledged write.`,
  );
}

export function closeIncident(site: SiteView, now: WallMs): Outcome {
  const sentence = `The incident is over for ${site.placement.site}.`;
  return decision(site, 'close-incident', now, { incident: null, approval: null }, sentence);
}

/** A finding that nothing can be done about yet still is an incident: its refusals need a place to be written to. */
export function openIncident(site: SiteView, because: Finding, now: WallMs): Outcome {
  return decision(
    site,
    'open-incident',
    now,
    {},
    `${site.placement.site} is in trouble that no move answers yet.`,
    because,
  );
}
