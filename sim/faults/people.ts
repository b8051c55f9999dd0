/** What people want while faults come over the sites, and what the sites' descriptions ask for. */
import type { FailoverPolicy, SiteSpec } from '../../src/model/index.ts';
import type { Random } from '../random.ts';
import type { SimMs } from '../trace.ts';
import type { WishAt } from '../world/index.ts';
import { type Ground, pickByWeight } from './make.ts';

/** The first minute of a run's day, in which most of it takes place. */
const FREEZE = { fromMinute: 0, toMinute: 1 };

export type SiteWish = Partial<Pick<SiteSpec, 'copies' | 'freeze' | 'handOver' | 'disasterRecovery'>>;

export function wishOf(random: Random): SiteWish {
  return {
    copies: random.pick([3, 3, 3, 2]),
    freeze: random.chance(0.08) ? [FREEZE] : [],
    handOver: { drainMs: random.pick([0, 1_000, 10_000, 10_000]) },
    disasterRecovery: random.fork('plan').chance(0.12) ? false : null,
  };
}

/** Going home soon, and asking first, beside what the policy says. */
export function askedOfPolicy(random: Random, policy: FailoverPolicy): FailoverPolicy {
  return {
    ...policy,
    mode: random.chance(0.12) ? 'ask-first' : 'automatic',
    failback: random.chance(0.3) ? { quietMs: random.pick([1_000, 4_000]), window: null } : null,
  };
}

interface Asking {
  weight: number;
  ask(random: Random, ground: Ground, at: SimMs): WishAt[];
}

const ASKING: readonly Asking[] = [
  {
    weight: 6,
    ask: (random, { sites, zones }, at) => {
      const drainMs = random.pick([null, null, 0, 3_000]);
      return [{ want: 'move', site: random.pick(sites), to: random.pick(zones), drainMs, at }];
    },
  },
  {
    weight: 2,
    ask: (random, { zones }, at) => {
      const zone = random.pick(zones);
      const evacuate: WishAt = { want: 'evacuate', zone, at };
      return random.chance(0.3)
        ? [evacuate]
        : [evacuate, { want: 'return', zone, at: at + random.between(2_000, 9_000) }];
    },
  },
  {
    weight: 3,
    ask: (random, { sites }, at) => {
      const site = random.pick(sites);
      const [protect, again] = [random.chance(0.4), random.chance(0.6)];
      const first: WishAt = { want: 'plan', site, protect, at };
      return again ? [first, { want: 'plan', site, protect: !protect, at: at + random.between(20, 6_000) }] : [first];
    },
  },
  { weight: 1, ask: (random, { sites }, at) => [{ want: 'call-off', site: random.pick(sites), at }] },
  {
    weight: 2,
    ask: (random, { sites, zones }, at) => [
      { want: 'accept-loss', site: random.pick(sites), to: random.pick(zones), at },
    ],
  },
];

/** So many wishes between two times; sites that ask first are answered half of the time. */
export function peopleOf(
  random: Random,
  ground: Ground,
  { from, to, most, policies }: { from: SimMs; to: SimMs; most: number; policies: readonly FailoverPolicy[] },
): WishAt[] {
  const asked = Array.from({ length: random.below(most + 1) }, () =>
    pickByWeight(random, ASKING).ask(random, ground, random.between(from, to)),
  ).flat();
  const approvals = ground.sites.flatMap((site, index): WishAt[] =>
    policies[index]?.mode === 'ask-first' && random.chance(0.5)
      ? [{ want: 'approve', site, at: from, forMs: to - from }]
      : [],
  );
  return [...asked, ...approvals].map((wish) => ({ ...wish, at: Math.round(wish.at) }));
}
