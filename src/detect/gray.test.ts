import { describe, expect, it } from 'vitest';
import {
  aCopy,
  aDatabase,
  anAgentReport,
  anEdgeReport,
  aPlacement,
  aTraffic,
  liveDatabase,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { createStage, type StageSite, sitesIn, type Trouble } from '../../test/support/stage.ts';
import {
  type DatabaseReport,
  type DiskReport,
  type Finding,
  PATIENCE,
  type Report,
  subjectOf,
} from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { createMemory, detect, remember } from './index.ts';

/** Findings at 10 s, when every report has just come in. */
function found(reports: Report[]): string[] {
  const window = emptyWindow(0);
  const memory = createMemory();
  for (const report of [anAgentReport('c'), ...reports]) {
    absorb(window, report, 10_000);
    remember(memory, report, 10_000);
  }
  const settings = { falseAlarmsPerYear: 0.1 };
  const input = { window, memory, placements: [aPlacement()], settings, patience: PATIENCE.normal, now: 10_000 };
  return detect(input).map(subjectOf);
}

const aDisk = (change: Partial<DiskReport>): DiskReport => ({
  freeBytes: 1e9,
  totalBytes: 1e10,
  stuckForMs: 0,
  fsyncMs: 3,
  full: false,
  ...change,
});
const FULL = aDisk({ full: true, freeBytes: 0 });
const STUCK = aDisk({ stuckForMs: 2_500 });
const BUSY = aDisk({ stuckForMs: 900, fsyncMs: 800 });

const live = (change: Partial<DatabaseReport> = {}) =>
  anAgentReport('a', { copies: [aCopy({ database: liveDatabase(change) })] });
const standby = (change: Partial<DatabaseReport> = {}) =>
  anAgentReport('b', { copies: [aCopy({ database: standbyDatabase(change) })] });
/** Readers are answered, writers wait. */
const WRITERS_WAIT = anEdgeReport({ traffic: [aTraffic({ waiting: 4, oldestWaitingMs: 2_400 })] });
const ALL_WELL = anEdgeReport({ traffic: [aTraffic({ waiting: 2, oldestWaitingMs: 80 })] });

describe('a disk that takes nothing in', () => {
  it.each([
    ['full, and writers wait', FULL, WRITERS_WAIT, ['copy-stuck:a:shop']],
    ['stuck, and writers wait', STUCK, WRITERS_WAIT, ['copy-stuck:a:shop']],
    ['full, and nobody feels it', FULL, ALL_WELL, []],
    ['busy, and writers wait', BUSY, WRITERS_WAIT, []],
    ['well, and writers wait', aDisk({}), WRITERS_WAIT, []],
    ['not looked at yet', null, WRITERS_WAIT, []],
  ])('of the live copy: %s', (_, disk, edge, expected) => {
    expect(found([live({ disk }), standby(), edge])).toEqual(expected);
  });

  const AHEAD = { binlogPosition: '0-1-120' };
  it.each([
    ['full, transactions and writers wait', FULL, AHEAD, WRITERS_WAIT, ['standby-lost:b:shop']],
    ['stuck, transactions and writers wait', STUCK, AHEAD, WRITERS_WAIT, ['standby-lost:b:shop']],
    ['full, and has everything', FULL, {}, WRITERS_WAIT, []],
    ['full, and nobody waits', FULL, AHEAD, ALL_WELL, []],
    ['full, and is not waited for', FULL, { ...AHEAD, waitsFor: null }, WRITERS_WAIT, []],
    ['well, transactions and writers wait', aDisk({}), AHEAD, WRITERS_WAIT, []],
  ])('of the standby: %s', (_, disk, ahead, edge, expected) => {
    expect(found([live(ahead), standby({ disk }), edge])).toEqual(expected);
  });
});

describe('copy-down by its application', () => {
  const hung = { state: 'failing' as const, stateForMs: 2_100, checks: [200, 200, 0, 0], tookMs: [] };
  const agent = anAgentReport('a', { copies: [aCopy({ application: hung })] });
  const edge = (change: object) => anEdgeReport({ traffic: [aTraffic({ answered: 0, attempts: 3, ...change })] });
  it.each([
    ['refuses everybody', { connectErrors: 3, answeredAgoMs: 2_100 }, ['copy-down:a:shop']],
    ['refused somebody just now', { connectErrors: 3, answeredAgoMs: 300 }, []],
    ['answers, if with errors', { serverErrors: 3, answeredAgoMs: 2_100 }, []],
  ])('that %s', (_, change, expected) => {
    expect(found([agent, standby(), edge(change)])).toEqual(expected);
  });
  it('whose database is gone answers with errors', () => {
    const gone = anAgentReport('a', { copies: [aCopy({ database: aDatabase({ state: 'down' }) })] });
    expect(found([gone, standby(), edge({ serverErrors: 3 })])).toEqual(['copy-down:a:shop']);
  });
});

const SITES = [
  ...sitesIn(['a'], 12, 10),
  ...sitesIn(['b'], 12, 10).map((site) => ({ ...site, site: `other-${site.site}` })),
];

function subjects(edges: number, trouble: Trouble, ms = 15_000): string[] {
  const stage = createStage({ seed: 1, sites: SITES, edges });
  stage.learn();
  expect(stage.live(5_000)).toEqual([]);
  return [...new Set(stage.live(ms, trouble).flatMap((turn) => turn.found.map(subjectOf)))];
}

describe('slow', () => {
  const late = { share: 0.6, ms: 5_000 };
  const inZone = (zone: string) => (_: StageSite, where: string) => (where === zone ? late : null);
  const slowChecks = {
    application: {
      state: 'ready' as const,
      stateForMs: 60_000,
      checks: Array(20).fill(200),
      tookMs: Array(20).fill(1_800),
    },
  };
  const one = SITES[2]!;

  it('a zone, by two edges, or by one and its own readiness checks', () => {
    expect(subjects(2, { slow: inZone('a') })).toEqual(['zone-slow:a']);
    expect(subjects(1, { slow: inZone('a') })).toEqual([]);
    expect(subjects(1, { slow: inZone('a'), copy: (_, zone) => (zone === 'a' ? slowChecks : {}) })).toEqual([
      'zone-slow:a',
    ]);
  });
  it("not one edge's way there", () => {
    const slow: Trouble['slow'] = (_, zone, edge) => (zone === 'a' && edge === 'edge-1' ? late : null);
    expect(subjects(3, { slow })).toEqual([]);
  });
  it('everywhere at once is no zone', () => {
    expect(subjects(2, { slow: () => late })).toEqual(['trouble-everywhere']);
  });
  it('one copy', () => {
    const slow: Trouble['slow'] = (site, zone) => (site === one && zone === 'a' ? late : null);
    expect(subjects(2, { slow })).toEqual([`copy-slow:a:${one.site}`]);
    expect(subjects(1, { slow })).toEqual([]);
    const saturated = { database: liveDatabase({ connections: { used: 149, most: 150 } }) };
    const copy: Trouble['copy'] = (site, zone) => (site === one && zone === 'a' ? saturated : {});
    expect(subjects(1, { slow, copy })).toEqual([`copy-slow:a:${one.site}`]);
  });
  it('twice as slow as usual is not slow', () => {
    expect(subjects(2, { slow: (_, zone) => (zone === 'a' ? { share: 1, ms: 500 } : null) })).toEqual([]);
  });
});

describe('a lossy zone', () => {
  const lost =
    (share: number, edges: string[]): Trouble['lost'] =>
    (_, zone, edge) =>
      zone === 'a' && edges.includes(edge) ? share : 0;
  it('is found by two edges, or by one and an agent elsewhere whose probes get lost', () => {
    expect(subjects(2, { lost: lost(0.3, ['edge-1', 'edge-2']) })).toEqual(['zone-erring:a']);
    expect(subjects(1, { lost: lost(0.3, ['edge-1']) })).toEqual([]);
    const agent: Trouble['agent'] = (zone) =>
      zone === 'b'
        ? {
            probes: ['a', 'c'].map((other) => ({
              zone: other,
              answeredAgoMs: 60,
              failure: null,
              rttMs: 1,
              ended: 30,
              failed: other === 'a' ? 9 : 0,
            })),
          }
        : {};
    expect(subjects(1, { lost: lost(0.3, ['edge-1']), agent })).toEqual(['zone-erring:a']);
  });
  it("is not one edge's way there", () => {
    expect(subjects(3, { lost: lost(0.5, ['edge-2']) })).toEqual([]);
  });
});

it('two edges that cannot reach a copy one after the other are not two places that agree', () => {
  const stage = createStage({ seed: 1, sites: SITES, edges: 2 });
  stage.learn();
  stage.live(5_000);
  const lost = (edge: string, share: number): Trouble => ({
    lost: (_, zone, from) => (zone === 'a' && from === edge ? share : 0),
  });
  const first = stage.live(800, lost('edge-1', 1));
  const then = stage.live(20_000, lost('edge-2', 0.06));
  expect([...first, ...then].flatMap(({ found }) => found.map(subjectOf))).toEqual([]);
});

it('a copy that cannot always be reached is found on a failure, and no more once nothing fails', () => {
  const sites = SITES.map((site) => ({ ...site, perSecond: 40 }));
  const stage = createStage({ seed: 1, sites, edges: 2 });
  stage.learn();
  stage.live(5_000);
  const some: Trouble = { lost: ({ site }, zone) => (site === 's0' && zone === 'a' ? 0.05 : 0) };
  const isFound = (found: Finding[]) => found.some((one) => subjectOf(one) === 'copy-erring:a:s0');
  expect(stage.live(40_000, some).filter(({ found }) => isFound(found)).length).toBeGreaterThan(10);
  // Its failures come half a second apart: by their pace alone this would be its present for 2.5 s.
  const afterwards = stage.live(3_000).filter(({ afterMs, found }) => afterMs > 250 && isFound(found));
  expect(afterwards.map(({ afterMs }) => afterMs)).toEqual([]);
});

it('what an edge tells late was so then, and is not taken for the present', () => {
  const found = (lateMs: number) => {
    const stage = createStage({ seed: 1, sites: SITES.map((site) => ({ ...site, perSecond: 40 })), edges: 2 });
    stage.learn();
    stage.live(5_000);
    const refuses: Trouble['lost'] = (site, zone) => (site.site === 's1' && zone === 'a' ? 1 : 0);
    const late: Trouble['late'] = (edge) => (edge === 'edge-1' ? lateMs : 0);
    stage.live(1_400, { lost: refuses, late });
    // Nobody asks afterwards, so that nothing else tells of its end.
    const load: Trouble['load'] = ({ site }) => (site === 's1' ? 0 : 1);
    return stage.live(3_000, { late, load }).filter(({ afterMs }) => afterMs > 400);
  };
  expect(found(0)).toEqual([]);
  expect(found(1_200).map(({ afterMs }) => afterMs)).toEqual([]);
});

it('an edge that loses its way to a zone for a moment bears out no other that has had none for long', () => {
  const sites = [...sitesIn(['a'], 3, 60), ...SITES.filter(({ live }) => live === 'b')];
  const stage = createStage({ seed: 1, sites, edges: 2 });
  stage.learn();
  stage.live(5_000);
  const cut = (...edges: string[]): Trouble => ({
    lost: (_, zone, from) => (zone === 'a' && edges.includes(from) ? 1 : 0),
  });
  const turns = [...stage.live(820, cut('edge-2')), ...stage.live(300, cut('edge-1', 'edge-2'))];
  turns.push(...stage.live(1_400, cut('edge-2')));
  expect(turns.flatMap(({ found }) => found.map(subjectOf))).toEqual([]);
  expect(stage.live(1_500, cut('edge-1', 'edge-2')).flatMap(({ found }) => found.map(subjectOf))).toContain(
    'zone-erring:a',
  );
});

it('two edges that lose their way to a zone one after the other, for a moment both, are not two that have none', () => {
  const sites = [...sitesIn(['a'], 3, 25), ...SITES.filter(({ live }) => live === 'b')];
  const stage = createStage({ seed: 1, sites, edges: 2 });
  stage.learn();
  stage.live(5_000);
  const cut = (...edges: string[]): Trouble => ({
    lost: (_, zone, from) => (zone === 'a' && edges.includes(from) ? 1 : 0),
  });
  const turns = [...stage.live(1_000, cut('edge-1')), ...stage.live(100, cut('edge-1', 'edge-2'))];
  turns.push(...stage.live(1_200, cut('edge-2')));
  expect(turns.flatMap(({ found }) => found.map(subjectOf))).toEqual([]);
});

describe('an edge that reaches a copy again bears out no other that still does not', () => {
  it.each<[string, (site: StageSite) => boolean]>([
    ['of one copy', ({ site }) => site === 's1'],
    ['of a whole zone', () => true],
  ])('%s', (_, concerns) => {
    const stage = createStage({ seed: 1, sites: SITES.map((site) => ({ ...site, perSecond: 20 })), edges: 2 });
    stage.learn();
    stage.live(5_000);
    const cut = (...edges: string[]): Trouble => ({
      lost: (site, zone, from) => (zone === 'a' && concerns(site) && edges.includes(from) ? 1 : 0),
    });
    stage.live(1_700, cut('edge-1', 'edge-2'));
    const reachesAgain = stage.live(1_500, cut('edge-2'));
    const late = reachesAgain.filter(({ afterMs }) => afterMs > 400);
    expect(late.flatMap(({ afterMs, found }) => found.map((one) => `${afterMs} ${subjectOf(one)}`))).toEqual([]);
  });
});
