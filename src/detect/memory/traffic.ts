/**
 * Takes in what an edge reports of visitors' requests, row by row and in constant time. A row of a copy that is well, in a zone that is
 * well, costs some additions and touches nothing else.
 */
import type { EdgeReport, MonoMs, SiteId, TrafficWindow, ZoneId } from '../../model/index.ts';
import { addPaired, type CopyMemory, createCopy, isSuspicious, weigh } from './copy.ts';
import type { Arrival, Memory } from './memory.ts';
import { lateBy } from './pace.ts';
import { addToShares } from './run.ts';
import { type BlockState, beginBlock, closeBlock, createSite, LATENCY_CLASSES, type SiteMemory } from './site.ts';
import { OWN, PATH, SLOW, TRACKS } from './tests.ts';
import {
  ATTEMPTS,
  createZone,
  endIfOver,
  FAILED,
  isDecided,
  LAST_FAILED,
  LEAST_USUAL,
  noTotals,
  TOTAL,
  type ZoneMemory,
} from './zone.ts';

export function rememberTraffic(memory: Memory, report: EdgeReport, now: MonoMs): void {
  if (memory.forgottenAt === Number.POSITIVE_INFINITY) memory.forgottenAt = now;
  const happenedAt = now - lateBy(memory.paces, report, now);
  const arrival: Arrival = {
    memory,
    levels: memory.levels,
    edge: report.edge,
    report: memory.reports++,
    now,
    happenedAt,
  };
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
    addPaired(copy, ended, own + lost, arrival.now);
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
  for (let index = 0; index < LATENCY_CLASSES; index++)
    if (latency[index] !== 0) block.latency[index]! += latency[index]!;
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
  if (own > 0) copy.site.block.failed[OWN]! += own;
  if (lost > 0) copy.site.block.failed[PATH]! += lost;
  if (!copy.chronic) {
    zone.totals[FAILED + OWN]! += own;
    zone.totals[FAILED + PATH]! += lost;
    zone.totals[FAILED + SLOW]! += slow;
  }
  const running = copy.running | zone.running;
  const answers = row.answered + own;
  if (own > 0 || running & (1 << OWN)) weigh(copy, OWN, own, row.answered, row.attempts, arrival);
  if (lost > 0 || running & (1 << PATH)) weigh(copy, PATH, lost, answers, row.attempts, arrival);
  if (slow > 0 || running & (1 << SLOW)) weigh(copy, SLOW, slow, Math.max(0, measured - slow), row.attempts, arrival);
}

/** What this report added to the zone's totals is this edge's. Did anything fail in it, and is the zone's trouble over? */
function addUp(zone: ZoneMemory, { edge, happenedAt }: Arrival): void {
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
    const good = totals[TOTAL + track]! - before[TOTAL + track]! - failed;
    if (zone.running & (1 << track))
      addToShares(zone.shares[track]!, edge, failed, good, Math.max(LEAST_USUAL, zone.usual[track]!), happenedAt);
    if (isDecided(zone, track)) endIfOver(zone, track, failed, good);
    if (failed <= 0) continue;
    zone.failingReports[track]!++;
    zone.lastFailedAt[track] = Math.max(zone.lastFailedAt[track]!, happenedAt);
    own[LAST_FAILED + track] = Math.max(own[LAST_FAILED + track]!, happenedAt);
  }
}

/** A block that a pause of the controller falls into is of unknown length. */
function endBlock(site: SiteMemory, { memory, now }: Arrival): void {
  if (site.blockStartedAt < memory.forgottenAt) beginBlock(site, now);
  else closeBlock(site, now, stateOf(site));
}

function stateOf({ suspiciousAt, blockStartedAt, copies }: SiteMemory): BlockState {
  if (copies.some(({ zone }) => TRACKS.some((track) => isDecided(zone, track)))) return 'zone-in-trouble';
  return suspiciousAt >= blockStartedAt || copies.some(isSuspicious) ? 'suspicious' : 'well';
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
