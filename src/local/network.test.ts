import { describe, expect, test } from 'vitest';
import { covers, planNetwork } from './network.ts';

describe('the addresses of an instance', () => {
  test.each([
    { route: '10.1.2.0/24', prefix: '10.1.2', taken: true },
    { route: '10.1.3.0/24', prefix: '10.1.2', taken: false },
    { route: '10.0.0.0/8', prefix: '10.200.7', taken: true },
    { route: '10.1.0.0/16', prefix: '10.2.0', taken: false },
    { route: '10.1.2.128/25', prefix: '10.1.2', taken: true },
    { route: '10.1.2.9', prefix: '10.1.2', taken: true },
    { route: '10.1.3.9', prefix: '10.1.2', taken: false },
  ])('$route and $prefix.0/24: taken $taken', ({ route, prefix, taken }) => {
    expect(covers(route, prefix)).toBe(taken);
  });

  test('names stay within the 15 characters that the kernel allows for an interface', () => {
    const plan = planNetwork('abcdef', '10.1.2', ['a', 'b', 'c']);
    const names = [plan.bridge, ...plan.zones.map((zone) => zone.cable)];
    expect(names.filter((name) => name.length > 15)).toEqual([]);
    expect(new Set(names).size).toBe(4);
  });
});
