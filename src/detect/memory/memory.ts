/** What the detector keeps of what it heard: running sums, and what is usual. Plain data, so that it can be copied as it is. */
import type { DetectorSettings, EdgeId, MonoMs, Placement, Report, SiteId, ZoneId } from '../../model/index.ts';
import { type Installation, type Levels, levelsFor } from '../budget.ts';
import { ageRuns, changePart, endRun } from './copy.ts';
import { forgetGaps, type Links, rememberProbes } from './links.ts';
import type { Pace } from './pace.ts';
import type { SiteMemory } from './site.ts';
import { TESTS, TRACKS } from './tests.ts';
import { rememberTraffic } from './traffic.ts';
import { ageZoneRuns, endZoneRun, type ZoneMemory } from './zone.ts';

export interface Memory {
  zones: Map<ZoneId, ZoneMemory>;
  sites: Map<SiteId, SiteMemory>;
  links: Links;
  /** How each edge's newest reports have come. */
  paces: Map<EdgeId, Pace>;
  /** The newest placements, and by site the zone that visitors are sent to. */
  placements: readonly Placement[];
  liveZones: Map<SiteId, ZoneId>;
  levels: Levels;
  calibratedFor: Installation & DetectorSettings;
  /** Edge reports taken in so far. */
  reports: number;
  agedAt: MonoMs;
  forgottenAt: MonoMs;
}

/** The report that is being taken in. */
export interface Arrival {
  memory: Memory;
  levels: Levels;
  edge: EdgeId;
  report: number;
  now: MonoMs;
  /** When what it tells of was so, as far as is known: now, unless it came late. */
  happenedAt: MonoMs;
}

/** Until the first `detect` says otherwise. */
const UNKNOWN: Installation = { sites: 1_000, edges: 3, zones: 3 };
const DEFAULT_SETTINGS: DetectorSettings = { falseAlarmsPerYear: 0.1 };
const AGE_EVERY_MS = 500;

export function createMemory(): Memory {
  return {
    zones: new Map(),
    sites: new Map(),
    links: new Map(),
    paces: new Map(),
    placements: [],
    liveZones: new Map(),
    levels: levelsFor(DEFAULT_SETTINGS, UNKNOWN),
    calibratedFor: { ...UNKNOWN, ...DEFAULT_SETTINGS },
    reports: 0,
    agedAt: Number.NEGATIVE_INFINITY,
    forgottenAt: Number.NEGATIVE_INFINITY,
  };
}

/** Sets the levels by the budget and by how much there is to be wrong about. */
export function calibrate(memory: Memory, settings: DetectorSettings, installation: Installation): void {
  const { sites, edges, zones, falseAlarmsPerYear } = memory.calibratedFor;
  if (
    sites === installation.sites &&
    edges === installation.edges &&
    zones === installation.zones &&
    falseAlarmsPerYear === settings.falseAlarmsPerYear
  )
    return;
  memory.levels = levelsFor(settings, installation);
  memory.calibratedFor = { ...installation, ...settings };
}

/**
 * Takes note of which zone visitors are sent to; costs the comparison of two lists when nothing has changed. A copy that is left, or
 * that takes over, is judged from the beginning.
 */
export function knowPlacements(memory: Memory, placements: readonly Placement[]): void {
  const { placements: known, liveZones } = memory;
  if (known.length === placements.length && known.every((one, index) => one === placements[index])) return;
  memory.placements = placements;
  liveZones.clear();
  for (const { site: name, live } of placements) {
    liveZones.set(name, live);
    const site = memory.sites.get(name);
    if (site === undefined || site.live === live) continue;
    site.live = live;
    for (const copy of site.copies) changePart(copy, copy.zone.zone === live);
  }
  for (const [name, site] of memory.sites) if (!liveZones.has(name)) forgetSite(memory, site);
}

/** The site is no more. */
function forgetSite(memory: Memory, { site, copies }: SiteMemory): void {
  for (const copy of copies) {
    changePart(copy, false);
    copy.zone.copies.delete(site);
  }
  memory.sites.delete(site);
}

/** Takes in one report that the window took as news. */
export function remember(memory: Memory, report: Report, now: MonoMs): void {
  rememberProbes(memory.links, report, now);
  if (report.kind === 'edge') rememberTraffic(memory, report, now);
  if (now - memory.agedAt >= AGE_EVERY_MS) age(memory, now);
}

/** After a pause of this controller: the present is unknown, what is usual is still known. */
export function forgetPresent(memory: Memory): void {
  for (const zone of memory.zones.values()) {
    for (const copy of [...zone.troubled])
      for (const track of TRACKS) if (copy.running & (1 << track)) endRun(copy, track);
    TESTS.forEach((_, test) => {
      if (zone.sum[test]! > 0) endZoneRun(zone, test);
    });
  }
  forgetGaps(memory.links);
  memory.forgottenAt = Number.POSITIVE_INFINITY;
}

function age(memory: Memory, now: MonoMs): void {
  memory.agedAt = now;
  const { levels } = memory;
  for (const zone of memory.zones.values()) {
    ageZoneRuns(zone, now);
    for (let index = zone.troubled.length - 1; index >= 0; index--) ageRuns(zone.troubled[index]!, { now, levels });
  }
}
