/** From a seed to a round's faults: plain data, the same every time, each round by itself. */
import { STEPS, type StepName } from '../hook/steps.ts';
import { type Chance, chanceOf } from '../random.ts';
import { FAULTS } from './index.ts';
import type { FaultPlan, Who } from './types.ts';

export interface RoundPlan {
  round: number;
  title: string;
  /** Drawn from a seed, or one of a fixed series, whose title says all. */
  from: 'seed' | 'series';
  faults: FaultPlan[];
}

const SHORTEST_MS = 100;
const LONGEST_MS = 20_000;
/** A second fault begins so long after the first at most. */
const APART_MS = 6_000;
/** Live and standby are lost within this time. */
const DOUBLE_MS = 3_000;

export function planRound(seed: number, round: number): RoundPlan {
  const chance = chanceOf(seed, `round ${round}`);
  const title = chance.weigh([
    ['one fault', 36],
    ['two faults', 28],
    ['live and standby', 14],
    ['killed at a step', 18],
    ['everything', 4],
  ] as const);
  return { round, title, from: 'seed', faults: FAULTS_OF[title](chance).sort((x, y) => x.atMs - y.atMs) };
}

/** Rounds of one kind only, each of the live zone and mended after `forMs`. */
export function planOnly(seed: number, round: number, kind: string, forMs: number): RoundPlan {
  const only = fault(chanceOf(seed, `only ${round}`), kind, 0);
  return { round, title: kind, from: 'seed', faults: [{ ...only, who: 'live', forMs }] };
}

/** One round with a bug in it. */
export function plantedRound(bug: 'leak'): RoundPlan {
  const planted = { ...fault(chanceOf(1, bug), `planted-${bug}`, 1_000), forMs: 5_000 };
  return { round: 1, title: `planted: ${bug}`, from: 'seed', faults: [planted] };
}

const FAULTS_OF = {
  'one fault': (chance: Chance): FaultPlan[] => [anyFault(chance, 0)],
  'two faults': (chance: Chance): FaultPlan[] => {
    const first = anyFault(chance, 0);
    const second = fault(chance, kindOf(chance, 'part'), chance.between(0, APART_MS));
    return [first, second];
  },
  'live and standby': (chance: Chance): FaultPlan[] => {
    const kinds = ['zone-kill', 'zone-freeze', 'zone-cut', 'database-kill'] as const;
    const apartMs = chance.next() < 0.2 ? 0 : chance.between(0, DOUBLE_MS);
    const order = chance.pick([
      ['live', 'standby'],
      ['standby', 'live'],
    ] as const);
    const faults = order.map((who, index) => {
      return { ...fault(chance, chance.pick(kinds), index * apartMs), who, asOf: 'beginning' as const };
    });
    // Together, or one alone a good while before the other.
    if (chance.next() < 0.5) faults[0]!.forMs = faults[1]!.forMs;
    return faults;
  },
  'killed at a step': (chance: Chance): FaultPlan[] => {
    const trigger = chance.weigh([
      ['zone-kill', 4],
      ['zone-freeze', 3],
      ['zone-cut', 3],
      ['database-kill', 3],
    ] as const);
    const name = chance.pick(Object.keys(STEPS) as StepName[]);
    const cause: Who = /^(build|follow|start|set-aside)/.test(name) && chance.next() < 0.5 ? 'standby' : 'live';
    const steps = chance.pick<Who[]>([['standby'], ['spare'], ['standby', 'spare'], ['live']]);
    return [
      { ...fault(chance, trigger, 300), who: cause },
      ...steps.map((who) => ({ ...fault(chance, 'step-kill', 0), who, forMs: LONGEST_MS, step: stepOf(chance, name) })),
    ];
  },
  everything: (chance: Chance): FaultPlan[] => [fault(chance, 'everything', 0)],
} satisfies Record<string, (chance: Chance) => FaultPlan[]>;

function stepOf(chance: Chance, name: StepName): FaultPlan['step'] {
  const victim = chance.next() < 0.65 ? 'agent' : 'database';
  return { name, moment: chance.pick(['before', 'after'] as const), victim };
}

function anyFault(chance: Chance, atMs: number): FaultPlan {
  return fault(chance, kindOf(chance, chance.next() < 0.4 ? 'zone' : 'part'), atMs);
}

function kindOf(chance: Chance, size: 'zone' | 'part'): string {
  return chance.weigh(
    Object.entries(FAULTS)
      .filter(([, kind]) => kind.size === size)
      .map(([name, { weight }]) => [name, weight] as const),
  );
}

function fault(chance: Chance, kind: string, atMs: number): FaultPlan {
  const who = chance.weigh<Who>([
    ['live', 6],
    ['standby', 3],
    ['spare', 1],
  ]);
  const others = (['live', 'standby', 'spare'] as const).filter((one) => one !== who);
  return {
    kind,
    who,
    asOf: 'then',
    other: kind === 'link-cut' ? chance.pick(others) : null,
    atMs: Math.round(atMs),
    forMs: Math.round(chance.magnitude(SHORTEST_MS, LONGEST_MS)),
    step: null,
    amount: chance.next(),
  };
}
