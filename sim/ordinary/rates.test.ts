import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawCluster } from './cluster.ts';
import { conditionsAt, normal } from './conditions.ts';
import { createChance } from './random.ts';
import { EPISODES_PER_ZONE_YEAR, KINDS, kindAt } from './rates.ts';

const page = readFileSync(new URL('../../docs/reference/false-alarms.md', import.meta.url), 'utf8');

it('the docs have every kind of trouble with its rate, shape and reason, and no other', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const expected = KINDS.map(
    ({ name, perZoneYear, shape, why }) => `| \`${name}\` | ${perZoneYear} | ${shape} | ${why} |`,
  );
  expect(rows).toEqual(expected);
  expect(page).toContain(`${EPISODES_PER_ZONE_YEAR} episodes a year and zone`);
});

it('kinds come as often as they say', () => {
  const draws = 20_000;
  const counts = new Map<string, number>();
  for (let index = 0; index < draws; index += 1) {
    const { name } = kindAt((index + 0.5) / draws);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const { name, perZoneYear } of KINDS)
    expect(counts.get(name)! / draws).toBeCloseTo(perZoneYear / EPISODES_PER_ZONE_YEAR, 3);
});

describe('every kind changes something, for a while, and leaves nothing behind', () => {
  it.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
    const cluster = drawCluster(2);
    const chance = createChance(4);
    for (let index = 0; index < 50; index += 1) {
      const effects = kind.draw({ chance, cluster });
      const end = Math.max(...effects.map(({ toMs }) => toMs));
      expect(end).toBeGreaterThan(50);
      expect(end).toBeLessThan(120_000);
      expect(conditionsAt(cluster, effects, end)).toEqual(normal(cluster));
    }
  });
});
