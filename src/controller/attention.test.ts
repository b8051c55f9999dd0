/** Whom a turn looks at: everybody within a second, and at once whoever gives cause. */
import { describe, expect, it } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import {
  aCopy,
  anAgentReport,
  anEdgeReport,
  anOrder,
  aPlacement,
  aProbe,
  aSpec,
  aTraffic,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { decide, type SiteVerdict } from '../decide/index.ts';
import { createMemory, remember } from '../detect/index.ts';
import type { CopyReport, Finding, Placement, Report, SiteId } from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { createAttention } from './attention.ts';
import { createWorldBuilder } from './world.ts';

const MANY = 1_000;
const nameOf = (index: number) => `site-${String(index).padStart(4, '0')}`;

function manySites(change: (site: SiteId) => Partial<Placement> = () => ({})): Map<SiteId, Placement> {
  const names = Array.from({ length: MANY }, (_, index) => nameOf(index));
  return new Map(names.map((site) => [site, aPlacement({ site, ...change(site) })]));
}
const verdictOf = (placement: Placement, refusals: SiteVerdict['refusals'] = []): SiteVerdict => ({
  placement,
  decision: null,
  refusals,
});

describe('attention', () => {
  it('looks at few sites in every turn, all of them', () => {
    const few = new Map([...manySites()].slice(0, 200));
    const attention = createAttention();
    for (let turn = 0; turn < 3; turn++) expect(attention.choose(few, [])).toEqual([...few.keys()]);
  });

  it('looks at few as at many where that is asked for', () => {
    const few = new Map([...manySites()].slice(0, 10));
    const attention = createAttention(0);
    const seen = Array.from({ length: 20 }, () => attention.choose(few, []));
    for (const turn of seen) expect(turn).toHaveLength(1);
    expect(new Set(seen.flat())).toEqual(new Set(few.keys()));
  });

  it('looks at a twentieth of many that are at peace, and at each once in twenty turns', () => {
    const attention = createAttention();
    const sites = manySites();
    const seen = Array.from({ length: 20 }, () => attention.choose(sites, []));
    for (const turn of seen) expect(turn).toHaveLength(50);
    expect(seen.flat().sort()).toEqual([...sites.keys()]);
  });

  it.each<[string, Partial<Placement>]>([
    ['exposed', { standby: null, inSync: false }],
    ['growing', { inSync: false }],
    ['promoting', { promotion: { epoch: 7, from: 'a', position: null, open: false, acceptedLoss: null } }],
    ['new', { initialised: false }],
    ['part of an incident', { incident: 'x' }],
    ['approved to move', { approval: { at: 0, by: 'Ada' } }],
    ['ordered to move', { order: anOrder() }],
  ])('looks every time at a site that is %s', (_, change) => {
    const attention = createAttention();
    const sites = manySites((site) => (site === nameOf(990) ? change : {}));
    for (let turn = 0; turn < 25; turn++) expect(attention.choose(sites, [])).toContain(nameOf(990));
  });

  it('notices at once that a placement was replaced, and when it is at rest again', () => {
    const attention = createAttention();
    const sites = manySites();
    attention.choose(sites, []);
    sites.set(nameOf(990), aPlacement({ site: nameOf(990), epoch: 8, inSync: false }));
    expect(attention.choose(sites, [])).toContain(nameOf(990));
    sites.set(nameOf(990), aPlacement({ site: nameOf(990), epoch: 9 }));
    expect(attention.choose(sites, [])).not.toContain(nameOf(990));
  });

  it('notices sites that come and go', () => {
    const attention = createAttention();
    const sites = manySites();
    attention.choose(sites, []);
    sites.delete(nameOf(3));
    sites.set('another', aPlacement({ site: 'another', inSync: false }));
    const chosen = attention.choose(sites, []);
    expect(chosen).toContain('another');
    expect(chosen).toEqual([...chosen].sort());
    const rest = Array.from({ length: 20 }, () => attention.choose(sites, [])).flat();
    expect(rest).not.toContain(nameOf(3));
  });

  it.each<[string, Finding, number]>([
    ['a finding about one site', aFinding('copy-down', { site: nameOf(990) }), 51],
    ['one about its lost standby', aFinding('standby-lost', { site: nameOf(990), zone: 'b' }), 51],
    ['one about a zone: all that live there', aFinding('zone-dark', { zone: 'c' }), 50 + 10],
    ['a sick observer: nobody', aFinding('observer-sick', { zone: 'c' }), 50],
  ])('%s', (_, finding, count) => {
    const sites = manySites((site) => (site >= nameOf(990) ? { live: 'c' } : {}));
    expect(createAttention().choose(sites, [finding])).toHaveLength(count);
  });

  it('looks again at a site about which something was refused, until nothing is', () => {
    const attention = createAttention();
    const sites = manySites();
    const site = sites.get(nameOf(990))!;
    const refusal = { site: site.site, code: 'waiting-it-out' as const, sentence: '', evidence: [] };
    attention.choose(sites, []);
    attention.note([verdictOf(site, [{ refusal, because: null }])]);
    expect(attention.choose(sites, [])).toContain(nameOf(990));
    attention.note([verdictOf(site)]);
    expect(attention.choose(sites, [])).not.toContain(nameOf(990));
  });
});

describe('the world of a turn', () => {
  const placements = new Map([['shop', aPlacement({ standby: null, inSync: false })]]);
  const state = { placements, sites: new Map([['shop', { spec: aSpec(), slot: 0 }]]) };
  const other = (site: string) => aCopy({ site });

  it('finds a copy wherever it stands in a report, also when it moves within it', () => {
    const window = emptyWindow(0);
    const builder = createWorldBuilder(createMemory());
    const shop = (changes: CopyReport[], sequence: number, now: number) => {
      absorb(window, anAgentReport('b', { sequence, copies: changes }), now);
      return builder.build(state, window, [], now).sites.get('shop')!.copies.get('b');
    };
    const mine = aCopy();
    expect(shop([mine, other('x')], 1, 0)?.report).toBe(mine);
    expect(shop([other('x'), mine], 2, 100)?.report).toBe(mine);
    expect(shop([other('x'), other('y')], 3, 200)).toBeUndefined();
    expect(shop([other('x'), other('y'), mine], 4, 300)?.report).toBe(mine);
    expect(shop([], 5, 400)).toBeUndefined();
    expect(shop([mine], 6, 500)?.report).toBe(mine);
  });

  it('finds, after a while, a copy that took the place of another', () => {
    const window = emptyWindow(0);
    const builder = createWorldBuilder(createMemory());
    absorb(window, anAgentReport('b', { sequence: 1, copies: [other('x')] }), 0);
    const find = (now: number) => builder.build(state, window, [], now).sites.get('shop')!.copies.get('b');
    expect(find(0)).toBeUndefined();
    absorb(window, anAgentReport('b', { sequence: 2, copies: [aCopy()] }), 100);
    expect(find(5_000)).toBeDefined();
  });

  it('tells what is heard, healthy and how much room there is', () => {
    const window = emptyWindow(0);
    for (const zone of ['a', 'b', 'c']) absorb(window, anAgentReport(zone), zone === 'c' ? 0 : 1_000);
    const findings = [aFinding('zone-dark', { zone: 'a' }), aFinding('zone-erring', { zone: 'b' })];
    const { zones } = createWorldBuilder(createMemory()).build(state, window, findings, 1_500);
    expect([...zones.values()]).toEqual([
      { zone: 'a', heard: false, healthy: false, misses: [], room: null, evacuated: null },
      { zone: 'b', heard: true, healthy: false, misses: [], room: null, evacuated: null },
      { zone: 'c', heard: false, healthy: false, misses: [], room: null, evacuated: null },
    ]);
  });

  it('tells which zones an agent has had no answer from', () => {
    const window = emptyWindow(0);
    const probes = [
      aProbe('b', { answeredAgoMs: 1_400 }),
      aProbe('c', { answeredAgoMs: 600 }),
      aProbe('d', { answeredAgoMs: null }),
    ];
    absorb(window, anAgentReport('a', { probes }), 0);
    expect(createWorldBuilder(createMemory()).build(state, window, [], 50).zones.get('a')?.misses).toEqual(['b']);
  });

  const failing = [aTraffic({ serverErrors: 10, answered: 10 })];
  it.each<[string, Report[], number]>([
    ['nothing was found', [anAgentReport('a'), anEdgeReport()], Number.POSITIVE_INFINITY],
    ['the live copy is not heard', [anAgentReport('b'), anEdgeReport()], 0],
    ['nobody tells of visitors', [anAgentReport('a'), anAgentReport('b')], 0],
    [
      'all that was ever heard of its visitors is that they fail',
      [anAgentReport('a'), anEdgeReport({ traffic: failing })],
      0,
    ],
  ])('knows for how long visitors have fared as usual only while it can tell: %s', (_, reports, expected) => {
    const [window, memory] = [emptyWindow(0), createMemory()];
    const builder = createWorldBuilder(memory);
    let clearForMs = Number.NaN;
    for (let now = 0; now <= 4_000; now += 100) {
      for (const report of reports) {
        const news = { ...report, sequence: 1 + now };
        if (absorb(window, news, now)) remember(memory, news, now);
      }
      clearForMs = builder.build(state, window, [], now).sites.get('shop')!.clearForMs;
    }
    expect(clearForMs).toBe(expected);
  });

  it('lets a turn among many decide what it would among few', () => {
    const many = manySites((site) => (site === nameOf(990) ? { inSync: false, standby: null } : {}));
    const sites = new Map([...many.keys()].map((site, slot) => [site, { spec: aSpec({ site }), slot }]));
    const window = emptyWindow(0);
    const copies = [...many.keys()].map((site) => aCopy({ site, database: standbyDatabase() }));
    for (const zone of ['a', 'b', 'c']) absorb(window, anAgentReport(zone, { copies }), 0);
    const world = createWorldBuilder(createMemory()).build({ placements: many, sites }, window, [], 0);
    const decisions = decide({ world, findings: [], now: 0 }).flatMap(({ decision }) => decision ?? []);
    expect(decisions.map(({ code, next }) => [code, next.site])).toContainEqual(['choose-standby', nameOf(990)]);
  });
});
