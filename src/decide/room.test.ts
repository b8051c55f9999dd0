/** Several sites that move at once, or moved lately, add up; whoever comes first by name gets the room. */
import { describe, expect, it } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import { aCopy, aPlacement, aRoom, aSpec, standbyDatabase } from '../../test/support/fixtures.ts';
import type { Placement, Room } from '../model/index.ts';
import { decide, type SiteView, type World } from './index.ts';
import { createArrivals } from './room.ts';

const NOW = 1_000_000;
const NAMES = Array.from({ length: 10 }, (_, index) => `site-${index}`);

/** Ten sites live in a, whose four cores are all busy: 0.4 cores each; their standbys are in b. */
function tenSites(there: Partial<Room>, change: (site: string) => Partial<Placement> = () => ({})): World {
  const sites = NAMES.map((site): SiteView => {
    const report = aCopy({ site, database: standbyDatabase() });
    const placement = aPlacement({ site, ...change(site) });
    return {
      spec: aSpec({ site }),
      placement,
      copies: new Map([['b', { report, heardAgoMs: 50 }]]),
      unprotected: null,
      quietForMs: 0,
      clearForMs: 0,
      epochForMs: 0,
      edges: () => [],
    };
  });
  const zone = (name: string, room: Room) =>
    [name, { zone: name, heard: true, healthy: true, misses: [], evacuated: null, room }] as const;
  return {
    zones: new Map([zone('a', aRoom({ cpuBusy: 1 })), zone('b', aRoom(there)), zone('c', aRoom())]),
    sites: new Map(sites.map((site) => [site.placement.site, site])),
    placements: new Map(sites.map(({ placement }) => [placement.site, placement])),
  };
}

function moved(world: World, code: 'zone-erring' | 'zone-dark'): string[] {
  const verdicts = decide({ world, findings: [aFinding(code)], now: NOW });
  for (const { decision, refusals } of verdicts)
    if (decision?.code !== 'failover') expect(refusals[0]?.refusal.code).toBe('no-room');
  return verdicts.filter(({ decision }) => decision?.code === 'failover').map(({ placement }) => placement.site);
}

const movedAt = (at: number): Partial<Placement> => ({
  live: 'b',
  standby: null,
  inSync: false,
  moves: [{ at, from: 'a', to: 'b', because: 'zone-erring' }],
});

describe('room', () => {
  it.each([
    ['an idle zone takes what its cores take: 9 of 10 at 0.4 of 4 cores', { cpuBusy: 0 }, 9],
    ['half busy: 4 more', { cpuBusy: 0.5 }, 4],
    ['a host of eight cores takes all', { cores: 8, cpuBusy: 0.25 }, 10],
    ['nearly full: none', { cpuBusy: 0.94 }, 0],
  ])('%s', (_, there, count) => {
    expect(moved(tenSites(there), 'zone-erring')).toEqual(NAMES.slice(0, count));
  });

  it('does not hold a site in a dead zone (I12)', () => {
    expect(moved(tenSites({ cpuBusy: 0.99 }), 'zone-dark')).toEqual(NAMES);
  });

  it('does not ask about cores that both zones share', () => {
    const world = tenSites({ cpuBusy: 0.99, machine: 'one' });
    world.zones.get('a')!.room!.machine = 'one';
    expect(moved(world, 'zone-erring')).toEqual(NAMES);
    world.zones.get('a')!.room!.machine = 'another';
    expect(moved(world, 'zone-erring')).toEqual([]);
  });

  it('counts those that moved there lately, whichever controller moved them', () => {
    const world = tenSites({ cpuBusy: 0.5 }, (site) => (site < 'site-3' ? movedAt(NOW - 5_000) : {}));
    expect(moved({ ...world, sites: new Map([...world.sites].slice(3)) }, 'zone-erring')).toEqual(['site-3']);
  });

  it('takes those that moved long ago for measured', () => {
    const world = tenSites({ cpuBusy: 0.5 }, (site) => (site < 'site-3' ? movedAt(NOW - 60_000) : {}));
    expect(moved({ ...world, sites: new Map([...world.sites].slice(3)) }, 'zone-erring')).toHaveLength(3);
  });

  it('never counts more than the zone they come from had', () => {
    const arrivals = createArrivals(
      tenSites({}, () => movedAt(NOW)),
      NOW,
    );
    expect(arrivals.coresTo('b')).toBeCloseTo(4);
  });
});
