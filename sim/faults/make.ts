/** One maker a kind of fault: what it looks like when chance picks it, and how often it is picked where it is switched on. */
import type { SiteId, ZoneId } from '../../src/model/index.ts';
import type { Random } from '../random.ts';
import type { Fault, Place } from '../world/faults.ts';

export interface Ground {
  zones: readonly ZoneId[];
  sites: readonly SiteId[];
  edges: readonly string[];
}

interface Maker {
  weight: number;
  make(random: Random, ground: Ground): Fault;
}

/** The first zones more often: a site on its own lives in the first, with its standby in the second. */
const zone = (random: Random, { zones }: Ground) => zones[Math.floor(zones.length * random.next() ** 1.5)]!;
const site = (random: Random, { sites }: Ground) => random.pick(sites);
const places = ({ zones, edges }: Ground): readonly Place[] => [...zones, ...edges];

/** What is crashed or paused, whole zones most often: they are what the system is for. */
const PROCESSES = [
  'zone',
  'zone',
  'zone',
  'agent',
  'controller',
  'store',
  'database',
  'application',
  'edge',
  'data-plane',
] as const;

export function somebody(random: Random, ground: Ground): Extract<Fault, { verb: 'crash' }>['target'] {
  const kind = random.pick(PROCESSES);
  if (kind === 'edge' || kind === 'data-plane') return { kind, edge: random.pick(ground.edges) };
  if (kind === 'database' || kind === 'application')
    return { kind, zone: zone(random, ground), site: site(random, ground) };
  return { kind, zone: zone(random, ground) };
}

/** Two sides of the network: a zone against all, a zone against one other place, one edge, two zones against the rest. */
function sides(random: Random, ground: Ground): { from: readonly Place[]; to: readonly Place[] | '*' } {
  const one = zone(random, ground);
  const shape = random.below(10);
  if (shape < 4) return { from: [one], to: '*' };
  if (shape < 7) return { from: [one], to: [random.pick(places(ground).filter((place) => place !== one))] };
  if (shape < 8) return { from: [random.pick(ground.edges)], to: '*' };
  if (shape < 9) return { from: [one], to: ground.zones.filter((other) => other !== one) };
  return { from: [one, random.pick(ground.edges)], to: '*' };
}

export const MAKERS = {
  crash: { weight: 6, make: (random, ground) => ({ verb: 'crash', target: somebody(random, ground) }) },
  pause: { weight: 5, make: (random, ground) => ({ verb: 'pause', target: somebody(random, ground) }) },
  cut: {
    weight: 5,
    make: (random, ground) => ({ verb: 'cut', ...sides(random, ground), ways: random.chance(0.6) ? 'both' : 'one' }),
  },
  loss: {
    weight: 2,
    make: (random, ground) => ({ verb: 'loss', ...sides(random, ground), share: random.pick([0.02, 0.1, 0.3, 0.6]) }),
  },
  delay: {
    weight: 2,
    make: (random, ground) => {
      const addedMs = random.pick([5, 50, 200, 800]);
      return {
        verb: 'delay',
        ...sides(random, ground),
        addedMs,
        jitterMs: Math.round(addedMs * random.pick([0.1, 1])),
      };
    },
  },
  duplicate: {
    weight: 1,
    make: (random, ground) => ({ verb: 'duplicate', ...sides(random, ground), share: random.pick([0.05, 0.3, 1]) }),
  },
  reorder: {
    weight: 1,
    make: (random, ground) => ({ verb: 'reorder', ...sides(random, ground), jitterMs: random.pick([20, 100, 400]) }),
  },
  'clock-jump': {
    weight: 1,
    make: (random, ground) => {
      const byMs = random.pick([-3_600_000, -20_000, -900, 900, 20_000, 3_600_000]);
      return { verb: 'clock-jump', place: random.pick(places(ground)), byMs };
    },
  },
  drift: {
    weight: 1,
    make: (random, ground) => ({
      verb: 'drift',
      place: random.pick(places(ground)),
      rate: random.pick([0.99, 0.999, 1.001, 1.01]),
    }),
  },
  'slow-disk': {
    weight: 1,
    make: (random, ground) => ({
      verb: 'slow-disk',
      zone: zone(random, ground),
      site: random.chance(0.5) ? null : site(random, ground),
      fsyncMs: random.pick([20, 100, 500, 3_000]),
    }),
  },
  'slow-store': {
    weight: 1,
    make: (random, ground) => ({
      verb: 'slow-store',
      place: random.chance(0.4) ? null : random.pick(places(ground)),
      addedMs: random.pick([20, 150, 450, 1_500]),
    }),
  },
  'app-errors': {
    weight: 2,
    make: (random, ground) => ({
      verb: 'app-errors',
      zone: zone(random, ground),
      site: site(random, ground),
      share: random.pick([0.05, 0.3, 1]),
    }),
  },
  'app-hang': {
    weight: 1,
    make: (random, ground) => ({ verb: 'app-hang', zone: zone(random, ground), site: site(random, ground) }),
  },
  'disk-full': {
    weight: 1,
    make: (random, ground) => ({
      verb: 'disk-full',
      zone: zone(random, ground),
      site: random.chance(0.5) ? null : site(random, ground),
    }),
  },
} as const satisfies { [V in Fault['verb']]: Maker };

export type Verb = keyof typeof MAKERS;
export const VERBS = Object.keys(MAKERS) as Verb[];

/** One fault of the verbs that are switched on, by their weights. */
export function makeFault(random: Random, ground: Ground, verbs: readonly Verb[]): Fault {
  const makers: readonly Maker[] = verbs.map((verb) => MAKERS[verb]);
  return pickByWeight(random, makers).make(random, ground);
}

export function pickByWeight<T extends { weight: number }>(random: Random, from: readonly T[]): T {
  let left = random.next() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of from) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return from.at(-1)!;
}

/** The whole of one zone is lost: killed, frozen, or cut off in silence. */
export function loseZone(random: Random, lost: ZoneId): Fault {
  return random.pick<Fault>([
    { verb: 'crash', target: { kind: 'zone', zone: lost } },
    { verb: 'pause', target: { kind: 'zone', zone: lost } },
    { verb: 'cut', from: [lost], to: '*', ways: 'both' },
  ]);
}
