/** How each kind of ordinary trouble is drawn: its length, its strength, whom it hits. Times count from the beginning of the trouble. */
import type { Cluster } from './cluster.ts';
import type { Effect } from './conditions.ts';
import { ail, during, EVERY_ZONE, loseAround, loseBetween, pause, ramp } from './effects.ts';
import type { Chance } from './random.ts';

export interface Draw {
  chance: Chance;
  cluster: Cluster;
}

const some = ({ chance, cluster }: Draw, share: number): number[] =>
  cluster.sites.map((_, index) => index).filter(() => chance.happens(share));
const all = ({ cluster }: Draw): number[] => cluster.sites.map((_, index) => index);
const one = ({ chance, cluster }: Draw): number => chance.below(cluster.sites.length);
/** Sites with more than a request a second: a storm on a sleeping site is its sleep. */
const oneBusy = ({ chance, cluster }: Draw): number => chance.below(Math.min(6, cluster.sites.length));
const liveZone = ({ cluster }: Draw, site: number): number => cluster.sites[site]!.zones[0]!;

const twoOf = (chance: Chance, from: number[]): [number, number] => {
  const first = chance.pick(from);
  return [first, chance.pick(from.filter((other) => other !== first))];
};

/** One in five cuts is in one direction only. */
const cut = (chance: Chance, ms: number, from: number, to: number) =>
  loseBetween(0, ms, from, to, 1, chance.happens(0.2));

export function edgeWayBlip({ chance }: Draw): Effect[] {
  return [cut(chance, chance.logBetween(200, 3_000), 3 + chance.below(2), chance.below(3))];
}

export function zoneWayBlip({ chance }: Draw): Effect[] {
  const [from, to] = twoOf(chance, EVERY_ZONE);
  return [cut(chance, chance.logBetween(200, 3_000), from, to)];
}

/** Shorter than the detector's patience, less what its probes and reports cannot tell. */
export function zoneBlip({ chance }: Draw, mostMs: number): Effect[] {
  return [loseAround(0, chance.logBetween(100, mostMs), chance.below(3), 1)];
}

/** Longer: nobody gets an answer for so long. */
export function zoneSilence({ chance }: Draw, leastMs: number): Effect[] {
  return [loseAround(0, chance.logBetween(leastMs, 3_000), chance.below(3), 1)];
}

export function lossyLink({ chance }: Draw): Effect[] {
  const ms = chance.logBetween(10_000, 60_000);
  const share = chance.logBetween(0.05, 0.5);
  const [from, to] = twoOf(chance, [0, 1, 2, 3, 4]);
  // The two edges say nothing to each other.
  if (from >= 3 && to >= 3) return [loseBetween(0, ms, from, chance.below(3), share)];
  return [loseBetween(0, ms, from, to, share, chance.happens(0.3))];
}

export function zoneLoss({ chance }: Draw): Effect[] {
  return [loseAround(0, chance.logBetween(5_000, 40_000), chance.below(3), chance.logBetween(0.01, 0.15))];
}

/** What one bad release does: some pages fail, or all of them; the readiness page perhaps too. */
function badRelease(chance: Chance) {
  const errors = chance.happens(0.3) ? 1 : chance.logBetween(0.02, 1);
  const slow = chance.happens(0.2) ? chance.between(1.5, 6) : 1;
  const fails = chance.happens(0.6) ? ('by-request' as const) : ('by-chance' as const);
  return { errors, fails, slow, readyFails: chance.happens(0.4) ? errors : 0 };
}

export function releaseBreaksSite(draw: Draw): Effect[] {
  const { chance } = draw;
  return [ail(0, releaseMs(chance), [one(draw)], EVERY_ZONE, badRelease(chance))];
}

export function releaseBreaksAll(draw: Draw): Effect[] {
  const { chance } = draw;
  const bad = badRelease(chance);
  const ms = releaseMs(chance);
  return EVERY_ZONE.map((zone) => ail(chance.between(0, 500), ms, all(draw), [zone], bad));
}

/** Zone by zone: while the second has not got it yet, moving helps, and soon does not any more. */
export function releaseRolls(draw: Draw): Effect[] {
  const { chance } = draw;
  const bad = badRelease(chance);
  const pauseMs = chance.logBetween(3_000, 15_000);
  const ms = 2 * pauseMs + releaseMs(chance);
  const sites = chance.happens(0.5) ? all(draw) : some(draw, 0.5);
  return EVERY_ZONE.map((zone) => ail(zone * pauseMs, ms, sites, [zone], bad));
}

export function releaseBreaksCopy(draw: Draw): Effect[] {
  const { chance } = draw;
  const site = one(draw);
  return [
    ail(
      0,
      releaseMs(chance),
      [site],
      [chance.happens(0.7) ? liveZone(draw, site) : chance.below(3)],
      badRelease(chance),
    ),
  ];
}

/** Until it is rolled back. The detector has long settled by then: longer ones would tell nothing new. */
const releaseMs = (chance: Chance) => chance.logBetween(6_000, 50_000);

export function botStorm(draw: Draw): Effect[] {
  const { chance } = draw;
  const site = oneBusy(draw);
  const zone = liveZone(draw, site);
  const ms = chance.logBetween(6_000, 30_000);
  const upMs = chance.between(200, 4_000);
  const times = chance.logBetween(5, 50);
  const neighbours = draw.cluster.sites.flatMap(({ zones }, index) =>
    zones[0] === zone && index !== site ? [index] : [],
  );
  const errors = chance.happens(0.6) ? chance.logBetween(0.01, 0.5) : 0;
  const hit = {
    errors,
    slow: chance.logBetween(2, 20),
    readyFails: chance.happens(0.4) ? chance.between(0, 0.6) : 0,
    readyStatus: chance.pick([0, 503] as const),
    follows: true,
    connections: Math.round(chance.between(60, 150)),
  };
  const busy = chance.between(0.7, 1);
  return [
    ...ramp(0, upMs, ms, [site], times),
    ail(upMs, ms, [site], [zone], hit),
    ail(upMs, ms, neighbours, [zone], {
      slow: chance.between(1, 2.5),
      errors: chance.happens(0.3) ? chance.logBetween(0.0005, 0.01) : 0,
    }),
    during(upMs, ms, ({ cpuBusy }) => {
      cpuBusy[zone] = busy;
    }),
  ];
}

/** The copy streams and the disk is read through: everything in the zone is slower, in surges. */
export function backup(draw: Draw): Effect[] {
  const { chance } = draw;
  const zone = chance.below(3);
  const ms = chance.logBetween(6_000, 25_000);
  const slow = chance.between(1.3, 4);
  const effects = [ail(0, ms, all(draw), [zone], { slow, fsyncMs: Math.round(chance.logBetween(10, 300)) })];
  for (let at = chance.exponential(4_000); at < ms; at += 1_000 + chance.exponential(4_000)) {
    const surge = { slow: chance.between(1, 2), fsyncMs: Math.round(chance.logBetween(50, 600)) };
    effects.push(ail(at, Math.min(ms, at + chance.between(200, 1_500)), all(draw), [zone], surge));
  }
  return effects;
}

export function observerPauses({ chance }: Draw): Effect[] {
  const process = chance.pick(['agent', 'controller', 'edge'] as const);
  const which = process === 'edge' ? chance.below(2) : chance.below(3);
  return [pause(0, chance.logBetween(200, 5_000), process, which)];
}

/** It runs in fits and starts, and its reports come late. */
export function observerOverloaded({ chance }: Draw): Effect[] {
  const node = chance.below(5);
  const ms = chance.logBetween(2_000, 15_000);
  const process = node >= 3 ? 'edge' : chance.pick(['agent', 'controller'] as const);
  const which = node >= 3 ? node - 3 : node;
  const delayMs = chance.logBetween(50, 1_500);
  const effects = [
    during(0, ms, ({ reportDelayMs }) => {
      reportDelayMs[node] = delayMs;
    }),
  ];
  for (let at = chance.exponential(600); at < ms; at += 100 + chance.exponential(600))
    effects.push(pause(at, Math.min(ms, at + chance.logBetween(50, 900)), process, which));
  return effects;
}

/** An edge loses all its ways to the zones, or half of them, while visitors still reach it. */
export function edgeCutOff({ chance }: Draw): Effect[] {
  const edge = 3 + chance.below(2);
  const ms = chance.logBetween(300, 12_000);
  if (chance.happens(0.5)) return [loseAround(0, ms, edge, chance.happens(0.6) ? 1 : chance.between(0.2, 0.8))];
  const spared = chance.below(3);
  return EVERY_ZONE.filter((zone) => zone !== spared).map((zone) => loseBetween(0, ms, edge, zone, 1));
}

export function loadChanges(draw: Draw): Effect[] {
  const { chance } = draw;
  const sites = chance.happens(0.5) ? all(draw) : [one(draw)];
  const times = chance.happens(0.3) ? chance.logBetween(0.05, 0.5) : chance.logBetween(2, 5);
  const ms = chance.logBetween(8_000, 25_000);
  return ramp(0, chance.between(1_000, ms / 2), ms, sites, times);
}

export function attackOnAll(draw: Draw): Effect[] {
  const { chance } = draw;
  const ms = chance.logBetween(8_000, 40_000);
  const upMs = chance.between(500, 5_000);
  const busy = chance.between(0.93, 1);
  const hit = {
    errors: chance.logBetween(0.05, 0.4),
    fails: 'by-chance' as const,
    slow: chance.logBetween(1.5, 8),
    follows: true,
    readyFails: chance.between(0, 0.3),
  };
  return [
    ...ramp(0, upMs, ms, all(draw), chance.logBetween(4, 10)),
    // No two zones break under it alike, nor at the same time.
    ...EVERY_ZONE.map((zone) =>
      ail(upMs * chance.between(0.8, 1.5), ms, all(draw), [zone], {
        ...hit,
        errors: hit.errors * chance.between(0.5, 1),
      }),
    ),
    // What breaks under load is busy before it breaks.
    during(0.7 * upMs, ms, ({ cpuBusy }) => cpuBusy.fill(busy)),
  ];
}

/** Several sites call the same service outside, wherever they live. */
export function sharedUpstream(draw: Draw): Effect[] {
  const { chance } = draw;
  const hit = { errors: chance.between(0.1, 0.5), fails: 'by-chance' as const, slow: chance.logBetween(1, 4) };
  return [ail(0, chance.logBetween(5_000, 40_000), some(draw, chance.between(0.2, 0.7)), EVERY_ZONE, hit)];
}

/** A long statement locks what every page reads. */
export function databaseLocked(draw: Draw): Effect[] {
  const { chance } = draw;
  const site = one(draw);
  const hit = {
    errors: chance.between(0.5, 1),
    slow: chance.between(1, 5),
    readyFails: chance.between(0, 1),
    connections: 90,
  };
  return [ail(0, chance.logBetween(500, 3_000), [site], [liveZone(draw, site)], hit)];
}

/** 404s by the thousand are answers like others. */
export function manyNotFound(draw: Draw): Effect[] {
  const { chance } = draw;
  return ramp(0, 500, chance.logBetween(5_000, 15_000), [oneBusy(draw)], chance.logBetween(3, 15));
}

export function clockJumps({ chance }: Draw): Effect[] {
  const zone = chance.below(3);
  const byMs = (chance.happens(0.5) ? -1 : 1) * chance.logBetween(500, 7_200_000);
  return [
    during(0, chance.logBetween(3_000, 8_000), ({ wallJumpMs }) => {
      wallJumpMs[zone] = byMs;
    }),
  ];
}

/** PHP workers or the web server of one copy are restarted: it refuses for a moment, then is slow while its caches are cold. */
export function applicationRestarts(draw: Draw): Effect[] {
  const { chance } = draw;
  const site = one(draw);
  const zone = chance.happens(0.7) ? liveZone(draw, site) : chance.below(3);
  const ms = chance.logBetween(100, 1_900);
  const up = chance.pick(['refuses', 'hangs'] as const);
  return [
    ail(0, ms, [site], [zone], { up }),
    ail(ms, ms + chance.between(500, 5_000), [site], [zone], { slow: chance.between(1.5, 5) }),
  ];
}
