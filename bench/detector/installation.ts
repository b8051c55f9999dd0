/** The installations that detection delay is measured on: 200 requests a second in every zone, of ten sites or of one. */
import { type Cluster, drawWays, type SimSite } from '../../sim/ordinary/cluster.ts';
import { createChance, mixSeed } from '../../sim/ordinary/random.ts';

/** Requests a second of the sites of each zone. */
const SEVERAL = [60, 40, 30, 20, 15, 12, 10, 7, 4, 2];
const ONE = [200];

export function installation(seed: number, sites: 'several' | 'one'): Cluster {
  const chance = createChance(mixSeed(seed, 91));
  const rates = sites === 'several' ? SEVERAL : ONE;
  const all = [0, 1, 2].flatMap((zone) =>
    rates.map(
      (rate, index): SimSite => ({
        site: `site-${'abc'[zone]}${index + 1}`,
        rate,
        errors: chance.logBetween(0.0003, 0.003),
        clump: 1.3,
        medianMs: chance.logBetween(30, 100),
        sigma: 0.7,
        zones: [zone, (zone + 1) % 3, (zone + 2) % 3],
      }),
    ),
  );
  return { seed, sites: all, wayMs: drawWays(chance) };
}

export function sitesOfZone({ sites }: Cluster, zone: number): number[] {
  return sites.flatMap(({ zones }, index) => (zones[0] === zone ? [index] : []));
}
