/** The unplanned move: only to a standby recorded in sync, and only when that is known to be better now. */
import type { Finding, WallMs } from '../model/index.ts';
import { decision, type Outcome, refuse } from './outcome.ts';
import { freshReport, isHealthy, type SiteView, type World } from './world.ts';

export function planFailover(site: SiteView, world: World, because: Finding, now: WallMs): Outcome {
  const { live, standby } = site.placement;
  if (standby === null) throw new Error(`failover of ${site.placement.site} without a standby`);
  const objection = objectionTo(site, world, standby, because);
  if (objection !== null) return objection;
  return decision(
    site,
    'failover',
    now,
    {
      live: standby,
      standby: null,
      inSync: false,
      promotion: { epoch: site.placement.epoch + 1, from: live, position: null },
    },
    `${site.placement.site} moves from zone ${live} to zone ${standby}, whose copy has every acknowledged write.`,
    because,
  );
}

/** Would it help? The standby's zone and database must be up now; when the live zone still answers, the application there too. */
function objectionTo(site: SiteView, world: World, standby: string, because: Finding): Outcome | null {
  const name = site.placement.site;
  if (!isHealthy(world, standby)) {
    return refuse(
      site,
      'standby-unwell',
      `${name} cannot move to zone ${standby}: that zone is not answering either.`,
      because,
    );
  }
  const report = freshReport(site, standby);
  if (report === null || report.database.state !== 'running') {
    const state = report?.database.state ?? 'unknown';
    return refuse(
      site,
      'standby-unwell',
      `${name} cannot move to zone ${standby}: its database there is ${state}.`,
      because,
    );
  }
  if (because.code === 'zone-dark') return null;
  const { state, checks } = report.application;
  const newest = checks.slice(-4);
  if (state === 'ready' && newest.every((status) => status > 0 && status < 500)) return null;
  const sentence = `Moving ${name} to zone ${standby} would not help: its application there is ${state} (newest checks: ${newest.join(', ') || 'none'}).`;
  return refuse(site, 'would-not-help', sentence, because);
}
