/**
 * What is usual for one site, wherever it is live: the share of its requests that fail, how long answers take, how many come.
 * Learnt in blocks of a minute, each trimmed, and not at all while something is wrong: an outage must not become the usual.
 *
 *   learning ──(a block with suspicion in it)──▶ holding back ──(ten minutes of it)──▶ learning, from these ten minutes
 */
import { LATENCY_BOUNDS_MS, type MonoMs, type SiteId, type ZoneId } from '../../model/index.ts';
import type { CopyMemory } from './copy.ts';
import { applyLearnt, sum } from './learnt.ts';
import { OWN, PATH, TESTS, type Track } from './tests.ts';

export const LATENCY_CLASSES = LATENCY_BOUNDS_MS.length + 1;

export interface SiteMemory {
  site: SiteId;
  /** The zone that visitors are sent to; null: not known. */
  live: ZoneId | null;
  copies: CopyMemory[];
  /** Usual share of failures by track: an upper bound, see `usualShare`. */
  p0: Float64Array;
  /** See `weightsOf`: for each test what a failed request adds, and what a good one. */
  weights: Float64Array;
  /** Answers of this latency class and above are slow for this site; `LATENCY_CLASSES`: none is. */
  slowFrom: number;
  /** Requests a second; null: not known yet, and nothing is found of a site of which nothing is known. */
  usualPerSecond: number | null;
  /** When something last seemed to be wrong with this site, whatever became of it. */
  suspiciousAt: MonoMs;
  blockStartedAt: MonoMs;
  blockEndsAt: MonoMs;
  blockMs: number;
  /** Requests, answers and ended requests of the present block: whole numbers on the object itself, for every row adds to them. */
  attempts: number;
  answers: number;
  ended: number;
  block: Counts;
  learnt: Counts;
  /** What came in the blocks that were held back, and for how long that has gone on. */
  heldBack: Counts;
  heldBackMs: number;
  heldBackAttempts: number;
}

/** Of a block, or decayed over many: requests and, of those, the ones that failed, by track; answers by latency class (a sample). */
export interface Counts {
  total: Float64Array;
  failed: Float64Array;
  latency: Float64Array;
}

/** The first blocks are short, so that a new site is not unknown for long. */
const FIRST_BLOCK_MS = 10_000;
export const BLOCK_MS = 60_000;
/** Half of what is known is forgotten after so long. */
const HALF_LIFE_MS = 6 * 3_600_000;
const LOAD_HALF_LIFE_MS = 3_600_000;
/** Trouble that has lasted for this long, and nothing became of it, is how this site is now. */
const NEW_USUAL_MS = 600_000;
/** What its whole zone suffers becomes usual so many times more slowly. */
const ZONE_TROUBLE_TIMES = 6;
/** How much the new usual weighs, in requests: the next blocks may still correct it. */
const NEW_USUAL_REQUESTS = 2_000;
/** A block counts for at most this many times the usual share of failures. */
const TRIM = 3;
const TRIM_LEAST = 2;

export function createSite(site: SiteId, now: MonoMs, live: ZoneId | null): SiteMemory {
  const memory: SiteMemory = {
    site,
    live,
    copies: [],
    p0: new Float64Array(3),
    weights: new Float64Array(2 * TESTS.length),
    slowFrom: LATENCY_CLASSES,
    usualPerSecond: null,
    suspiciousAt: Number.NEGATIVE_INFINITY,
    blockStartedAt: now,
    blockEndsAt: Math.ceil(now + FIRST_BLOCK_MS),
    blockMs: FIRST_BLOCK_MS,
    attempts: 0,
    answers: 0,
    ended: 0,
    block: noCounts(),
    learnt: noCounts(),
    heldBack: noCounts(),
    heldBackMs: 0,
    heldBackAttempts: 0,
  };
  applyLearnt(memory);
  return memory;
}

export type BlockState = 'well' | 'suspicious' | 'zone-in-trouble';

/** Ends the site's block: takes it in, or holds it back when something was wrong meanwhile. */
export function closeBlock(site: SiteMemory, now: MonoMs, state: BlockState): void {
  const ms = now - site.blockStartedAt;
  site.block.total[OWN] = site.answers;
  site.block.total[PATH] = site.ended;
  // How many come is learnt on a bad day as well: a site that always has some trouble has a usual load too. Not on the first, which
  // might be a storm.
  if (state === 'well' || site.usualPerSecond !== null) learnLoad(site, ms);
  if (state === 'well') learn(site, ms);
  else holdBack(site, ms, state === 'suspicious' ? 1 : 1 / ZONE_TROUBLE_TIMES);
  applyLearnt(site);
  site.blockMs = Math.min(BLOCK_MS, 2 * site.blockMs);
  beginBlock(site, now);
}

/** Also after a pause of the controller: the block is of unknown length then, and not learnt from. */
export function beginBlock(site: SiteMemory, now: MonoMs): void {
  clear(site.block);
  site.attempts = 0;
  site.answers = 0;
  site.ended = 0;
  site.blockStartedAt = now;
  site.blockEndsAt = Math.ceil(now + site.blockMs);
}

function learn(site: SiteMemory, ms: number): void {
  const { block, learnt } = site;
  const keep = 0.5 ** (ms / HALF_LIFE_MS);
  for (const track of [OWN, PATH] as const) {
    const most = Math.max(TRIM_LEAST, TRIM * site.p0[track]! * block.total[track]!);
    block.failed[track] = Math.min(block.failed[track]!, most);
    learnt.failed[track] = learnt.failed[track]! * keep + block.failed[track]!;
    learnt.total[track] = learnt.total[track]! * keep + block.total[track]!;
  }
  for (let index = 0; index < LATENCY_CLASSES; index++)
    learnt.latency[index] = learnt.latency[index]! * keep + block.latency[index]!;
  forgetHeldBack(site);
}

/** Trimmed to between half and twice the usual, so that one storm does not become the usual either. */
function learnLoad(site: SiteMemory, ms: number): void {
  if (ms <= 0) return;
  const rate = site.attempts / (ms / 1_000);
  const usual = site.usualPerSecond;
  if (usual === null) site.usualPerSecond = rate;
  else {
    const keep = 0.5 ** (ms / LOAD_HALF_LIFE_MS);
    site.usualPerSecond = keep * usual + (1 - keep) * Math.min(2 * usual, Math.max(usual / 2, rate));
  }
}

function holdBack(site: SiteMemory, ms: number, weight: number): void {
  const { block, heldBack, learnt } = site;
  site.heldBackMs += weight * ms;
  site.heldBackAttempts += weight * site.attempts;
  for (const track of [OWN, PATH] as const) {
    heldBack.total[track]! += block.total[track]!;
    heldBack.failed[track]! += block.failed[track]!;
  }
  for (let index = 0; index < LATENCY_CLASSES; index++) heldBack.latency[index]! += block.latency[index]!;
  if (site.heldBackMs < NEW_USUAL_MS) return;
  for (const track of [OWN, PATH] as const) adopt(learnt, heldBack, track);
  const answers = sum(heldBack.latency, 0);
  const scale = answers > NEW_USUAL_REQUESTS ? NEW_USUAL_REQUESTS / answers : 1;
  for (let index = 0; index < LATENCY_CLASSES; index++) learnt.latency[index] = heldBack.latency[index]! * scale;
  site.usualPerSecond ??= site.heldBackAttempts / (site.heldBackMs / 1_000);
  forgetHeldBack(site);
}

function forgetHeldBack(site: SiteMemory): void {
  site.heldBackMs = 0;
  site.heldBackAttempts = 0;
  clear(site.heldBack);
}

function adopt(learnt: Counts, heldBack: Counts, track: Track): void {
  const total = heldBack.total[track]!;
  const scale = total > NEW_USUAL_REQUESTS ? NEW_USUAL_REQUESTS / total : 1;
  learnt.total[track] = total * scale;
  learnt.failed[track] = heldBack.failed[track]! * scale;
}

function noCounts(): Counts {
  return {
    total: new Float64Array(3),
    failed: new Float64Array(3),
    latency: new Float64Array(LATENCY_CLASSES),
  };
}

function clear(counts: Counts): void {
  counts.total.fill(0);
  counts.failed.fill(0);
  counts.latency.fill(0);
}
