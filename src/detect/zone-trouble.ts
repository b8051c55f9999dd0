/**
 * Which zones' sums have decided, what that rests on, and what the other zones say about it meanwhile: the control. A trouble that
 * another zone has too is not the zone's, however clear; and a zone that has not had time to show it is waited for.
 */
import { type Evidence, type MonoMs, type Placement, RUSH_TIMES, type SiteId, type ZoneId } from '../model/index.ts';
import { type Control, controlOf, usualPerSecond } from './control.ts';
import { copyReport, ERRING, failingChecks, placementOf } from './copies.ts';
import { atLeastTimes } from './load.ts';
import { type CopyMemory, feelsIt, ownRatio, shareInZone } from './memory/copy.ts';
import { isLasting, rushOf } from './memory/run.ts';
import { FIRST_TEST, OWN, PATH, SLOW, TESTS, type Track } from './memory/tests.ts';
import { ATTEMPTS, FAILED, since, TOTAL, usualShareIn, type ZoneMemory } from './memory/zone.ts';
import { type Paired, pairedControl, pairOf, type SitePair } from './paired.ts';
import { placesThatAgree } from './places.ts';
import { type DetectInput, oncePerTurn } from './rule.ts';

export interface ZoneTrouble {
  zone: ZoneMemory;
  track: Track;
  /** The test whose run began first, of those that have decided. */
  test: number;
  startedAt: MonoMs;
  decidedAt: MonoMs;
  attempts: number;
  total: number;
  failed: number;
  /**
   * Share of requests that fail beyond what is usual; a lower bound (two standard deviations), for what has just decided has
   * had more than its share of them.
   */
  rise: number;
  controls: Control[];
  /** What the standbys do with the requests that fail there; null: none was tried. */
  paired: Paired | null;
}

/** Zones that are decided to be in trouble of this kind, whose trouble has lasted, and is so now. */
export function zoneTroubles(input: DetectInput, tracks: readonly Track[], dark: ReadonlySet<ZoneId>): ZoneTrouble[] {
  const found: ZoneTrouble[] = [];
  for (const zone of input.memory.zones.values()) {
    if (zone.running === 0 || dark.has(zone.zone)) continue;
    for (const track of tracks) {
      const trouble = troubleIn(zone, track, dark, input);
      if (trouble === null) continue;
      found.push(trouble);
      break;
    }
  }
  return found;
}

const knownOf = oncePerTurn(() => new Map<ZoneMemory, Map<Track, ZoneTrouble | null>>());

/** Three rules ask for it; which zones are dark is the same for all. */
function troubleIn(zone: ZoneMemory, track: Track, dark: ReadonlySet<ZoneId>, input: DetectInput): ZoneTrouble | null {
  const known = knownOf(input);
  const ofZone = known.get(zone) ?? new Map<Track, ZoneTrouble | null>();
  known.set(zone, ofZone);
  let trouble = ofZone.get(track);
  if (trouble === undefined) {
    trouble = troubleOf(zone, track, input);
    ofZone.set(track, trouble);
    if (trouble !== null) examine(trouble, dark, input);
  }
  return trouble;
}

function examine(trouble: ZoneTrouble, dark: ReadonlySet<ZoneId>, input: DetectInput): void {
  trouble.controls = [...input.memory.zones.values()]
    .filter((other) => other !== trouble.zone && !dark.has(other.zone))
    .map((other) => controlOf(other, trouble, input));
  trouble.paired = pairedOf(trouble, input.now);
}

function troubleOf(zone: ZoneMemory, track: Track, input: DetectInput): ZoneTrouble | null {
  const { memory, patience, now } = input;
  const test = earliestDecided(zone, track, memory.levels.decide);
  if (test === null || !isBroad(zone, track, test, input)) return null;
  const startedAt = zone.startedAt[test]!;
  const mark = zone.marks[test]!;
  const count = (index: number) => since(zone.totals, mark.zones.get(zone), index);
  const [total, failed] = [count(TOTAL + track), count(FAILED + track)];
  const lastFailedAt = zone.lastFailedAt[track]!;
  const failingReports = zone.failingReports[track]! - mark.failingReports;
  if (!isLasting({ startedAt, lastFailedAt, failingReports })) return null;
  // A zone that cannot be reached is silent, and has as long to be heard again.
  if (track === PATH && lastFailedAt - startedAt < patience.silenceMs) return null;
  if (now - lastFailedAt > Math.max(STOPPED_MS, (GAPS_STOPPED * (lastFailedAt - startedAt)) / failed)) return null;
  const rise = Math.max(0, (failed - 2 * Math.sqrt(failed)) / Math.max(1, total) - usualShareIn(zone, track));
  const attempts = count(ATTEMPTS);
  const decidedAt = zone.decidedAt[test]!;
  return { zone, track, test, startedAt, decidedAt, attempts, total, failed, rise, controls: [], paired: null };
}

/** Without a failure for two reports' time, or for five of the gaps there were between failures: it is not so any more. */
const STOPPED_MS = 200;
const GAPS_STOPPED = 5;
const ROUNDING = 1e-5;

function earliestDecided(zone: ZoneMemory, track: Track, decide: number): number | null {
  let earliest: number | null = null;
  for (let test = FIRST_TEST[track]!; test < FIRST_TEST[track + 1]!; test++) {
    if (zone.decidedAt[test] === null || zone.sum[test]! < decide - ROUNDING) continue;
    if (earliest === null || zone.startedAt[test]! < zone.startedAt[earliest]!) earliest = test;
  }
  return earliest;
}

/**
 * Has the sum decided for what is known of the sites, and for the very share of failures that the concerned sites have? For a smaller one, sites that are well take long
 * to say so: four sites that fail wholly would do for twenty that are said to fail a little. And it has to decide without the sites that
 * have far more visitors than usual: what comes with those is their own, and hardly felt beside them.
 */
function isBroad(zone: ZoneMemory, track: Track, decided: number, { memory, now }: DetectInput): boolean {
  let failed = 0;
  let total = 0;
  let known = 0;
  let concerned = 0;
  const rushed: CopyMemory[] = [];
  for (const copy of zone.troubled) {
    const run = copy.runs[track];
    if (!feelsIt(copy, decided) || run == null) continue;
    if (rushOf(run, now) >= RUSH_TIMES) {
      rushed.push(copy);
      continue;
    }
    concerned++;
    if (copy.site.usualPerSecond !== null) known++;
    failed += run.failed;
    total += run.failed + run.good;
  }
  if (2 * known < concerned) return false;
  let fitting = FIRST_TEST[track]!;
  for (let test = fitting; test < FIRST_TEST[track + 1]!; test++) if (TESTS[test]!.p1 * total <= failed) fitting = test;
  const theirs = rushed.reduce((sum, copy) => sum + Math.max(0, shareInZone(copy, fitting) ?? 0), 0);
  return zone.sum[fitting]! - theirs >= memory.levels.decide - ROUNDING;
}

/** Over all sites that the trouble concerns, each with what is usual for it. Slow answers are not repeated elsewhere. */
function pairedOf(trouble: Concern, now: MonoMs): Paired | null {
  return pairedControl(concernedPairs(trouble, trouble.zone.troubled, now));
}

type Concern = Pick<ZoneTrouble, 'zone' | 'track' | 'test'>;

function concernedPairs({ track, test }: Concern, copies: readonly CopyMemory[], now: MonoMs): SitePair[] {
  if (track === SLOW) return [];
  return copies.flatMap((copy) => {
    const run = copy.runs[track];
    return !feelsIt(copy, test) || run == null ? [] : [pairOf(copy, run, track, now)];
  });
}

/** Once in a hundred it is said wrongly of one zone, when of all together it was said once in a million times. */
const LIKELY_LEVEL = Math.log(100);

/**
 * Zones of standbys that have had some of the failing requests, and not enough of them to say that they do better: what all standbys prove
 * together may be the word of others, while one zone has long got the same trouble, as by a release that goes from zone to zone.
 */
function unprovenZones(trouble: ZoneTrouble, input: DetectInput): ReadonlySet<ZoneId> {
  const byZone = new Map<ZoneId, CopyMemory[]>();
  for (const copy of trouble.zone.troubled) {
    const standby = placementOf(input, copy.name)?.standby;
    if (standby == null) continue;
    const group = byZone.get(standby);
    if (group === undefined) byZone.set(standby, [copy]);
    else group.push(copy);
  }
  const unproven = new Set<ZoneId>();
  if (byZone.size < 2) return unproven;
  for (const [zone, copies] of byZone) {
    const paired = pairedControl(concernedPairs(trouble, copies, input.now));
    if (paired !== null && (paired.says === 'fails-too' || paired.ratio < LIKELY_LEVEL)) unproven.add(zone);
  }
  return unproven;
}

/** Do the other zones, or the standbys with the very same requests, fare no better? */
export function isShared({ controls, paired }: ZoneTrouble): boolean {
  return paired?.says === 'fails-too' || controls.some(({ says }) => says === 'troubled');
}

/**
 * Is the zone alone in it, and do two places say so? One control that says so is enough, if none that may still tell is left to be
 * waited for; standbys that do well with the same requests spare the waiting.
 */
export function isItsOwn(trouble: ZoneTrouble, input: DetectInput): boolean {
  const { controls, paired } = trouble;
  if (isShared(trouble) || placesThatAgree(trouble, input) === null) return false;
  if (paired?.says === 'well') return true;
  if (controls.some(({ says }) => says === 'not-yet')) return false;
  return paired === null || (!paired.leansToFail && controls.some(({ says }) => says === 'well'));
}

/** Sites that live there and are not to go now: that are well, or whose standby has not proved to do better. */
export function stayingIn(trouble: ZoneTrouble, input: DetectInput): SiteId[] {
  const well = wellIn(trouble, input);
  const unproven = unprovenZones(trouble, input);
  if (unproven.size === 0) return well;
  const waiting = input.placements.flatMap(({ site, live, standby }) =>
    live === trouble.zone.zone && standby !== null && unproven.has(standby) ? site : [],
  );
  return [...new Set([...well, ...waiting])];
}

/**
 * Sites that live there and are more likely well than not, as far as is known: by their own requests, and by how many of the others
 * have it (Bayes' rule). A zone that answers is not left by them: what is well has nothing to gain by moving, and as soon as one of
 * them is not, it goes too. Errors are a site's own matter: of a site that says nothing by itself its neighbours tell only when
 * most of them have it for certain, or when its readiness checks fail.
 */
function wellIn({ zone, track, test }: ZoneTrouble, input: DetectInput): SiteId[] {
  let asked = 0;
  let concerned = 0;
  for (const copy of zone.copies.values()) {
    if (!copy.live || ownRatio(copy, test) === null) continue;
    asked++;
    if (feelsIt(copy, test)) concerned++;
  }
  const neighboursTell = track !== OWN || areMost(concerned, asked);
  const least = -Math.max(0, Math.log((concerned + 1) / (asked - concerned + 1)));
  const isWell = ({ site }: Placement): boolean => {
    const copy = zone.copies.get(site);
    const ratio = (copy === undefined ? null : ownRatio(copy, test)) ?? 0;
    if (ratio < least) return true;
    return !neighboursTell && ratio <= 0 && !isUnready(site, zone.zone, input);
  };
  return input.placements.flatMap((placement) =>
    placement.live === zone.zone && isWell(placement) ? placement.site : [],
  );
}

function isUnready(site: SiteId, zone: ZoneId, input: DetectInput): boolean {
  const copy = copyReport(input, site, zone);
  return copy !== null && failingChecks(copy, zone, ERRING) !== null;
}

/** One in a hundred that it is wrong. */
const MOST_LEVEL = Math.log(100);

/** Have more than half of all sites it, when `concerned` of `asked` have? By Hoeffding's bound (J. Am. Stat. Assoc. 58, 1963): ten of ten, or 24 of 30. */
export function areMost(concerned: number, asked: number): boolean {
  const beyondHalf = concerned / Math.max(1, asked) - 0.5;
  return beyondHalf > 0 && 2 * asked * beyondHalf ** 2 >= MOST_LEVEL;
}

export function evidenceOf(trouble: ZoneTrouble, input: DetectInput): Evidence[] {
  const { zone, test } = trouble;
  const sites = [...zone.copies.values()].filter((copy) => shareInZone(copy, test) !== null);
  const concerned = sites.filter((copy) => feelsIt(copy, test));
  const edges = [...zone.edges.keys()].map((edge) => `edge:${edge}`).join(', ');
  const level = `score ${zone.sum[test]!.toFixed(1)}, decides at ${input.memory.levels.decide.toFixed(1)}`;
  return [
    {
      observer: edges,
      saw: `${concerned.length} of ${sites.length} sites with requests in zone ${zone.zone} feel it (${level})`,
    },
    ...(placesThatAgree(trouble, input) ?? []),
    ...(trouble.paired === null ? [] : [{ observer: edges, saw: trouble.paired.saw }]),
    ...trouble.controls.map(({ zone: other, saw }) => ({ observer: edges, saw: `zone ${other}: ${saw}` })),
  ];
}

/** Requests to the zone since its trouble began, times what is usual for the sites that live there: a lower bound. */
export function loadRatioOf({ zone, attempts, startedAt }: ZoneTrouble, input: DetectInput): number | null {
  return atLeastTimes(attempts, input.now - startedAt, usualPerSecond(zone));
}
