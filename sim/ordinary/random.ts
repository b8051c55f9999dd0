/** Seeded chance for the simulations of ordinary trouble: the same seed always gives the same numbers. */

export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number in [0, below). */
  below(below: number): number;
  between(low: number, high: number): number;
  /** Uniform in the logarithm: as many draws between 1 and 10 as between 10 and 100. */
  logBetween(low: number, high: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  exponential(mean: number): number;
  normal(): number;
  poisson(mean: number): number;
  binomial(count: number, probability: number): number;
}

/** From here on a binomial or Poisson count is drawn from the normal distribution (its skew is below 0.2 there). */
const NORMAL_FROM = 30;

export function createChance(seed: number): Chance {
  const next = sfc32(seed);
  let spare: number | null = null;

  /** Box and Muller, A note on the generation of random normal deviates, 1958. */
  const normal = () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };

  /** Knuth's product of uniforms for small means. */
  const poisson = (mean: number) => {
    if (mean <= 0) return 0;
    if (mean > NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let product = next();
    let count = 0;
    while (product > limit) {
      product *= next();
      count += 1;
    }
    return count;
  };

  /** Jumps from success to success by geometric gaps (Devroye 1986, X.4), so that rare ones cost little. */
  const binomial = (count: number, probability: number): number => {
    if (count <= 0 || probability <= 0) return 0;
    if (probability >= 1) return count;
    if (probability > 0.5) return count - binomial(count, 1 - probability);
    const mean = count * probability;
    if (mean > NORMAL_FROM) {
      const drawn = Math.round(mean + Math.sqrt(mean * (1 - probability)) * normal());
      return Math.min(count, Math.max(0, drawn));
    }
    const perGap = Math.log(1 - probability);
    let successes = 0;
    for (let at = Math.log(1 - next()) / perGap; at < count; at += 1 + Math.log(1 - next()) / perGap) {
      at = Math.floor(at);
      successes += 1;
    }
    return Math.min(successes, count);
  };

  return {
    next,
    below: (below) => Math.floor(next() * below),
    between: (low, high) => low + (high - low) * next(),
    logBetween: (low, high) => low * (high / low) ** next(),
    happens: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)]!,
    exponential: (mean) => -mean * Math.log(1 - next()),
    normal,
    poisson,
    binomial,
  };
}

/** Mixes whole numbers into one seed, so that neighbours have nothing in common (the finaliser of MurmurHash3). */
export function mixSeed(...parts: number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** Small Fast Counter, 32 bit (C. Doty-Humphrey, PractRand): quick, and passes its author's tests. */
function sfc32(seed: number): () => number {
  let a = mixSeed(seed, 1);
  let b = mixSeed(seed, 2);
  let c = mixSeed(seed, 3);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
