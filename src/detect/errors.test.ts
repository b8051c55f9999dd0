import { describe, expect, it } from 'vitest';
import { anEdgeReport, aTraffic } from '../../test/support/fixtures.ts';
import { createStage, type StageOptions, type StageSite, sitesIn, type Trouble } from '../../test/support/stage.ts';
import { type Finding, subjectOf } from '../model/index.ts';
import { createMemory, remember } from './index.ts';
import { highestScore } from './memory/copy.ts';
import { OWN } from './memory/tests.ts';
import { areMost } from './zone-trouble.ts';

/** An ordinary while, in which nothing may be found. */
const ORDINARY_MS = 5_000;

/** Two zones with twenty sites and 200 requests a second each. */
const TWO_ZONES = [...sitesIn(['a'], 20, 10), ...named(sitesIn(['b'], 20, 10), 'other')];

function named(sites: StageSite[], prefix: string): StageSite[] {
  return sites.map((site) => ({ ...site, site: `${prefix}-${site.site}` }));
}

const inZone =
  (zone: string, share: number): ((site: StageSite, zone: string) => number) =>
  (_, where) =>
    where === zone ? share : 0;

function learnt(options: Partial<StageOptions> & { seed: number }) {
  const stage = createStage({ sites: TWO_ZONES, ...options });
  stage.learn();
  expect(stage.live(ORDINARY_MS)).toEqual([]);
  return stage;
}

const isZoneErring = (found: Finding[]) => found.some(({ code }) => code === 'zone-erring');

/** Everything that was found in so long, each once. */
function subjects(options: Partial<StageOptions> & { seed: number }, ms: number, trouble: Trouble): string[] {
  const turns = learnt(options).live(ms, trouble);
  return [...new Set(turns.flatMap(({ found }) => found.map(subjectOf)))];
}

describe('a zone errs at 200 requests a second', () => {
  const delays = (trouble: Trouble, edges: number) =>
    [1, 2, 3, 4, 5]
      .map((seed) => learnt({ seed, edges, retries: true }).live(60_000, trouble, isZoneErring).at(-1)!)
      .map(({ afterMs, found }) => (isZoneErring(found) ? afterMs : Number.POSITIVE_INFINITY))
      .sort((one, other) => one - other);

  for (const edges of [1, 3]) {
    for (const [share, medianMs, mostMs] of [
      [1, 500, 700],
      [0.2, 1_000, 1_500],
      [0.05, 3_000, 5_000],
      [0.02, 15_000, 30_000],
    ] as const) {
      it(`${share * 100} % of them failing, ${edges} edges: decided within ${medianMs} ms, mostly`, () => {
        const sorted = delays({ errors: inZone('a', share) }, edges);
        expect(sorted[2]).toBeLessThanOrEqual(medianMs);
        expect(sorted[4]).toBeLessThanOrEqual(mostMs);
      });
    }
  }

  it('when connections fail, once two edges say so', () => {
    expect(delays({ lost: inZone('a', 0.2) }, 2)[2]).toBeLessThanOrEqual(1_500);
  });
});

describe('breadth', () => {
  it('one sick site moves no zone, however busy it is (I7)', () => {
    const busy = { ...TWO_ZONES[0]!, perSecond: 2_000 };
    const sites = [busy, ...TWO_ZONES.slice(1)];
    expect(
      subjects({ seed: 1, sites }, 30_000, { errors: (site, zone) => (site === busy && zone === 'a' ? 1 : 0) }),
    ).toEqual([]);
  });
  it('four sick sites of twenty do not, ten do', () => {
    const sick = (count: number): Trouble => ({
      errors: (site, zone) => (zone === 'a' && TWO_ZONES.indexOf(site) < count ? 1 : 0),
    });
    expect(subjects({ seed: 1 }, 10_000, sick(4))).toEqual([]);
    expect(subjects({ seed: 1 }, 10_000, sick(10))).toEqual(['zone-erring:a']);
  });
  describe('sites of a zone in trouble that are answered as usual are named', () => {
    const sick = TWO_ZONES.slice(0, 10).map(({ site }) => site);
    const wellAt = (share: number, afterMs: number) => {
      const trouble: Trouble = { errors: (site, zone) => (zone === 'a' && sick.includes(site.site) ? share : 0) };
      const stage = learnt({ seed: 1 });
      stage.live(20_000, trouble, isZoneErring);
      const { found } = stage.live(afterMs, trouble).at(-1)!;
      return found.find(({ code }) => code === 'zone-erring')!.well!;
    };
    it('and none of those that are not', () => {
      const well = wellAt(1, 100);
      expect(well.filter((site) => sick.includes(site))).toEqual([]);
      expect(well.length).toBeGreaterThanOrEqual(8);
    });
    it('or that have only been lucky, a moment later', () => {
      const well = wellAt(0.25, 2_000);
      expect(well.filter((site) => sick.includes(site))).toEqual([]);
      expect(well).toHaveLength(10);
    });
  });
  describe('sites that nobody asks', () => {
    const quiet = sitesIn(['a'], 6, 1e-9).map((site) => ({ ...site, site: `quiet-${site.site}` }));
    const asked = TWO_ZONES.slice(0, 14);
    const wellOf = (sick: number, copy: Trouble['copy'] = () => ({})) => {
      const errors: Trouble['errors'] = (site, zone) => (zone === 'a' && asked.indexOf(site) < sick ? 1 : 0);
      const sites = [...asked.slice(0, Math.max(sick + 2, 7)), ...quiet, ...TWO_ZONES.slice(20)];
      const found = learnt({ seed: 1, sites }).live(20_000, { errors, copy }, isZoneErring).at(-1)!.found;
      const well = new Set(found.find(({ code }) => code === 'zone-erring')!.well!);
      return quiet.filter(({ site }) => well.has(site)).length;
    };
    it('stay where they are when some sites err: five of seven are no proof that they do too', () => {
      expect(wellOf(5)).toBe(6);
    });
    it('go along when their own readiness checks fail', () => {
      const failing = quiet.slice(0, 2).map(({ site }) => site);
      const application = { state: 'failing' as const, stateForMs: 300, checks: [200, 500, 200, 500], tookMs: [] };
      expect(wellOf(5, ({ site }) => (failing.includes(site) ? { application } : {}))).toBe(4);
    });
    it('and when most sites err for certain', () => {
      expect(wellOf(14)).toBe(0);
      expect([areMost(9, 9), areMost(10, 10), areMost(23, 30), areMost(24, 30), areMost(0, 0)]).toEqual([
        false,
        true,
        false,
        true,
        false,
      ]);
    });
  });
  it('broken releases of one site after the other never add up', () => {
    const stage = learnt({ seed: 1 });
    for (let broken = 1; broken <= 6; broken++) {
      const trouble: Trouble = {
        errors: (site, zone) => (zone === 'a' && TWO_ZONES.indexOf(site) < broken ? 1 : 0),
      };
      expect(stage.live(130_000, trouble).flatMap(({ found }) => found.map(subjectOf))).toEqual([]);
    }
  });
});

describe('the other zones as the control', () => {
  const everywhere = (share: number): Trouble => ({ errors: () => share });
  for (const [name, sites] of [
    ['as busy', TWO_ZONES],
    [
      'a quarter as busy',
      [...TWO_ZONES.slice(0, 20), ...TWO_ZONES.slice(20).map((site) => ({ ...site, perSecond: 2.5 }))],
    ],
  ] as const) {
    for (const share of [1, 0.2, 0.05]) {
      it(`the same trouble everywhere at once moves nothing: ${share * 100} %, another zone ${name} (I7)`, () => {
        for (const seed of [1, 2, 3, 4])
          expect(subjects({ seed, sites: [...sites], edges: 2 }, 8_000, everywhere(share))).toEqual([
            'trouble-everywhere',
          ]);
      });
    }
  }
  it('without requests anywhere else the zone is found all the same', () => {
    const sites = TWO_ZONES.slice(0, 20);
    expect(subjects({ seed: 1, sites }, 3_000, { errors: inZone('a', 1) })).toEqual(['zone-erring:a']);
  });
  it('a standby that fails the very same requests is trouble everywhere', () => {
    const sites = TWO_ZONES.slice(0, 20);
    expect(subjects({ seed: 1, sites, retries: true }, 3_000, everywhere(0.3))).toEqual(['trouble-everywhere']);
  });
  it('sites of the other zone that failed already do not hide a zone that errs', () => {
    const stage = learnt({ seed: 1 });
    const sick = new Set(['other-s0', 'other-s1']);
    stage.live(10_000, { errors: ({ site }) => (sick.has(site) ? 1 : 0) });
    const turns = stage.live(3_000, { errors: ({ site }, zone) => (zone === 'a' || sick.has(site) ? 1 : 0) });
    expect([...new Set(turns.flatMap(({ found }) => found.map(subjectOf)))]).toEqual(['zone-erring:a']);
  });
});

describe('copy-erring', () => {
  const sick = TWO_ZONES[3]!;
  const errors = (share: number) => (site: StageSite, zone: string) => (site === sick && zone === 'a' ? share : 0);
  const failing: Trouble['copy'] = (site, zone) =>
    site === sick && zone === 'a'
      ? { application: { state: 'failing', stateForMs: 300, checks: [200, 500, 200, 500], tookMs: [] } }
      : {};

  it('is found when its readiness checks fail too, and not by the visitors alone', () => {
    expect(subjects({ seed: 1 }, 20_000, { errors: errors(0.5), copy: failing })).toEqual([
      `copy-erring:a:${sick.site}`,
    ]);
    expect(subjects({ seed: 1 }, 20_000, { errors: errors(0.5) })).toEqual([]);
  });
  it('is found when the standby does well with the very requests that fail here', () => {
    expect(subjects({ seed: 1, retries: true }, 20_000, { errors: errors(0.5) })).toEqual([
      `copy-erring:a:${sick.site}`,
    ]);
  });
  it('is found of the standby as well when that fails them too', () => {
    const both: Trouble = { errors: (site) => (site === sick ? 0.5 : 0) };
    expect(subjects({ seed: 1, retries: true }, 20_000, both).sort()).toEqual([
      `copy-erring:a:${sick.site}`,
      `copy-erring:b:${sick.site}`,
    ]);
  });
  it('needs a second edge when it cannot be reached', () => {
    const lost = (edges: string[]): Trouble => ({
      lost: (site, zone, edge) => (site === sick && zone === 'a' && edges.includes(edge) ? 0.8 : 0),
    });
    expect(subjects({ seed: 1, edges: 3 }, 20_000, lost(['edge-1']))).toEqual([]);
    expect(subjects({ seed: 1, edges: 3 }, 20_000, lost(['edge-1', 'edge-2']))).toEqual([`copy-erring:a:${sick.site}`]);
  });
});

describe('what is usual', () => {
  it('is learnt: a site with 5 % errors on any day is well', () => {
    const sites = TWO_ZONES.map((site) => ({ ...site, errors: 0.05 }));
    const stage = createStage({ seed: 1, sites, retries: true });
    expect(stage.live(180_000)).toEqual([]);
    const last = stage.live(5_000, { errors: inZone('a', 0.5) }, isZoneErring).at(-1);
    expect(last?.found.map(subjectOf)).toEqual(['zone-erring:a']);
  });
  it('is not what an outage makes of it', () => {
    const sites = [...sitesIn(['a'], 8, 10), ...named(sitesIn(['b'], 8, 10), 'other')];
    const stage = learnt({ seed: 1, sites });
    const outage = { errors: inZone('a', 0.2) };
    const last = stage.live(780_000, outage).at(-1)!;
    expect(last.afterMs).toBeGreaterThan(779_000);
    expect(last.found.map(subjectOf)).toEqual(['zone-erring:a']);
    stage.live(30_000);
    expect(stage.live(5_000, outage, isZoneErring).at(-1)?.found.map(subjectOf)).toEqual(['zone-erring:a']);
  });
  it('is what a site has become, after ten minutes', () => {
    const stage = learnt({ seed: 1 });
    const site = TWO_ZONES[2]!;
    const before = stage.memory.sites.get(site.site)!.p0[0]!;
    const release: Trouble = { errors: (each) => (each === site ? 0.08 : 0) };
    stage.live(540_000, release);
    expect(stage.memory.sites.get(site.site)!.p0[0]!).toBeLessThan(2 * before);
    stage.live(180_000, release);
    expect(stage.memory.sites.get(site.site)!.p0[0]!).toBeGreaterThan(0.08);
  });
});

describe('little traffic', () => {
  it('a request an hour never adds up to anything, and says nothing about the next', () => {
    const memory = createMemory();
    const row = aTraffic({ attempts: 1, answered: 0, serverErrors: 1 });
    for (let hour = 1; hour <= 500; hour++) {
      remember(memory, anEdgeReport({ sequence: hour, traffic: [row] }), hour * 3_600_000);
      const copy = memory.zones.get('a')!.copies.get('shop')!;
      expect(highestScore(copy, OWN)).toBeLessThan(4);
      expect(Math.max(...memory.zones.get('a')!.sum)).toBeLessThan(4);
    }
  });
  it('a thousand sites with a request in five seconds each make a zone', () => {
    const sites = [...sitesIn(['a'], 500, 0.2), ...named(sitesIn(['b'], 500, 0.2), 'other')];
    const stage = learnt({ seed: 1, sites });
    const last = stage.live(5_000, { errors: inZone('a', 1) }, isZoneErring).at(-1);
    expect(last?.found.map(subjectOf)).toEqual(['zone-erring:a']);
    expect(last!.afterMs).toBeLessThanOrEqual(700);
  });
});

it('what came with a rush of visitors is told to have come with it for a minute after the rush', () => {
  const site = TWO_ZONES[3]!;
  const stage = learnt({ seed: 1, retries: true });
  const errors: Trouble['errors'] = (each, zone) => (each === site && zone === 'a' ? 0.35 : 0);
  const ratios = (ms: number, times: number) =>
    stage
      .live(ms, { errors, load: (each) => (each === site ? times : 1) })
      .flatMap(({ found }) => found.flatMap(({ code, loadRatio }) => (code === 'copy-erring' ? [loadRatio!] : [])));
  stage.live(3_000, { errors, load: (each) => (each === site ? 6 : 1) });
  const soon = ratios(20_000, 1);
  expect(soon.length).toBeGreaterThan(100);
  expect(Math.min(...soon)).toBeGreaterThan(2);
  ratios(50_000, 1);
  expect(ratios(1_000, 1).at(-1)).toBeLessThan(2);
});

it('more requests than usual are told with the finding', () => {
  const storm: Trouble = { errors: inZone('a', 0.3), load: ({ live }) => (live === 'a' ? 6 : 1) };
  const ratio = (trouble: Trouble) =>
    learnt({ seed: 1 })
      .live(5_000, trouble, isZoneErring)
      .at(-1)!
      .found.find(({ code }) => code === 'zone-erring')!.loadRatio;
  expect(ratio(storm)).toBeGreaterThan(3);
  expect(ratio({ errors: inZone('a', 0.3) })).toBeLessThan(1.2);
});
