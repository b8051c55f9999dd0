import { describe, expect, it } from 'vitest';
import { createStage, seededChance, sitesIn } from '../../test/support/stage.ts';
import { levelsFor, shareOf } from './budget.ts';
import { highestScore } from './memory/copy.ts';
import { usualShare } from './memory/learnt.ts';
import { OWN, TESTS, type Test, TRACKS, weightsOf } from './memory/tests.ts';
import { isDecided } from './memory/zone.ts';

const DEFAULT = { falseAlarmsPerYear: 0.1 };
const USUAL = [0.001, 0.005, 0.02, 0.075, 0.3];

describe('each test is a likelihood ratio', () => {
  it('whose mean is one at the usual share, and less below it', () => {
    for (const test of TESTS) {
      for (const p0 of USUAL) {
        const { failed, good } = weightsOf(test, p0);
        const mean = (p: number) => p * Math.exp(failed) + (1 - p) * Math.exp(good);
        expect(mean(p0)).toBeCloseTo(1, 12);
        for (const part of [0, 0.1, 0.5, 0.9]) expect(mean(part * p0)).toBeLessThan(1);
      }
    }
  });

  it('also as a site’s clipped share of its zone, over any number of its requests', () => {
    const levels = levelsFor(DEFAULT, { sites: 100, edges: 3, zones: 3 });
    for (const test of TESTS) {
      for (const requests of [1, 10, 200]) {
        const { failed, good } = weightsOf(test, 0.01);
        let mean = 0;
        for (let failures = 0; failures <= requests; failures++) {
          const ratio = failures * failed + (requests - failures) * good;
          mean += binomialShare(requests, failures, 0.01) * Math.exp(shareOf(ratio, levels));
        }
        expect(mean).toBeLessThan(1 + 1e-9);
      }
    }
  });

  it('and the usual share is seldom taken for less than it is, and hardly ever for much less', () => {
    const chance = seededChance(3);
    for (const share of [0.002, 0.01, 0.05]) {
      for (const requests of [0, 10, 100, 1_000, 10_000]) {
        let less = 0;
        let muchLess = 0;
        for (let site = 0; site < 400; site++) {
          let failed = 0;
          for (let request = 0; request < requests; request++) if (chance() < share) failed++;
          if (usualShare(OWN, failed, requests) < share) less++;
          if (usualShare(OWN, failed, requests) < share / 1.5) muchLess++;
        }
        expect(less / 400).toBeLessThan(0.15);
        expect(muchLess / 400).toBeLessThan(0.01);
      }
    }
  });
});

function binomialShare(count: number, hits: number, share: number): number {
  let log = hits * Math.log(share) + (count - hits) * Math.log1p(-share);
  for (let index = 1; index <= hits; index++) log += Math.log((count - hits + index) / index);
  return Math.exp(log);
}

/**
 * Mean number of requests to a false alarm of Page's test at level `h`, by the Markov chain of D. Brook and D. A. Evans (An approach
 * to the probability distribution of CUSUM run length, Biometrika 59, 1972). The steps are multiples of a quarter of a good answer's
 * weight; a failure's is rounded up, so that the chain alarms a little more often than the test.
 */
function meanRequestsToAlarm(test: Test, p0: number, h: number): number {
  const { failed, good } = weightsOf(test, p0);
  const unit = -good / 4;
  const up = Math.ceil(failed / unit);
  const states = Math.ceil(h / unit);
  // (I - Q) t = 1 by elimination from the top: state s needs s + up (known, or alarm) and s - 4 (eliminated last), so solve densely.
  const rows = Array.from({ length: states }, (_, state) => {
    const row = new Float64Array(states + 1);
    row[state]! += 1;
    row[Math.max(0, state - 4)]! -= 1 - p0;
    if (state + up < states) row[state + up]! -= p0;
    row[states] = 1;
    return row;
  });
  for (let pivot = states - 1; pivot > 0; pivot--) {
    const own = rows[pivot]!;
    for (let other = 0; other < pivot; other++) {
      const factor = rows[other]![pivot]! / own[pivot]!;
      if (factor === 0) continue;
      for (let column = 0; column <= pivot; column++) rows[other]![column]! -= factor * own[column]!;
      rows[other]![states]! -= factor * own[states]!;
    }
  }
  return rows[0]![states]! / rows[0]![0]!;
}

describe('the mean time to a false alarm', () => {
  it.each([
    [0.02, 0.001],
    [0.05, 0.001],
    [0.2, 0.001],
    [0.6, 0.001],
    [0.2, 0.02],
    [0.6, 0.075],
  ])('against %f where %f is usual is at least e^h requests', (p1, p0) => {
    for (const h of [3, 4.5, 6]) {
      const mean = meanRequestsToAlarm({ track: OWN, p1 }, p0, h);
      expect(mean).toBeGreaterThan(Math.exp(h));
    }
  });

  /** By importance sampling: the run is drawn as if there were trouble, and weighted with what that is worth on an ordinary day. */
  it('at the level of an installation: a run of batches reaches it once in e^h, or more rarely', () => {
    const { decide } = levelsFor(DEFAULT, { sites: 10_000, edges: 10, zones: 3 });
    for (const { p1, track } of TESTS.slice(0, 4)) {
      const p0 = 0.002;
      const { failed, good } = weightsOf({ p1, track }, p0);
      const chance = seededChance(11);
      const runs = 4_000;
      let reached = 0;
      for (let run = 0; run < runs; run++) {
        let score = 0;
        do {
          const batch = 1 + Math.floor(20 * chance());
          for (let request = 0; request < batch; request++) score += chance() < p1 ? failed : good;
        } while (score > 0 && score < decide);
        if (score >= decide) reached += Math.exp(decide - score);
      }
      // The probability, in units of e^-h.
      expect(reached / runs).toBeLessThan(1);
      expect(reached / runs).toBeGreaterThan(0.001);
    }
  });

  it('is kept by the detector itself, with what it has learnt by itself, at a budget that can be counted', () => {
    const falseAlarmsPerYear = 3e6;
    const minutes = 12;
    const sites = [...sitesIn(['a', 'b'], 20, 5, 0.0005), ...named(sitesIn(['a', 'b'], 10, 20, 0.05))];
    const stage = createStage({ seed: 5, sites, settings: { falseAlarmsPerYear } });
    stage.live(120_000);
    let alarms = 0;
    let before = new Set<string>();
    for (let second = 0; second < 60 * minutes; second++) {
      stage.live(1_000);
      const decided = new Set<string>();
      for (const zone of stage.memory.zones.values()) {
        for (const track of TRACKS) {
          if (isDecided(zone, track)) decided.add(`${zone.zone} ${track}`);
          for (const copy of zone.troubled)
            if (highestScore(copy, track) >= stage.memory.levels.decide)
              decided.add(`${zone.zone} ${track} ${copy.name}`);
        }
      }
      for (const each of decided) if (!before.has(each)) alarms++;
      before = decided;
    }
    expect(stage.memory.levels.decide).toBeLessThan(15);
    expect(alarms).toBeLessThan((falseAlarmsPerYear * minutes) / 525_960);
  });
});

function named(sites: ReturnType<typeof sitesIn>) {
  return sites.map((site) => ({ ...site, site: `erring-${site.site}` }));
}

describe('levels', () => {
  const of = (change: object, settings = DEFAULT) =>
    levelsFor(settings, { sites: 20, edges: 1, zones: 3, ...change }).decide;

  it('follow from the budget and from how much there is to be wrong about', () => {
    expect(of({})).toBeCloseTo(29.4, 1);
    expect(of({ sites: 200 }) - of({})).toBeCloseTo(Math.log(10), 9);
    expect(of({ edges: 10 }) - of({})).toBeCloseTo(Math.log(10), 9);
    expect(of({}, { falseAlarmsPerYear: 1 }) - of({})).toBeCloseTo(-Math.log(10), 9);
  });
  it('need three sites, and a quarter of those with requests', () => {
    const levels = levelsFor(DEFAULT, { sites: 20, edges: 1, zones: 3 });
    expect(2 * levels.clip).toBeLessThan(levels.decide);
    expect(3 * levels.clip).toBeCloseTo(levels.decide, 9);
    const surely = shareOf(100, levels);
    const notAtAll = shareOf(-100, levels);
    expect(24 * surely + 76 * notAtAll).toBeLessThan(0);
    expect(30 * surely + 70 * notAtAll).toBeGreaterThan(levels.decide);
  });
});
