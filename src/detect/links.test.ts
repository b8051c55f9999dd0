import { describe, expect, it } from 'vitest';
import { anAgentReport, anEdgeReport, aPlacement, aProbe } from '../../test/support/fixtures.ts';
import { seededChance } from '../../test/support/stage.ts';
import { type Finding, PATIENCE, type Report } from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { createMemory, detect, remember } from './index.ts';
import { improbability, type Links, learnGap, newLink, rememberProbes } from './memory/links.ts';

const PROBE_MS = 100;

/** Probes every 100 ms, each lost with this chance; round trips differ. */
function nextGap(chance: () => number, loss: number): number {
  let probes = 1;
  while (chance() < loss) probes++;
  return probes * PROBE_MS + 10 * (chance() - chance());
}

describe('the tail of a link', () => {
  for (const loss of [0.01, 0.05, 0.2, 0.4]) {
    it(`is not taken for shorter than it is, with ${loss * 100} % of probes lost`, () => {
      const chance = seededChance(7);
      const link = newLink();
      for (let count = 0; count < 5_000; count++) learnGap(link, nextGap(chance, loss));
      const gaps = 300_000;
      const beyond = [0, 0, 0, 0, 0];
      for (let count = 0; count < gaps; count++) {
        const phi = improbability(link, nextGap(chance, loss));
        for (let level = 2; level <= 4; level++) if (phi >= level) beyond[level]!++;
      }
      for (let level = 2; level <= 4; level++) expect(beyond[level]! / gaps).toBeLessThan(3 * 10 ** -level);
    });
  }
  it('an outage is not taken for the way of the link', () => {
    const link = newLink();
    for (let count = 0; count < 5_000; count++) learnGap(link, 100);
    const before = improbability(link, 600);
    learnGap(link, 3_600_000);
    expect(improbability(link, 600)).toBeGreaterThan(before / 2);
  });
});

describe('a silence of many seconds', () => {
  const OUTAGE_MS = 5_000;
  type Cut = (observer: string, zone: string) => boolean;

  /** Three observers of three zones; every ten seconds, ten times over, what `cut` says is silent for five. */
  function φAfter(cut: Cut): number {
    const links: Links = new Map();
    const answeredAt = new Map<string, number>();
    for (let now = 0; now < 110_000; now += 100) {
      const out = now % 10_000 >= 10_000 - OUTAGE_MS;
      for (const who of ['b', 'c', 'edge-1']) {
        const probes = ['a', 'b', 'c'].flatMap((zone) => {
          if (zone === who) return [];
          if (!out || !cut(who, zone)) answeredAt.set(`${who} ${zone}`, now);
          return aProbe(zone, { answeredAgoMs: now - (answeredAt.get(`${who} ${zone}`) ?? now) });
        });
        const report = who.startsWith('edge') ? anEdgeReport({ edge: who, probes }) : anAgentReport(who, { probes });
        rememberProbes(links, report, now);
      }
    }
    return improbability(links.get('agent:b')!.get('a'), 600);
  }

  const undisturbed = φAfter(() => false);

  it('of a zone that nobody heard makes its next one no harder to see', () => {
    expect(φAfter((_, zone) => zone === 'a')).toBeGreaterThan(undisturbed - 0.3);
  });
  it('of an observer that heard nobody says nothing of its links', () => {
    expect(φAfter((who) => who === 'b')).toBeGreaterThan(undisturbed - 0.3);
  });
  it('of one link alone is this link’s way', () => {
    expect(φAfter((who, zone) => who === 'b' && zone === 'a')).toBeLessThan(undisturbed / 2);
  });
});

interface Way {
  loss: number;
}

/** Three zones and edges that watch zone a; it falls silent at `diesAt`. Answers when it is found dark, or null. */
function watch(
  seed: number,
  ways: Record<string, Way>,
  untilMs: number,
  diesAt = Number.POSITIVE_INFINITY,
): number | null {
  const chance = seededChance(seed);
  const window = emptyWindow(0);
  const memory = createMemory();
  const observers = Object.keys(ways);
  const answeredAt = new Map(observers.map((who) => [who, 0]));
  const phase = new Map([...observers, 'a'].map((who) => [who, 10 * Math.floor(10 * chance())]));
  const placements = [aPlacement({ live: 'a', standby: 'b' })];
  const take = (report: Report, now: number) => {
    absorb(window, report, now);
    remember(memory, report, now);
  };
  for (let now = 10; now <= untilMs; now += 10) {
    for (const who of observers) {
      const at = (now + phase.get(who)!) % PROBE_MS;
      if (at === 50 && now < diesAt && chance() >= ways[who]!.loss) answeredAt.set(who, now);
      if (at !== 0) continue;
      const seen = aProbe('a', { answeredAgoMs: now - answeredAt.get(who)!, failure: now < diesAt ? null : 'timeout' });
      const probes = [seen, ...['b', 'c'].filter((zone) => zone !== who).map((zone) => aProbe(zone))];
      take(
        who.startsWith('edge')
          ? anEdgeReport({ edge: who, probes, sequence: now })
          : anAgentReport(who, { probes, sequence: now }),
        now,
      );
    }
    if ((now + phase.get('a')!) % 100 === 0 && now < diesAt) take(anAgentReport('a', { sequence: now }), now);
    if (now % 50 !== 0 || now < 1_000) continue;
    const found: Finding[] = detect({
      window,
      memory,
      placements,
      settings: { falseAlarmsPerYear: 0.1 },
      patience: PATIENCE.normal,
      now,
    });
    if (found.some(({ code }) => code === 'zone-dark')) return now - Math.min(now, diesAt);
  }
  return null;
}

describe('a zone falls silent', () => {
  const QUIET = { loss: 0.001 };
  const POOR = { loss: 0.3 };
  const delays = (ways: Record<string, Way>) =>
    Array.from({ length: 25 }, (_, seed) => watch(seed, ways, 62_000, 60_000) ?? Number.POSITIVE_INFINITY).sort(
      (one, other) => one - other,
    );

  it.each([
    ['two zones and an edge', { b: QUIET, 'edge-1': QUIET }, 700, 800],
    ['three zones and an edge', { b: QUIET, c: QUIET, 'edge-1': QUIET }, 700, 800],
    ['one poor link among them', { b: QUIET, c: POOR, 'edge-1': QUIET }, 750, 1_000],
    ['poor links only', { b: POOR, c: POOR, 'edge-1': POOR }, 1_000, 1_500],
  ])('%s', (_, ways, medianMs, mostMs) => {
    const sorted = delays(ways);
    expect(sorted[12]).toBeLessThanOrEqual(medianMs);
    expect(sorted[24]).toBeLessThanOrEqual(mostMs);
  });

  it('links that lose most of their probes are no silence', () => {
    for (const seed of [1, 2, 3])
      expect(watch(seed, { b: { loss: 0.6 }, 'edge-1': { loss: 0.6 } }, 300_000)).toBeNull();
  });
});
