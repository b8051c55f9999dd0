import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../src/controller/judgement.ts';
import { PATIENCE } from '../../src/model/index.ts';
import { createPlayer, type Episode, kindOf } from './episode.ts';
import { mixSeed } from './random.ts';
import { EPISODES_PER_ZONE_YEAR, KINDS } from './rates.ts';
import { episodeTimeline } from './replay.ts';
import { falseFailoversOf, screenOf } from './screen.ts';
import { DEFAULT_SETTINGS, years } from './years.ts';

const SECONDS = 1_000;
/** Getting to know an installation takes most of a second: two of them are enough here. */
const FEW = { clusters: 2 };

it('four zone-years of ordinary trouble: 0 false failovers, every episode counted, both parts stated', {
  timeout: 60 * SECONDS,
}, async () => {
  const result = await years({ zoneYears: 4, seed: 1, workers: 0, ...FEW });
  expect(result.falseFailovers).toEqual([]);
  expect(falseFailoversOf(result)).toBe(0);
  expect(result.episodes).toBe(Math.round(4 * EPISODES_PER_ZONE_YEAR));
  expect(result.kinds.reduce((sum, { episodes }) => sum + episodes, 0)).toBe(result.episodes);
  expect(result.quiet.installationHours + result.simulatedHours).toBeCloseTo((4 / 3) * 8_766, 5);
  expect(result.quiet.falseAlarmsAtMost).toBeCloseTo((4 / 3) * 0.1, 2);
  const screen = screenOf(result);
  for (const { name } of KINDS) expect(screen).toContain(name);
  expect(screen).toContain('0 false failovers');
});

/** What one edge says counts as what both say. */
function trustOneEdge(judgement: Judgement): Judgement {
  return {
    ...judgement,
    hear(report, now) {
      if (report.kind === 'agent') return judgement.hear(report, now);
      if (report.edge !== 'edge-1') return false;
      judgement.hear({ ...report, edge: 'edge-2' }, now);
      return judgement.hear(report, now);
    },
  };
}

describe('the machinery can fail', () => {
  /** Episodes of one kind, until one has a false failover. */
  const firstFalse = (kind: string, play: (seed: number) => Episode, most: number): Episode | null => {
    for (let index = 0, played = 0; played < most; index += 1) {
      const seed = mixSeed(99, index);
      if (kindOf(seed).name !== kind) continue;
      played += 1;
      const episode = play(seed);
      if (episode.moves.some(({ verdict }) => verdict === 'false')) return episode;
    }
    return null;
  };

  it('a controller that trusts one observer moves a site for that observer’s own trouble', {
    timeout: 60 * SECONDS,
  }, () => {
    const trusting = createPlayer({
      settings: DEFAULT_SETTINGS,
      patience: PATIENCE.normal,
      ...FEW,
      spoil: trustOneEdge,
    });
    expect(firstFalse('edge-way-blip', trusting.play, 30)).not.toBeNull();
  });

  it('without patience a blip moves a zone', { timeout: 60 * SECONDS }, () => {
    const hasty = { ...PATIENCE.normal, silenceMs: 120, refusedMs: 120 };
    const player = createPlayer({ settings: DEFAULT_SETTINGS, patience: hasty, ...FEW });
    expect(firstFalse('zone-blip', player.play, 30)).not.toBeNull();
  });
});

it('one seed always plays the same episode, and it can be read', { timeout: 30 * SECONDS }, () => {
  const player = () => createPlayer({ settings: DEFAULT_SETTINGS, patience: PATIENCE.normal, clusters: 1 });
  const [first, second] = [player(), player()];
  const seed = 12;
  expect(first.play(seed)).toEqual(second.play(seed));
  // An episode played before leaves nothing behind.
  expect(first.play(seed)).toEqual(second.play(seed));
  const [title, shape] = episodeTimeline(seed);
  expect(title).toMatch(/^episode 12: /);
  expect(KINDS.map((kind) => kind.shape).some((text) => shape!.includes(text))).toBe(true);
});
