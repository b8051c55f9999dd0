/** Puts together what decide needs: placements and sites from the store's view, copies and zones from the window. */
import { type SiteVerdict, type SiteView, VIEW_FRESH_MS, type World, type ZoneView } from '../decide/index.ts';
import { isPuzzling, isSuspect, type Memory } from '../detect/index.ts';
import {
  type AgentReport,
  type CopyReport,
  type Finding,
  type MonoMs,
  type Placement,
  type ServiceSpec,
  type SiteId,
  type SiteRecord,
  type Window,
  whyUnprotected,
  type ZoneId,
  type ZoneProbe,
  type ZoneRecord,
} from '../model/index.ts';
import { createAttention, FEW_SITES } from './attention.ts';
import { createDrillVisitors } from './drill-visitors.ts';
import { createEpochs } from './epochs.ts';
import { createQuiet } from './quiet.ts';
import { edgesOf } from './site-edges.ts';

export interface StoreState {
  sites: ReadonlyMap<SiteId, SiteRecord>;
  placements: ReadonlyMap<SiteId, Placement>;
  /** Left out: no zone is evacuated. */
  zones?: ReadonlyMap<ZoneId, Pick<ZoneRecord, 'evacuated'>> | undefined;
  /** What is sold; null, or left out: every site is protected that does not decline. */
  service?: Pick<ServiceSpec, 'plans'> | null | undefined;
}

export interface WorldBuilder {
  /** The world as of `now`; of its sites those that have to be decided about in this turn. */
  build(state: StoreState, window: Window, findings: Finding[], now: MonoMs): World;
  /** The world with this one site, for a question of a person's. Null: there is no such site. */
  only(site: SiteId, state: StoreState, window: Window, findings: Finding[], now: MonoMs): World | null;
  /** What was decided about them. */
  note(verdicts: readonly SiteVerdict[]): void;
}

/**
 * Remembers from turn to turn for how long sites have been quiet, and what makes the next turn cheaper: whom it looked at, and where a
 * copy stands in a report. `memory`: the detector's.
 */
export function createWorldBuilder(memory: Memory, few: number = FEW_SITES): WorldBuilder {
  const attention = createAttention(few);
  const finder = createCopyFinder();
  const quiet = createQuiet();
  const epochs = createEpochs();
  const visitors = createDrillVisitors();

  const viewOf = (site: SiteId, state: StoreState, window: Window, now: MonoMs): SiteView | null => {
    const record = state.sites.get(site);
    const placement = state.placements.get(site);
    if (record === undefined || placement === undefined) return null;
    quiet.heed(placement, now);
    if (isSuspect(memory, site, now) || !canTell(placement, memory, window, now)) quiet.unclear(site, now);
    return {
      spec: record.spec,
      placement,
      unprotected: whyUnprotected(record.spec, state.service?.plans ?? null),
      copies: copiesOf(site, window, finder, now),
      quietForMs: quiet.forMs(site, now),
      clearForMs: quiet.clearForMs(site, now),
      epochForMs: epochs.forMs(placement, now),
      edges: () => edgesOf(site, window, now),
      visitors: placement.drill === null ? undefined : visitors.of(placement, edgesOf(site, window, now)),
    };
  };
  const worldOf = (names: SiteId[], state: StoreState, window: Window, findings: Finding[], now: MonoMs): World => {
    const sites = new Map<SiteId, SiteView>();
    for (const site of names) {
      const view = viewOf(site, state, window, now);
      if (view !== null) sites.set(site, view);
    }
    return { zones: zonesOf(state, window, findings, now), sites, placements: state.placements };
  };
  return {
    build: (state, window, findings, now) => {
      quiet.follow(state.placements, findings, now);
      const names = attention.choose(state.placements, findings, evacuatedOf(state));
      return worldOf(names, state, window, findings, now);
    },
    only: (site, state, window, findings, now) => {
      const world = worldOf([site], state, window, findings, now);
      return world.sites.size === 0 ? null : world;
    },
    note: attention.note,
  };
}

/**
 * Would this controller find it if visitors of the site fared badly? Not one that hears nothing of the live copy or of visitors, nor one
 * that has begun to look in the midst of the trouble and does not know yet what is usual.
 */
function canTell({ site, live }: Placement, memory: Memory, { agents, edges }: Window, now: MonoMs): boolean {
  const isHeard = (one: { receivedAt: MonoMs } | undefined) =>
    one !== undefined && now - one.receivedAt <= VIEW_FRESH_MS;
  return isHeard(agents.get(live)) && [...edges.values()].some(isHeard) && !isPuzzling(memory, site, now);
}

const NO_ZONES: ReadonlySet<ZoneId> = new Set();

function evacuatedOf({ zones }: StoreState): ReadonlySet<ZoneId> {
  if (zones === undefined) return NO_ZONES;
  const evacuated = [...zones].flatMap(([zone, record]) => (record.evacuated === null ? [] : [zone]));
  return evacuated.length === 0 ? NO_ZONES : new Set(evacuated);
}

function zonesOf(state: StoreState, window: Window, findings: Finding[], now: MonoMs): Map<ZoneId, ZoneView> {
  const found = (code: Finding['code'], zone: ZoneId) =>
    findings.some((finding) => finding.code === code && finding.zone === zone);
  const zones = new Map<ZoneId, ZoneView>();
  for (const [zone, { report, receivedAt }] of window.agents) {
    const heard = now - receivedAt <= VIEW_FRESH_MS && !found('zone-dark', zone);
    const healthy = heard && !found('zone-erring', zone);
    const evacuated = state.zones?.get(zone)?.evacuated ?? null;
    zones.set(zone, { zone, heard, healthy, misses: missedBy(report), room: report.room, evacuated });
  }
  return zones;
}

const NONE: readonly ZoneId[] = [];

function missedBy({ probes }: AgentReport): readonly ZoneId[] {
  const misses = (probe: ZoneProbe) => (probe.answeredAgoMs ?? 0) > VIEW_FRESH_MS;
  return probes.some(misses) ? probes.filter(misses).map(({ zone }) => zone) : NONE;
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
