/** Puts together what decide needs: placements and sites from the store's view, copies and zones from the window. */
import { type SiteVerdict, type SiteView, VIEW_FRESH_MS, type World, type ZoneView } from '../decide/index.ts';
import type {
  AgentReport,
  CopyReport,
  Finding,
  MonoMs,
  Placement,
  SiteId,
  SiteRecord,
  Window,
  ZoneId,
} from '../model/index.ts';
import { createAttention } from './attention.ts';
import { createQuiet } from './quiet.ts';

export interface StoreState {
  sites: ReadonlyMap<SiteId, SiteRecord>;
  placements: ReadonlyMap<SiteId, Placement>;
}

export interface WorldBuilder {
  /** The world as of `now`; of its sites those that have to be decided about in this turn. */
  build(state: StoreState, window: Window, findings: Finding[], now: MonoMs): World;
  /** What was decided about them. */
  note(verdicts: readonly SiteVerdict[]): void;
}

/** Remembers from turn to turn only what makes the next one cheaper: whom it looked at, and where a copy stands in a report. */
export function createWorldBuilder(): WorldBuilder {
  const attention = createAttention();
  const finder = createCopyFinder();
  const quiet = createQuiet();
  return {
    build: (state, window, findings, now) => {
      const sites = new Map<SiteId, SiteView>();
      quiet.follow(state.placements, findings, now);
      for (const site of attention.choose(state.placements, findings)) {
        const record = state.sites.get(site);
        const placement = state.placements.get(site);
        if (record === undefined || placement === undefined) continue;
        const copies = copiesOf(site, window, finder, now);
        quiet.heed(placement, now);
        sites.set(site, { spec: record.spec, placement, copies, quietForMs: quiet.forMs(site, now) });
      }
      return { zones: zonesOf(window, findings, now), sites, placements: state.placements };
    },
    note: attention.note,
  };
}

function zonesOf(window: Window, findings: Finding[], now: MonoMs): Map<ZoneId, ZoneView> {
  const found = (code: Finding['code'], zone: ZoneId) =>
    findings.some((finding) => finding.code === code && finding.zone === zone);
  return new Map(
    [...window.agents].map(([zone, { report, receivedAt }]) => {
      const heard = now - receivedAt <= VIEW_FRESH_MS && !found('zone-dark', zone);
      const healthy = heard && !found('zone-erring', zone);
      return [zone, { zone, heard, healthy, misses: missedBy(report), room: report.room }];
    }),
  );
}

function missedBy({ probes }: AgentReport): ZoneId[] {
  return probes.flatMap(({ zone, answeredAgoMs }) => ((answeredAgoMs ?? 0) > VIEW_FRESH_MS ? [zone] : []));
}

interface CopyFinder {
  find(report: AgentReport, site: SiteId, now: MonoMs): CopyReport | undefined;
}

function copiesOf(site: SiteId, window: Window, finder: CopyFinder, now: MonoMs): SiteView['copies'] {
  return {
    get: (zone) => {
      const heard = window.agents.get(zone);
      if (heard === undefined) return undefined;
      const report = finder.find(heard.report, site, now);
      return report === undefined ? undefined : { report, heardAgoMs: now - heard.receivedAt };
    },
  };
}

/** Copies that come and go without their number changing are noticed at the latest after this. */
const FINDER_LASTS_MS = 5_000;

interface Places {
  of: Map<SiteId, number>;
  count: number;
  checkedAt: MonoMs;
}

/** An agent tells its copies in the same order again and again, so that a copy is looked for where it stood the last time. */
function createCopyFinder(): CopyFinder {
  const known = new Map<ZoneId, Places>();
  return {
    find({ zone, copies }, site, now) {
      let places = known.get(zone);
      const at = places?.of.get(site);
      if (at !== undefined && copies[at]?.site === site) return copies[at];
      const moved = at !== undefined || places?.count !== copies.length;
      if (places === undefined || moved || now - places.checkedAt >= FINDER_LASTS_MS) {
        places = { of: new Map(copies.map((copy, place) => [copy.site, place])), count: copies.length, checkedAt: now };
        known.set(zone, places);
      }
      const place = places.of.get(site);
      return place === undefined ? undefined : copies[place];
    },
  };
}
