import { describe, expect, it } from 'vitest';
import {
  aCopy,
  aDatabase,
  anAgentReport,
  anEdgeReport,
  aPlacement,
  aProbe,
  aTraffic,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import {
  type DatabaseReport,
  type Finding,
  PATIENCE,
  type Placement,
  type Report,
  subjectOf,
  type TrafficWindow,
} from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { createMemory, detect, findingSentence, RULES, remember } from './index.ts';

const BASE = { settings: { falseAlarmsPerYear: 0.1 }, patience: PATIENCE.normal };
const SILENT = { answeredAgoMs: 700, failure: 'timeout' } as const;
const REFUSED = { answeredAgoMs: 300, failure: 'refused' } as const;

/** Findings at 10 s, when every report has just come in; a zone that is not among the reports was last heard 5 s ago. */
function findings(reports: Report[], placements: Placement[] = [aPlacement()]): Finding[] {
  const window = emptyWindow(0);
  const memory = createMemory();
  const latest = new Set(reports.map((report) => (report.kind === 'agent' ? report.zone : report.edge)));
  for (const zone of ['a', 'b', 'c'])
    if (!latest.has(zone)) absorb(window, anAgentReport(zone, { sequence: 0 }), 5_000);
  for (const report of reports) {
    absorb(window, report, 10_000);
    remember(memory, report, 10_000);
  }
  return detect({ window, memory, placements, ...BASE, now: 10_000 });
}

const found = (...input: Parameters<typeof findings>): string[] => findings(...input).map(subjectOf);

const agentSees = (zone: string, dark: object) =>
  anAgentReport(zone, {
    probes: ['a', 'b', 'c'].filter((z) => z !== zone).map((z) => aProbe(z, z === 'a' ? dark : {})),
  });
const edgeSees = (dark: object) =>
  anEdgeReport({ probes: ['a', 'b', 'c'].map((z) => aProbe(z, z === 'a' ? dark : {})) });

describe('zone-dark', () => {
  it('needs every healthy observer and the silence of its own heartbeats', () => {
    expect(found([agentSees('b', SILENT), agentSees('c', SILENT), edgeSees(SILENT)])).toEqual(['zone-dark:a']);
  });
  it('comes sooner when connections are refused', () => {
    expect(found([agentSees('b', REFUSED), agentSees('c', REFUSED), edgeSees(REFUSED)])).toEqual(['zone-dark:a']);
    const timeouts = { ...REFUSED, failure: 'timeout' };
    expect(found([agentSees('b', timeouts), agentSees('c', timeouts), edgeSees(timeouts)])).toEqual([]);
  });
  it('does not come from one observer alone (I6)', () => {
    expect(found([agentSees('b', SILENT), agentSees('c', {}), edgeSees({})])).toEqual([]);
    expect(found([edgeSees(SILENT)])).toEqual([]);
  });
  it('does not come while its own heartbeats arrive', () => {
    expect(found([anAgentReport('a'), agentSees('b', SILENT), agentSees('c', SILENT), edgeSees(SILENT)])).toEqual([]);
  });
  it('does not come while one healthy observer gets answers', () => {
    expect(found([agentSees('b', SILENT), agentSees('c', SILENT), edgeSees({})])).toEqual([]);
  });
  it('does not come while visitors are answered there, or a replica is fed from there', () => {
    const refused = [agentSees('c', REFUSED), edgeSees(REFUSED)];
    const fed = (heardAgoMs: number) => ({ copies: [aCopy({ database: standbyDatabase({ heardAgoMs }) })] });
    expect(found([...refused, { ...agentSees('b', REFUSED), ...fed(20) }])).toEqual([]);
    expect(found([...refused, { ...agentSees('b', REFUSED), ...fed(290) }])).toEqual(['zone-dark:a']);
    const answered = (answeredAgoMs: number) => ({ ...edgeSees(REFUSED), traffic: [aTraffic({ answeredAgoMs })] });
    expect(found([agentSees('b', REFUSED), agentSees('c', REFUSED), answered(20)])).toEqual([]);
    expect(found([agentSees('b', REFUSED), agentSees('c', REFUSED), answered(250)])).toEqual(['zone-dark:a']);
  });
  it('comes all the same when its processes stopped one after the other, as in a freeze', () => {
    const longSilent = { answeredAgoMs: 1_400, failure: 'timeout' } as const;
    const fed = (heardAgoMs: number) => ({ copies: [aCopy({ database: standbyDatabase({ heardAgoMs }) })] });
    const others = [agentSees('c', longSilent), edgeSees(longSilent)];
    expect(found([...others, { ...agentSees('b', longSilent), ...fed(500) }])).toEqual([]);
    expect(found([...others, { ...agentSees('b', longSilent), ...fed(700) }])).toEqual(['zone-dark:a']);
  });
  it('counts an observer out that sees everything failing (I6)', () => {
    const cutOff = anAgentReport('b', { probes: [aProbe('a', SILENT), aProbe('c', SILENT)] });
    expect(found([cutOff, edgeSees(SILENT)])).toEqual(['observer-sick:b']);
    expect(found([cutOff, agentSees('c', SILENT), edgeSees(SILENT)])).toEqual(['observer-sick:b', 'zone-dark:a']);
  });
  it('does not come from reports that are old', () => {
    const window = emptyWindow(0);
    for (const report of [agentSees('b', SILENT), agentSees('c', SILENT), edgeSees(SILENT)])
      absorb(window, report, 9_000);
    expect(detect({ window, memory: createMemory(), placements: [], ...BASE, now: 10_000 })).toEqual([]);
  });
});

describe('copy-down', () => {
  const live = (change: object) => anAgentReport('a', { copies: [aCopy(change)] });
  const standby = (change: object) => anAgentReport('b', { copies: [aCopy({ database: standbyDatabase(change) })] });
  const DOWN = { database: aDatabase({ state: 'down', trouble: 'killed by signal 9' }) };
  const HUNG = { application: { state: 'failing', stateForMs: 2_100, checks: [200, 200, 0, 0], tookMs: [] } };
  const HANGING = aTraffic({ answered: 0, attempts: 0, waiting: 30, oldestWaitingMs: 2_200, answeredAgoMs: 2_200 });

  it('needs a second witness beside its own agent', () => {
    expect(found([live(DOWN), standby({}), anAgentReport('c')])).toEqual([]);
    expect(found([live(DOWN), standby({ ioRunning: false }), anAgentReport('c')])).toEqual(['copy-down:a:shop']);
  });
  it('is outright when both ends of the replication say that the server is gone, and not when an edge alone agrees', () => {
    const said = (...reports: Report[]) =>
      findings([live(DOWN), ...reports, anAgentReport('c')]).map((f) => f.outright);
    expect(said(standby({ ioRunning: false }))).toEqual([true]);
    expect(said(standby({}), anEdgeReport({ traffic: [aTraffic({ answered: 0, serverErrors: 5 })] }))).toEqual([false]);
  });
  it('sees an application that accepts and never answers', () => {
    expect(found([live(HUNG), standby({}), anAgentReport('c'), anEdgeReport({ traffic: [HANGING] })])).toEqual([
      'copy-down:a:shop',
    ]);
    expect(found([live({}), standby({}), anAgentReport('c'), anEdgeReport({ traffic: [HANGING] })])).toEqual([]);
    const slow = { application: { ...HUNG.application, stateForMs: 900 } };
    expect(found([live(slow), standby({}), anAgentReport('c'), anEdgeReport({ traffic: [HANGING] })])).toEqual([]);
  });
  it('is found without its own agent when visitors are not answered and the standby hears nothing', () => {
    const REFUSED_THERE = aTraffic({ attempts: 4, answered: 0, connectErrors: 4, answeredAgoMs: 2_300 });
    const after = (silentMs: number, there: Report, ...traffic: TrafficWindow[]) => {
      const window = emptyWindow(0);
      const memory = createMemory();
      const hear = (report: Report, at: number) => {
        absorb(window, report, at);
        remember(memory, report, at);
      };
      hear(live({}), 10_000 - silentMs);
      for (const report of [there, anAgentReport('c'), anEdgeReport({ traffic })]) hear(report, 9_990);
      return detect({ window, memory, placements: [aPlacement()], ...BASE, now: 10_000 }).map(
        ({ code, forMs }) => `${code} ${forMs}`,
      );
    };
    const LOST = standby({ ioRunning: false });
    const apart: Report = { ...LOST, probes: [aProbe('a', { answeredAgoMs: 2_400, failure: 'timeout' }), aProbe('c')] };
    expect(after(2_400, LOST, REFUSED_THERE)).toEqual(['copy-down 2300']);
    expect(after(2_400, standby({ heardAgoMs: 2_200 }), REFUSED_THERE)).toEqual(['copy-down 2300']);
    expect(after(1_900, LOST, REFUSED_THERE), 'its agent was heard').toEqual([]);
    expect(after(2_400, standby({ heardAgoMs: 300 }), REFUSED_THERE), 'the standby is fed').toEqual([]);
    expect(after(2_400, apart, REFUSED_THERE), 'nothing of that zone reaches the standby').toEqual([]);
    expect(after(2_400, LOST), 'no visitor asks').toEqual([]);
    const served = aTraffic({ answeredAgoMs: 30 });
    expect(after(2_400, LOST, served), 'visitors are answered').toEqual([]);
    expect(after(2_400, LOST, { ...REFUSED_THERE, answeredAgoMs: 900 }), 'not for long enough').toEqual([]);
  });
  it('is not told about an epoch that is over', () => {
    expect(found([live({ ...DOWN, epoch: 6 }), standby({ ioRunning: false }), anAgentReport('c')])).toEqual([]);
  });
});

describe('the way between a live copy and its standby', () => {
  const CUT = { answeredAgoMs: 2_100, failure: 'timeout' } as const;
  const sees = (zone: string, silent: string[], database: DatabaseReport) =>
    anAgentReport(zone, {
      probes: ['a', 'b', 'c'].filter((z) => z !== zone).map((z) => aProbe(z, silent.includes(z) ? CUT : {})),
      copies: [aCopy({ database })],
    });
  const live = (silent: string[], change = {}) =>
    sees('a', silent, aDatabase({ writable: true, waitsFor: 'b', gatePosition: '', ...change }));
  const standby = (silent: string[], heardAgoMs = 2_100) => sees('b', silent, standbyDatabase({ heardAgoMs }));
  const others = [anAgentReport('c'), anEdgeReport()];

  it.each([
    ['cut, by the word of both ends', [live(['b']), standby(['a'])], ['standby-lost:b:shop']],
    ['only one end says so', [live(['b']), standby([])], []],
    ['the standby still hears its source', [live(['b']), standby(['a'], 100)], []],
    ['commits do not wait for it', [live(['b'], { waitsFor: null }), standby(['a'])], []],
    ['the live zone reaches nobody (I6)', [live(['b', 'c']), standby(['a'])], ['observer-sick:a']],
    ['the standby reaches nobody (I6)', [live(['b']), standby(['a', 'c'])], ['observer-sick:b']],
  ])('%s', (_, reports, expected) => {
    expect(found([...reports, ...others])).toEqual(expected);
  });
});

describe('standby-lost', () => {
  it('follows from a dark zone', () => {
    const bDark = (zone: string) =>
      anAgentReport(zone, {
        probes: ['a', 'b', 'c'].filter((z) => z !== zone).map((z) => aProbe(z, z === 'b' ? SILENT : {})),
      });
    const edge = anEdgeReport({ probes: ['a', 'b', 'c'].map((z) => aProbe(z, z === 'b' ? SILENT : {})) });
    expect(found([bDark('a'), bDark('c'), edge])).toEqual(['zone-dark:b', 'standby-lost:b:shop']);
  });
  it('is seen by its own agent and by the live copy that waits in vain', () => {
    const live = (connected: boolean) =>
      anAgentReport('a', {
        copies: [aCopy({ database: aDatabase({ waitsFor: 'b', gatePosition: '', acknowledgerConnected: connected }) })],
      });
    const standby = anAgentReport('b', { copies: [aCopy({ database: aDatabase({ state: 'down' }) })] });
    expect(found([live(true), standby, anAgentReport('c')])).toEqual([]);
    expect(found([live(false), standby, anAgentReport('c')])).toEqual(['standby-lost:b:shop']);
  });
});

it('every finding has a sentence', () => {
  for (const { code } of RULES) {
    expect(
      findingSentence({
        code,
        zone: 'a',
        site: 'shop',
        observer: 'agent:a',
        forMs: 1,
        outright: false,
        loadRatio: null,
        evidence: [],
      }),
    ).toMatch(/\.$/);
  }
});
