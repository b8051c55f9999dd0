/** Chance in a simulation: everything hangs on the seed, and each part draws from a stream of its own, so that one more draw here shifts nothing there. */

export interface Random {
  /** In [0, 1). */
  next(): number;
  between(least: number, most: number): number;
  /** 0 … count - 1. */
  below(count: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Waiting time of a Poisson process. */
  exponential(mean: number): number;
  /** A stream of its own that depends on this one's seed and the name only, not on what was drawn. */
  fork(name: string): Random;
}

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const split = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = 1;
  const next = () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let round = 0; round < 12; round += 1) next();
  return {
    next,
    between: (least, most) => least + (most - least) * next(),
    below: (count) => Math.floor(next() * count),
    chance: (share) => share > 0 && next() < share,
    pick: (from) => from[Math.floor(next() * from.length)]!,
    exponential: (mean) => -mean * Math.log(1 - next()),
    fork: (name) => createRandom(hash(name, seed)),
  };
}

/** FNV-1a. */
function hash(name: string, seed: number): number {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < name.length; index += 1)
    value = Math.imul(value ^ name.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
