/** Chance from a seed: the same seed and name always give the same numbers, so that one round can be planned without the others. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  between(low: number, high: number): number;
  /** Evenly over the orders of magnitude. */
  magnitude(low: number, high: number): number;
  whole(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** By weight. */
  weigh<T>(list: readonly (readonly [T, number])[]): T;
}

export function chanceOf(seed: number, name: string): Chance {
  let state = createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0);
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number) => low + next() * (high - low);
  const whole = (below: number) => Math.floor(next() * below);
  return {
    next,
    between,
    magnitude: (low, high) => Math.exp(between(Math.log(low), Math.log(high))),
    whole,
    pick: (list) => list[whole(list.length)]!,
    weigh(list) {
      let left = next() * list.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [one, weight] of list) {
        left -= weight;
        if (left < 0) return one;
      }
      return list.at(-1)![0];
    },
  };
}
