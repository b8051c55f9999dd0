import { describe, expect, it } from 'vitest';
import { createChance } from './random.ts';

const DRAWS = 20_000;

function momentsOf(draw: () => number) {
  const drawn = Array.from({ length: DRAWS }, draw);
  const mean = drawn.reduce((sum, one) => sum + one, 0) / DRAWS;
  const variance = drawn.reduce((sum, one) => sum + (one - mean) ** 2, 0) / DRAWS;
  return { mean, variance };
}

describe('means and variances are those of the distribution', () => {
  const chance = createChance(7);
  it.each<[string, () => number, number, number]>([
    ['Poisson, rare', () => chance.poisson(0.05), 0.05, 0.05],
    ['Poisson, some', () => chance.poisson(7), 7, 7],
    ['Poisson, many', () => chance.poisson(200), 200, 200],
    ['binomial, rare', () => chance.binomial(2_000, 0.001), 2, 2],
    ['binomial, likely', () => chance.binomial(20, 0.9), 18, 1.8],
    ['binomial, many', () => chance.binomial(1_000, 0.3), 300, 210],
    ['exponential', () => chance.exponential(3), 3, 9],
    ['normal', () => chance.normal(), 0, 1],
  ])('%s', (_, draw, mean, variance) => {
    const moments = momentsOf(draw);
    const standardError = Math.sqrt(variance / DRAWS);
    expect(Math.abs(moments.mean - mean)).toBeLessThan(4 * standardError + 0.002 * mean);
    expect(moments.variance / variance).toBeGreaterThan(0.9);
    expect(moments.variance / variance).toBeLessThan(1.1);
  });
});

it('no more successes than trials, and none without a chance', () => {
  const chance = createChance(3);
  for (let index = 0; index < 2_000; index += 1) {
    const trials = chance.below(8);
    expect(chance.binomial(trials, chance.next())).toBeLessThanOrEqual(trials);
    expect(chance.binomial(trials, 0)).toBe(0);
    expect(chance.binomial(trials, 1)).toBe(trials);
  }
});

it('the same seed gives the same numbers, its neighbour others', () => {
  const numbers = (seed: number) => {
    const chance = createChance(seed);
    return [chance.next(), chance.next(), chance.normal()];
  };
  expect(numbers(5)).toEqual(numbers(5));
  expect(numbers(5)).not.toEqual(numbers(6));
});
