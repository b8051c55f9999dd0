/**
 * What a controller has learnt of an installation before trouble comes: some minutes of an ordinary day at the detector's own
 * pace, kept as a copy of its memory, so that every episode does not have to begin with them.
 */
import { createJudgement, type Judgement } from '../../src/controller/judgement.ts';
import type { DetectorSettings, Patience } from '../../src/model/index.ts';
import { type Cluster, drawCluster, storeOf } from './cluster.ts';
import { createChance, mixSeed } from './random.ts';
import { createWorld } from './world.ts';

/** So many different installations are drawn. */
export const CLUSTERS = 24;
export const WARM_MS = 300_000;

export interface Warmth {
  cluster: Cluster;
  /** How many times its usual requests the installation has at this hour of the day. */
  hour: number;
  /** A judgement that has seen `WARM_MS` of the cluster's ordinary life, its window empty; time goes on at `WARM_MS`. */
  judgement(): Judgement;
  /** One that has only just started, at the same time. */
  fresh(): Judgement;
}

export function createWarmth(settings: DetectorSettings, patience: Patience): (number: number) => Warmth {
  const known = new Map<number, Warmth>();
  return (number) => {
    const warmth = known.get(number) ?? warmUp(drawCluster(number), settings, patience, hourOf(number));
    known.set(number, warmth);
    return warmth;
  };
}

/** From the small hours to the evening. */
export function hourOf(number: number): number {
  return createChance(mixSeed(number, 6)).logBetween(0.2, 1.5);
}

export function warmUp(cluster: Cluster, settings: DetectorSettings, patience: Patience, hour = 1): Warmth {
  const learnt = createJudgement(settings, 0);
  const state = storeOf(cluster, patience);
  const world = createWorld({
    cluster,
    placements: state.placements,
    chance: createChance(mixSeed(cluster.seed, 5)),
    effects: [],
    hour,
    start: 0,
    listeners: [
      {
        zone: 0,
        hear: (report, now) => {
          learnt.hear(report, now);
        },
        turn: (now, wall) => {
          learnt.turn(state, now, wall);
          return false;
        },
      },
    ],
  });
  world.run(WARM_MS);
  const kept = structuredClone(learnt.memory());
  const fresh = () => createJudgement(settings, WARM_MS);
  return {
    cluster,
    hour,
    fresh,
    judgement: () => {
      const judgement = fresh();
      Object.assign(judgement.memory(), structuredClone(kept));
      return judgement;
    },
  };
}
