/**
 * What one seed makes the simulated world suffer. Each seed picks a scenario and switches only some kinds of faults on (swarm
 * testing: Groce et al., ISSTA 2012), because what everything at once hides, a few together show.
 */
import { DEFAULT_POLICY, type FailoverPolicy, PATIENCE, type SiteId, type ZoneId } from '../../src/model/index.ts';
import { createRandom, type Random } from '../random.ts';
import type { Bug, SimMs } from '../trace.ts';
import { COMMIT_STEPS, type FaultAt, STEPS, type StepName, type Target } from '../world/faults.ts';
import type { SimOptions, WishAt } from '../world/index.ts';
import { type Ground, loseZone, makeFault, pickByWeight, somebody, VERBS, type Verb } from './make.ts';
import { askedOfPolicy, peopleOf, wishOf } from './people.ts';

/** The sites are created and protected before the first fault. */
const FIRST_FAULT_MS = 8_000;
const SETTLE_MS = 25_000;
/** Orders that are still under way have copies built, and let their visitors go and hold them again. */
const SETTLE_WITH_ORDERS_MS = 45_000;
const ZONES = ['a', 'b', 'c'] as const;

interface Scenario {
  weight: number;
  /** So long the faults may last in all. */
  lastsMs: number;
  faults(random: Random, ground: Ground): FaultAt[];
  /** So many wishes people have at most; missing: half of the seeds up to three. */
  wishes?: number;
  /** What somebody wants besides. */
  people?(random: Random, ground: Ground): WishAt[];
}

const SCENARIOS: Record<string, Scenario> = {
  mixture: {
    weight: 30,
    lastsMs: 22_000,
    faults: (random, ground) => mixture(random, ground, 1 + random.below(7), 15_000),
  },
  burst: {
    weight: 15,
    lastsMs: 15_000,
    faults: (random, ground) => mixture(random, ground, 2 + random.below(3), 1_000),
  },
  steps: { weight: 20, lastsMs: 22_000, faults: interruptedSteps },
  partition: { weight: 10, lastsMs: 18_000, faults: partition },
  storm: {
    weight: 10,
    lastsMs: 22_000,
    faults: (random, ground) => mixture(random, ground, 8 + random.below(8), 15_000),
  },
  'second-loss': { weight: 5, lastsMs: 36_000, faults: secondLoss },
  'long-loss': { weight: 5, lastsMs: 24_000, faults: longLoss },
  'store-down': { weight: 5, lastsMs: 17_000, faults: storeDown },
  planned: { weight: 8, lastsMs: 16_000, faults: sluggish, wishes: 5 },
  'planned-steps': { weight: 14, lastsMs: 16_000, faults: interruptedMoves, wishes: 4 },
  'two-lost': { weight: 4, lastsMs: 20_000, faults: twoLost, wishes: 3 },
  'two-databases': { weight: 6, lastsMs: 20_000, faults: twoDatabases, wishes: 2, people: giveUp },
  'lost-again': { weight: 5, lastsMs: 20_000, faults: lostAgain, wishes: 1 },
};

/** The same seed and bugs always give the same options. */
export function planOf(seed: number, bugs: ReadonlySet<Bug> = new Set()): SimOptions {
  const random = createRandom(seed).fork('plan');
  const sites = random.pick([1, 1, 2, 3]);
  const edges = random.pick([1, 2, 2]);
  const ground: Ground = {
    zones: ZONES,
    sites: Array.from({ length: sites }, (_, index): SiteId => `site-${index + 1}`),
    edges: Array.from({ length: edges }, (_, index) => `edge-${index + 1}`),
  };
  const { lastsMs, faults, wishes, people: more } = pickByWeight(random, Object.values(SCENARIOS));
  const healAt = FIRST_FAULT_MS + lastsMs;
  const patient = ground.sites.map(() => policy(random));
  const people = random.fork('people');
  const most = wishes ?? people.pick([0, 3]);
  // Where nobody wants anything, descriptions are the plain ones.
  const policies = most === 0 ? patient : patient.map((one) => askedOfPolicy(people, one));
  return {
    seed,
    sites,
    edges,
    zones: ZONES,
    durationMs: healAt,
    faults: faults(random, ground).map((fault) => ({ ...fault, forMs: Math.round(fault.forMs) })),
    bugs,
    clients: {
      readsPerSecond: random.pick([2, 2, 10]),
      writesPerSecond: random.pick([2, 5, 5, 20]),
      ...untilOf(random.fork('visitors'), healAt),
    },
    policies,
    ...(most === 0
      ? {}
      : {
          wishes: ground.sites.map(() => wishOf(people)),
          people: [
            ...peopleOf(people, ground, { from: FIRST_FAULT_MS, to: healAt - 1_000, most, policies }),
            ...(more?.(people, ground) ?? []),
          ],
        }),
    healAt,
    settleMs: most === 0 ? SETTLE_MS : SETTLE_WITH_ORDERS_MS,
  };
}

/** Now and then everybody leaves in the midst of it: what is known of the visitors then stays as it is. */
function untilOf(random: Random, healAt: SimMs): { untilMs?: SimMs } {
  return random.chance(0.1) ? { untilMs: Math.round(random.between(FIRST_FAULT_MS, healAt)) } : {};
}

function policy(random: Random): FailoverPolicy {
  const patience = random.pick([PATIENCE.normal, PATIENCE.normal, PATIENCE.normal, PATIENCE.eager, PATIENCE.careful]);
  return { ...DEFAULT_POLICY, patience };
}

/** Some of all kinds, begun within `withinMs`, each for some tenths of a second up to many seconds. */
function mixture(random: Random, ground: Ground, count: number, withinMs: SimMs): FaultAt[] {
  const verbs = swarm(random);
  const begin = FIRST_FAULT_MS + random.between(0, 3_000);
  return Array.from({ length: count }, () => ({
    ...makeFault(random, ground, verbs),
    at: Math.round(begin + random.between(0, withinMs)),
    forMs: random.pick([300, 900, 2_500, 7_000, 7_000, 15_000]) * random.between(0.7, 1.3),
  }));
}

/** Each kind is on or off for a seed; crash, pause or cut always is one of them, since the rest alone seldom moves anything. */
function swarm(random: Random): Verb[] {
  const on = VERBS.filter(() => random.chance(0.4));
  return [...new Set<Verb>([...on, random.pick(['crash', 'pause', 'cut'])])];
}

/** A zone is lost, which sets everybody to work, and somebody dies or stands still in the midst of it. */
function interruptedSteps(random: Random, ground: Ground): FaultAt[] {
  const lost = random.pick(ground.zones);
  const first: FaultAt = {
    ...loseZone(random, lost),
    at: FIRST_FAULT_MS + random.below(2_000),
    forMs: random.pick([2_000, 6_000, 14_000]),
  };
  return [first, ...interruptions(random, ground, STEPS, 3)];
}

/** Somebody dies or stands still in the midst of a step; what is decided there concerns another zone as often. */
function interruptions(random: Random, ground: Ground, steps: readonly StepName[], mostNth: number): FaultAt[] {
  return Array.from({ length: 1 + random.below(2) }, (): FaultAt => {
    const process = random.pick(['zone', 'agent', 'controller', 'store', 'database'] as const);
    const target: Target = random.chance(0.6) ? { kind: 'here', process } : somebody(random, ground);
    return {
      verb: random.pick(['crash', 'pause']),
      target,
      at: {
        step: random.pick(steps),
        phase: random.pick(['before', 'during', 'after']),
        nth: 1 + random.below(mostNth),
        after: FIRST_FAULT_MS,
      },
      forMs: random.pick([200, 1_500, 6_000]),
    };
  });
}

/** People move sites, and somebody dies or stands still in the midst of that. */
function interruptedMoves(random: Random, ground: Ground): FaultAt[] {
  return interruptions(random, ground, MOVE_STEPS, 2);
}

const MOVE_STEPS: readonly StepName[] = [...COMMIT_STEPS, 'promote', 'resume', 'step-down', 'replay', 'build', 'gate'];

/** Nothing, or a disk on which what is open stays open for long. */
function sluggish(random: Random, ground: Ground): FaultAt[] {
  if (random.chance(0.6)) return [];
  const fsyncMs = random.pick([100, 400, 1_200]);
  const slow: FaultAt = {
    ...{ verb: 'slow-disk', zone: random.pick(ground.zones), site: null, fsyncMs },
    ...{ at: FIRST_FAULT_MS + random.below(3_000), forMs: random.pick([3_000, 8_000]) },
  };
  return [slow];
}

/** The databases of one site in two zones, while everybody can still decide. */
function twoDatabases(random: Random, ground: Ground): FaultAt[] {
  const first = FIRST_FAULT_MS + random.below(2_000);
  // Where it lives from the start and where its standby is, more often.
  const zones = random.chance(0.7) ? shuffled(random, ['a', 'b']) : shuffled(random, ground.zones).slice(1);
  return zones.map((zone, index): FaultAt => {
    const at = first + index * random.pick([0, 50, 200, 2_000]);
    const target: Target = { kind: 'database', zone, site: 'site-1' };
    return { verb: 'crash', target, at, forMs: random.pick([3_000, 9_000, 15_000]) };
  });
}

/** Somebody would rather go on than wait for those two. */
function giveUp(random: Random, ground: Ground): WishAt[] {
  const at = FIRST_FAULT_MS + Math.round(random.between(2_000, 8_000));
  return ground.zones.map((to) => ({ want: 'accept-loss', site: 'site-1', to, at: at + random.below(1_000) }));
}

/** A zone is lost for a moment, and the one that takes over dies in the midst of that. */
function lostAgain(random: Random, ground: Ground): FaultAt[] {
  const [first, second] = shuffled(random, ground.zones.slice(0, 2));
  const again: FaultAt = {
    verb: random.pick(['crash', 'pause']),
    target: random.pick<Target>([
      { kind: 'zone', zone: second! },
      { kind: 'database', zone: second!, site: 'site-1' },
    ]),
    at: {
      step: random.pick(['failover', 'promote', 'record-promotion', 'resume', 'record-open']),
      phase: random.pick(['before', 'during', 'after']),
      nth: 1,
      after: FIRST_FAULT_MS,
      site: 'site-1',
    },
    forMs: random.pick([5_000, 12_000]),
  };
  return [{ ...loseZone(random, first!), at: FIRST_FAULT_MS, forMs: random.pick([1_500, 4_000]) }, again];
}

/** Two zones within three seconds, each back in its own time. */
function twoLost(random: Random, ground: Ground): FaultAt[] {
  const [first, second] = shuffled(random, ground.zones);
  const at = FIRST_FAULT_MS + random.below(2_000);
  const forMs = () => random.pick([3_000, 8_000, 15_000]);
  return [
    { ...loseZone(random, first!), at, forMs: forMs() },
    { ...loseZone(random, second!), at: at + random.below(3_000), forMs: forMs() },
  ];
}

/** Who talks to whom: one zone alone, an edge on either side, one way only, three islands; sometimes with a death beside it. */
function partition(random: Random, ground: Ground): FaultAt[] {
  const alone = random.pick(ground.zones);
  const others = ground.zones.filter((zone) => zone !== alone);
  const edge = random.pick(ground.edges);
  const ways = random.chance(0.7) ? 'both' : 'one';
  const shape = random.pick<readonly FaultAt[]>([
    [cut([alone], '*', ways)],
    [cut([alone, edge], '*', ways)],
    [cut([alone, ...ground.edges], '*', ways)],
    [cut([alone], others, ways)],
    [cut(['a'], ['b'], 'both'), cut(['b'], ['c'], 'both'), cut(['a'], ['c'], 'both')],
    [cut([alone], [others[0]!], ways)],
    [cut([others[0]!], [others[1]!], ways), cut([edge], [alone], ways)],
    [cut('*', [alone], 'one')],
  ]);
  const at = FIRST_FAULT_MS + random.below(2_000);
  const forMs = random.pick([600, 2_000, 6_000, 15_000]);
  const faults = shape.map((one): FaultAt => ({ ...one, at, forMs }));
  if (random.chance(0.4))
    faults.push({ ...makeFault(random, ground, ['crash', 'pause']), at: at + random.below(4_000), forMs: 3_000 });
  return faults;

  function cut(from: readonly string[] | '*', to: readonly string[] | '*', which: 'one' | 'both'): FaultAt {
    return { verb: 'cut', from, to, ways: which, at: 0, forMs: 0 };
  }
}

/** One zone after the other, with time between to be protected again, and nothing else. */
function secondLoss(random: Random, ground: Ground): FaultAt[] {
  const [first, second] = shuffled(random, ground.zones);
  return [
    { ...loseZone(random, first!), at: FIRST_FAULT_MS, forMs: 7_000 },
    { ...loseZone(random, second!), at: FIRST_FAULT_MS + 23_000, forMs: 12_000 },
  ];
}

function longLoss(random: Random, ground: Ground): FaultAt[] {
  return [{ ...loseZone(random, random.pick(ground.zones)), at: FIRST_FAULT_MS, forMs: 23_000 }];
}

/** Two or all members of the store stop; half of the time something else goes wrong meanwhile. */
function storeDown(random: Random, ground: Ground): FaultAt[] {
  const members = shuffled(random, ground.zones).slice(random.below(2));
  const verb = random.pick(['crash', 'pause'] as const);
  const outage = members.map(
    (zone): FaultAt => ({
      verb,
      target: { kind: 'store', zone },
      at: FIRST_FAULT_MS + random.below(500),
      forMs: 15_000,
    }),
  );
  if (random.chance(0.5))
    outage.push({ ...makeFault(random, ground, swarm(random)), at: FIRST_FAULT_MS + 4_000, forMs: 5_000 });
  return outage;
}

function shuffled(random: Random, zones: readonly ZoneId[]): ZoneId[] {
  const rest = [...zones];
  return zones.map(() => rest.splice(random.below(rest.length), 1)[0]!);
}
