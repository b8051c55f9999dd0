/** Judges moves of one made-up installation by what was so, and by what could be known of it. */
import { describe, expect, test } from 'vitest';
import { PATIENCE } from '../../src/model/index.ts';
import { drawCluster, storeOf } from './cluster.ts';
import { conditionsAt } from './conditions.ts';
import { ail, loseBetween } from './effects.ts';
import { KINDS } from './rates.ts';
import { createReferee, excuse, type Verdict } from './referee.ts';

const TURN_MS = 50;
const [EDGE_1, EDGE_2] = [3, 4];
const cluster = drawCluster(1);
/** The busiest site: what nobody can know of it is 150 ms old at most. */
const SITE = 0;
const [from, to] = cluster.sites[SITE]!.zones as [number, number];

/** Edge 1 has no way to the site's live zone all along, edge 2 has none meanwhile; the site is moved at `movedAt`. */
function verdictOf(cutFrom: number, cutTo: number, movedAt: number): Verdict {
  const { placements } = storeOf(cluster, PATIENCE.normal);
  const effects = [loseBetween(0, 10_000, EDGE_1, from, 1), loseBetween(cutFrom, cutTo, EDGE_2, from, 1)];
  const kind = KINDS.find(({ name }) => name === 'two-at-once')!;
  const referee = createReferee({ kind, cluster, placements, effects, hour: 1 });
  let conditions = conditionsAt(cluster, effects, 0);
  for (let now = 0; now <= movedAt; now += TURN_MS) {
    if ([0, cutFrom, cutTo].some((at) => at > now - TURN_MS && at <= now))
      conditions = conditionsAt(cluster, effects, now);
    referee.watch(now, conditions);
  }
  const verdict = referee.judge(SITE, from, to, movedAt, conditions);
  return excuse([{ verdict, zoneFinding: null }])[0]!.verdict;
}

test('a site with few visitors at this hour cannot be known to be well again before some have come', () => {
  const { placements } = storeOf(cluster, PATIENCE.normal);
  const site = cluster.sites.findIndex(({ rate }) => rate > 12 && rate < 30);
  const [live, standby] = cluster.sites[site]!.zones as [number, number];
  const effects = [ail(0, 2_000, [site], [live], { errors: 1 })];
  const kind = KINDS.find(({ name }) => name === 'release-breaks-copy')!;
  const verdictAt = (hour: number) => {
    const referee = createReferee({ kind, cluster, placements, effects, hour });
    return referee.judge(site, live, standby, 2_200, conditionsAt(cluster, effects, 2_200));
  };
  expect([verdictAt(1), verdictAt(0.2)]).toEqual(['along', 'right']);
});

describe('a zone that no edge has a way to', () => {
  test.each<[string, Verdict, Parameters<typeof verdictOf>]>([
    ['has been for a second: an outage', 'ended', [1_000, 5_000, 2_000]],
    ['has been for a quarter of a second: too short', 'false', [1_000, 5_000, 1_250]],
    ['was for 1.1 s, until 50 ms ago: nobody knows of its end yet', 'ended', [1_000, 2_100, 2_150]],
    ['was for a quarter of a second, until 50 ms ago', 'false', [1_000, 1_250, 1_300]],
    ['was for 1.1 s, until 300 ms ago: its end is known', 'false', [1_000, 2_100, 2_400]],
  ])('%s: %s', (_, verdict, times) => {
    expect(verdictOf(...times)).toBe(verdict);
  });
});
