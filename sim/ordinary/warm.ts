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
  const learnt = createJudgement(settings, 0, 0);
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
  const copy = copierOf(learnt.memory());
  const fresh = () => createJudgement(settings, WARM_MS, 0);
  return {
    cluster,
    hour,
    fresh,
    judgement: () => {
      const judgement = fresh();
      Object.assign(judgement.memory(), copy());
      return judgement;
    },
  };
}

/**
 * What `structuredClone` does to plain data, in a fourth of the time: objects are made by spreading, so that the copies are worked
 * on as fast as the originals, and all rows of numbers stand in one buffer, since each buffer of its own costs a microsecond.
 */
function copierOf<T extends object>(original: T): () => T {
  const length = numbersIn(original, new Set());
  return () => {
    const numbers = new Float64Array(length);
    const copies = new Map<object, object>();
    let used = 0;

    const part = (value: unknown): unknown => (typeof value === 'object' && value !== null ? copyOf(value) : value);
    const copyOf = (value: object): object => copies.get(value) ?? fill(value, shellOf(value));
    const shellOf = (value: object): object => {
      if (value instanceof Map) return new Map();
      if (value instanceof Float64Array) {
        used += value.length;
        return new Float64Array(numbers.buffer, (used - value.length) * value.BYTES_PER_ELEMENT, value.length);
      }
      return Array.isArray(value) ? value.slice() : { ...value };
    };
    const fill = (value: object, copy: object): object => {
      copies.set(value, copy);
      if (value instanceof Float64Array) (copy as Float64Array).set(value);
      else if (value instanceof Map) for (const [key, one] of value) (copy as typeof value).set(part(key), part(one));
      else if (Array.isArray(copy)) for (let at = 0; at < copy.length; at += 1) copy[at] = part(copy[at]);
      else fillFields(copy as Record<string, unknown>);
      return copy;
    };
    const fillFields = (fields: Record<string, unknown>) => {
      for (const name in fields) {
        const value = fields[name];
        if (typeof value === 'object' && value !== null) fields[name] = copyOf(value);
      }
    };
    return copyOf(original) as T;
  };
}

/** How many numbers all rows of numbers in it have. */
function numbersIn(value: unknown, seen: Set<unknown>): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (value instanceof Float64Array) return value.length;
  const parts = value instanceof Map ? [...value].flat() : Object.values(value);
  return parts.reduce<number>((sum, one) => sum + numbersIn(one, seen), 0);
}
