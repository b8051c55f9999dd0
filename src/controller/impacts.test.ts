/** What an incident meant is counted while it goes on, written once when it is over, by whoever is first; silent edges and restarts change nothing. */
import { expect, it } from 'vitest';
import { aCopy, anAgentReport, anEdgeReport, aPlacement } from '../../test/support/fixtures.ts';
import type { EdgeId, Placement, SecondRow, SiteId, Window } from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { startImpacts } from './impacts.ts';

const LEVEL = { target: 0.9995, badMinuteShare: 0.1, leastRequests: 10, excludeMaintenance: true, credits: [] };
const log = createLog('test', {}, 'silent');

/** An installation with its edges' seconds, and controllers that count. */
function aWorld(edges: EdgeId[] = ['edge-1']) {
  const clock = createManualClock();
  const cluster = new MemoryCluster();
  const placements = new Map<SiteId, Placement>();
  const rows: SecondRow[] = [];
  const away = new Set<EdgeId>();
  const start = clock.wall();
  const store = openMemoryStore(cluster, { clock });
  const incident = newIncidentId(start, 'zone-dark:a');
  let sequence = 0;
  const hearAll = (window: Window) => {
    sequence += 1;
    for (const edge of edges)
      if (!away.has(edge)) absorb(window, anEdgeReport({ edge, sequence, incarnation: edge }), clock.mono());
  };
  const controller = (zone: string) => {
    const window = emptyWindow(clock.mono());
    const impacts = startImpacts({
      zone,
      clock,
      log,
      store,
      state: {
        zones: new Map(['a', 'b'].map((one) => [one, {}])),
        placements,
        edges: new Map(edges.map((edge) => [edge, { edge, control: edge }])),
      },
      ask: {
        seconds: async (control, sites, from, to) => {
          if (away.has(control)) throw new Error('no answer');
          hearAll(window);
          return rows.filter(
            (row) => row.edge === control && sites.includes(row.site) && row.second >= from && row.second < to,
          );
        },
      },
      window: () => window,
      level: () => LEVEL,
    });
    hearAll(window);
    return { ...impacts, window };
  };
  const second = (after: number, requests: number, failed = 0, more: Partial<SecondRow> = {}) =>
    rows.push({
      edge: 'edge-1',
      site: 'shop',
      second: Math.floor(start / 1_000) + after,
      requests,
      failed,
      held: 0,
      heldLongestMs: 0,
      longestMs: 10,
      latency: [[30, requests - failed]],
      ...more,
    });
  const happen = (after: number, key: string, entry: Parameters<typeof anEntry>[0]) =>
    store.appendToIncident(incident, key, [anEntry({ site: 'shop', at: start + after, ...entry })]);
  const begin = async (site = 'shop') => {
    placements.set(site, aPlacement({ site, incident, live: 'b' }));
    await happen(400, `${site}-1`, { site, kind: 'finding', code: 'zone-dark', forMs: 400 });
    await happen(410, `${site}-2`, { site, code: 'failover' });
    await happen(600, `${site}-3`, { site, code: 'record-promotion' });
    await happen(900, `${site}-4`, { site, code: 'record-open' });
  };
  const close = async (after: number, site = 'shop') => {
    placements.set(site, aPlacement({ site, incident: null, live: 'b' }));
    await happen(after, `${site}-5`, { site, kind: 'result', code: 'record-in-sync' });
    await happen(after, `${site}-6`, { site, kind: 'result', code: 'close-incident' });
  };
  const written = async () =>
    ((await store.incident(incident))?.entries ?? []).flatMap(({ impact, by }) => (impact ? [{ impact, by }] : []));
  return { clock, start, store, incident, placements, away, controller, second, happen, begin, close, written, rows };
}

it('grows while the incident goes on, and is written once it is over; both controllers say the same', async () => {
  const world = aWorld();
  const [a, b] = [world.controller('a'), world.controller('b')];
  for (let at = -20; at < 20; at += 1) world.second(at, 100, at === 0 ? 3 : 0);
  world.second(1, 80, 20, { held: 40, heldLongestMs: 700, longestMs: 720 });
  await world.begin();
  await world.clock.advance(8_000);
  expect(a.of(world.incident, 'shop')).toMatchObject({
    final: false,
    requests: expect.any(Number),
    failed: 23,
    held: 40,
    heldLongestMs: 700,
    longestMs: 720,
    downSeconds: 1,
    rtoMs: 900,
    transactionsLost: 0,
    unheard: [],
  });
  await world.close(6_000);
  await world.clock.advance(20_000);
  const written = await world.written();
  expect(written).toHaveLength(1);
  const { impact } = written[0]!;
  // From two seconds before the evidence to two after the end: ten of a hundred, and the eighty between.
  expect(impact).toMatchObject({ final: true, requests: 10 * 100 + 80, failed: 23, recoveredAfterMs: 1_200 });
  for (const one of [a, b]) expect(one.of(world.incident, 'shop')).toEqual(impact);
  expect((await world.store.incident(world.incident))!.closedAt).toBe(world.start + 6_000);
});

it('a controller that starts when it is all over writes what another left', async () => {
  const world = aWorld();
  for (let at = -5; at < 20; at += 1) world.second(at, 10, at === 1 ? 10 : 0);
  await world.begin();
  await world.close(6_000);
  await world.clock.advance(600_000);
  world.controller('b');
  await world.clock.advance(40_000);
  expect(await world.written()).toMatchObject([{ by: 'controller:b', impact: { failed: 10, downSeconds: 1 } }]);
});

it('an edge that is silent is not waited for, and named; one that reports is waited for', async () => {
  const world = aWorld(['edge-1', 'edge-2']);
  for (let at = -5; at < 40; at += 1) {
    world.second(at, 10);
    world.second(at, 10, at === 1 ? 10 : 0, { edge: 'edge-2' });
  }
  const a = world.controller('a');
  await world.begin();
  world.away.add('edge-2');
  await world.clock.advance(3_000);
  expect(a.of(world.incident, 'shop')).toBeNull();
  world.away.delete('edge-2');
  await world.clock.advance(6_000);
  expect(a.of(world.incident, 'shop')).toMatchObject({ failed: 10, unheard: [] });
  world.away.add('edge-2');
  await world.close(12_000);
  await world.clock.advance(60_000);
  expect(await world.written()).toMatchObject([{ impact: { failed: 10, unheard: ['edge-2'], final: true } }]);
});

it('what is cold after the move, and what a person gave up once the former copy was compared', async () => {
  const world = aWorld();
  const a = world.controller('a');
  world.second(1, 10);
  await world.begin();
  await world.happen(500, 'accepted', { code: 'accept-loss' });
  const cold = { state: 'cold' as const, stateForMs: 1, trouble: null };
  const hear = (zone: string, sequence: number, copy: Parameters<typeof aCopy>[0]) =>
    absorb(a.window, anAgentReport(zone, { sequence, copies: [aCopy(copy)] }), world.clock.mono());
  hear('b', 1, { cache: cold, search: { ...cold, state: 'warm' } });
  hear('c', 1, { search: cold });
  await world.clock.advance(6_000);
  await world.close(5_000);
  await world.clock.advance(15_000);
  expect(await world.written()).toMatchObject([{ impact: { cold: ['cache'], transactionsLost: null, lostIn: [] } }]);
  const kept = { id: 'old', keptSince: world.start + 15_000, bytes: 9, deletedAt: null, folder: '/kept/old' };
  hear('a', 1, { salvage: [{ ...kept, transactions: 4 }] });
  await world.clock.advance(40_000);
  expect((await world.written()).at(-1)!.impact).toMatchObject({
    transactionsLost: 4,
    lostIn: [{ zone: 'a', transactions: 4, folder: '/kept/old' }],
  });
  expect(await world.written()).toHaveLength(2);
});

it('what a person gave up is found out however late the former copy comes back', async () => {
  const world = aWorld();
  world.second(1, 10);
  await world.begin();
  await world.happen(500, 'accepted', { code: 'accept-loss' });
  await world.close(5_000);
  const promotion = (incident: string | null) => ({
    ...aPlacement().promotion,
    acceptedLoss: { by: 'Ada', why: 'burnt', at: world.start + 500, incident },
  });
  world.placements.set('shop', aPlacement({ live: 'b', promotion: promotion(world.incident) }));
  world.placements.set('blog', aPlacement({ site: 'blog', promotion: promotion(null) }));
  await world.clock.advance(3 * 86_400_000);
  const a = world.controller('a');
  await world.clock.advance(40_000);
  expect((await world.written()).map(({ impact }) => impact.transactionsLost)).toEqual([null]);
  const kept = { id: 'old', keptSince: world.clock.wall(), bytes: 9, deletedAt: null, folder: '/kept/old' };
  const copies = [aCopy({ salvage: [{ ...kept, transactions: 4 }] })];
  absorb(a.window, anAgentReport('a', { sequence: 1, copies }), world.clock.mono());
  await world.clock.advance(40_000);
  expect((await world.written()).map(({ impact }) => impact.transactionsLost)).toEqual([null, 4]);
});

it('an incident of many sites is counted and written bit by bit, each site once', async () => {
  const world = aWorld();
  const sites = Array.from({ length: 230 }, (_, index) => `site-${index}`);
  for (const [index, site] of sites.entries()) world.second(1, 10, index % 10, { site });
  const a = world.controller('a');
  for (const site of sites) await world.begin(site);
  for (const site of sites) await world.close(3_000, site);
  await world.clock.advance(60_000);
  const written = await world.written();
  expect(written.map(({ impact }) => impact.site).toSorted()).toEqual(sites.toSorted());
  for (const { impact } of written) expect(impact.failed).toBe(Number(impact.site.split('-')[1]) % 10);
  expect(a.all(world.incident)).toHaveLength(sites.length);
});
