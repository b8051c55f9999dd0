/** A pool in which some seeds go wrong: every seed has its result, and the others do not notice. */
import { expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { runPool } from './pool.ts';
import type { SeedResult } from './seed.ts';

/** Throws at 2, ends itself at 3, never ends at 5. */
const SCRIPT = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', (seed) => {
    if (seed === 2) throw new Error('lost its way');
    if (seed === 3) process.exit(7);
    while (seed === 5);
    parentPort.postMessage({ seed, crash: null });
  });
`;

it('a worker that throws, ends or hangs costs its seed only', async () => {
  const results: SeedResult[] = [];
  await runPool({
    seeds: [1, 2, 3, 4, 5, 6, 7],
    bugs: [],
    workers: 2,
    clock: systemClock,
    onResult: (result) => results.push(result),
    script: new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`),
    limitMs: 700,
  });
  const crashes = new Map(results.map(({ seed, crash }) => [seed, crash?.split('\n')[0]]));
  expect(results.map(({ seed }) => seed).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(crashes.get(2)).toContain('lost its way');
  expect(crashes.get(3)).toBe('its worker ended with status 7');
  expect(crashes.get(5)).toBe('not done after 0.7 s');
  expect([1, 4, 6, 7].map((seed) => crashes.get(seed))).toEqual([undefined, undefined, undefined, undefined]);
});
