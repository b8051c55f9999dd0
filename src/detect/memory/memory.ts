/**
 * What the detector keeps of what it heard: running sums and what is usual, each row taken in at once and in constant time.
 * A row of a copy that is well, in a zone that is well, costs some additions and touches nothing else.
 */
import type {
  DetectorSettings,
  EdgeId,
  EdgeReport,
  MonoMs,
  Placement,
  Report,
  SiteId,
  TrafficWindow,
  ZoneId,
} from '../../model/index.ts';
import { type Installation, type Levels, levelsFor } from '../budget.ts';
import { ageRuns, type CopyMemory, changePart, createCopy, endRun, isSuspicious, weigh } from './copy.ts';
import { forgetGaps, type Links, rememberProbes } from './links.ts';
import { type BlockState, beginBlock, closeBlock, createSite, LATENCY_CLASSES, type SiteMemory } from './site.ts';
import { OWN, PATH, SLOW, TESTS, TRACKS } from './tests.ts';
import {
  ATTEMPTS,
  ageZoneRuns,
  createZone,
  endIfOver,
  endZoneRun,
  FAILED,
  isDecided,
  noTotals,
  TOTAL,
  type ZoneMemory,
} from './zone.ts';

export interface Memory {
  zones: Map<ZoneId, ZoneMemory>;
  sites: Map<SiteId, SiteMemory>;
  links: Links;
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

function rememberTraffic(memory: Memory, report: EdgeReport, now: MonoMs): void {
  if (memory.forgottenAt === Number.POSITIVE_INFINITY) memory.forgottenAt = now;
  const arrival: Arrival = { memory, levels: memory.levels, edge: report.edge, report: memory.reports++, now };
  for (const zone of memory.zones.values()) zone.before.set(zone.totals);
  let zone: ZoneMemory | undefined;
  let copy: CopyMemory | null = null;
  for (const row of report.traffic) {
    if (zone === undefined || zone.zone !== row.zone) zone = memory.zones.get(row.zone) ?? addZone(memory, row.zone);
    // Reports list copies in much the same order: the one that came next last time is tried first.
    const guess: CopyMemory | null = copy === null ? null : copy.next;
    if (guess !== null && guess.zone === zone && guess.name === row.site) copy = guess;
    else {
      const found: CopyMemory = zone.copies.get(row.site) ?? addCopy(memory, zone, row.site, now);
      if (copy !== null) copy.next = found;
      copy = found;
    }
    take(copy, row, arrival);
  }
  for (const each of memory.zones.values()) addUp(each, arrival);
}

/** One row. Everything that a healthy copy costs is here. */
function take(copy: CopyMemory, row: TrafficWindow, arrival: Arrival): void {
  const { site, zone } = copy;
  const own = row.serverErrors;
  const lost = row.connectErrors + row.timeouts;
  const answers = row.answered + own;
  const ended = answers + lost;
  const { attempts, latency } = row;
  if (ended === 0 && attempts === 0) return;
  // What an edge asks another copy has failed at the live one: the paired control, and no sample of anything else.
  if (!copy.live) {
    copy.pairedEnded += ended;
    copy.pairedFailed += own + lost;
    return;
  }
  if (arrival.now >= site.blockEndsAt) endBlock(site, arrival);
  site.attempts += attempts;
  site.answers += answers;
  site.ended += ended;
  let measured = 0;
  let slow = 0;
  if (latency.length === LATENCY_CLASSES) {
    measured = answers;
    for (let index = site.slowFrom; index < LATENCY_CLASSES; index++) slow += latency[index]!;
    if (site.attempts < SAMPLE_FROM || (arrival.report & SAMPLE_MASK) === 0) countLatency(site, latency);
  }
  if (!copy.chronic) {
    const { totals } = zone;
    totals[ATTEMPTS]! += attempts;
    totals[TOTAL + OWN]! += answers;
    totals[TOTAL + PATH]! += ended;
    totals[TOTAL + SLOW]! += measured;
  }
  if ((own | lost | slow | copy.running | zone.running) !== 0)
    takeFailures(copy, row, own, lost, measured, slow, arrival);
}

/** A site with more requests than this in a block is sampled: one report of four tells how long its answers take. */
const SAMPLE_FROM = 1_000;
const SAMPLE_MASK = 3;

function countLatency({ block }: SiteMemory, latency: number[]): void {
  for (let index = 0; index < LATENCY_CLASSES; index++) block.latency[index]! += latency[index]!;
}

/** The same row, when something failed in it, or something is being tested to which it belongs. */
function takeFailures(
  copy: CopyMemory,
  row: TrafficWindow,
  own: number,
  lost: number,
  measured: number,
  slow: number,
  arrival: Arrival,
): void {
  const { zone } = copy;
  const { failed } = copy.site.block;
  failed[OWN]! += own;
  failed[PATH]! += lost;
  if (!copy.chronic) {
    zone.totals[FAILED + OWN]! += own;
    zone.totals[FAILED + PATH]! += lost;
    zone.totals[FAILED + SLOW]! += slow;
  }
  const running = copy.running | zone.running;
  const answers = row.answered + own;
  if (own > 0 || running & (1 << OWN)) weigh(copy, OWN, own, row.answered, row.attempts, arrival);
  if (lost > 0 || running & (1 << PATH)) weigh(copy, PATH, lost, answers, row.attempts, arrival);
  if (slow > 0 || running & (1 << SLOW)) weigh(copy, SLOW, slow, measured - slow, row.attempts, arrival);
}

/** What this report added to the zone's totals is this edge's. Did anything fail in it, and is the zone's trouble over? */
function addUp(zone: ZoneMemory, { edge, now }: Arrival): void {
  const { totals, before } = zone;
  if (totals[TOTAL + PATH] === before[TOTAL + PATH] && totals[ATTEMPTS] === before[ATTEMPTS]) return;
  let own = zone.edges.get(edge);
  if (own === undefined) {
    own = noTotals();
    zone.edges.set(edge, own);
  }
  for (let index = 0; index < totals.length; index++) own[index]! += totals[index]! - before[index]!;
  for (const track of TRACKS) {
    const failed = totals[FAILED + track]! - before[FAILED + track]!;
    if (isDecided(zone, track))
      endIfOver(zone, track, failed, totals[TOTAL + track]! - before[TOTAL + track]! - failed);
    if (failed <= 0) continue;
    zone.failingReports[track]!++;
    zone.lastFailedAt[track] = now;
  }
}

/** A block that a pause of the controller falls into is of unknown length. */
function endBlock(site: SiteMemory, { memory, now }: Arrival): void {
  if (site.blockStartedAt < memory.forgottenAt) beginBlock(site, now);
  else closeBlock(site, now, stateOf(site));
}

function stateOf({ suspicious, copies }: SiteMemory): BlockState {
  if (copies.some(({ zone }) => TRACKS.some((track) => isDecided(zone, track)))) return 'zone-in-trouble';
  return suspicious || copies.some(isSuspicious) ? 'suspicious' : 'well';
}

function age(memory: Memory, now: MonoMs): void {
  memory.agedAt = now;
  const { levels } = memory;
  for (const zone of memory.zones.values()) {
    ageZoneRuns(zone, now);
    for (let index = zone.troubled.length - 1; index >= 0; index--) ageRuns(zone.troubled[index]!, { now, levels });
  }
}

function addZone(memory: Memory, name: ZoneId): ZoneMemory {
  const zone = createZone(name);
  memory.zones.set(name, zone);
  return zone;
}

function addCopy(memory: Memory, zone: ZoneMemory, name: SiteId, now: MonoMs): CopyMemory {
  let site = memory.sites.get(name);
  if (site === undefined) {
    site = createSite(name, now, memory.liveZones.get(name) ?? null);
    memory.sites.set(name, site);
  }
  const copy = createCopy(site, zone);
  site.copies.push(copy);
  zone.copies.set(name, copy);
  return copy;
}
