/** False alarms over ordinary trouble: the episodes of the simulated zone-years, everybody on the same ones. */
import { drawCluster } from '../../sim/ordinary/cluster.ts';
import { TIDE_LAG } from '../../sim/ordinary/episode.ts';
import { createChance, mixSeed } from '../../sim/ordinary/random.ts';
import { EPISODES_PER_ZONE_YEAR, kindAt, later, type TroubleKind } from '../../sim/ordinary/rates.ts';
import type { Truth } from '../../sim/ordinary/truth.ts';
import { CLUSTERS, WARM_MS } from '../../sim/ordinary/warm.ts';
import type { Rule } from '../rules/rule.ts';
import { type Contestant, runContest } from './contest.ts';

export interface AlarmOptions {
  contestants(cluster: ReturnType<typeof drawCluster>): Contestant[];
  rules: readonly Rule[];
  zoneYears: number;
  seed: number;
  onProgress?: (text: string) => void;
}

export interface Alarms {
  name: string;
  zoneYears: number;
  /** Episodes in which it wanted to leave a copy that served no worse than the other. */
  falseAlarms: number;
  /** The same by kind of trouble. */
  byKind: Record<string, number>;
}

const LEAD_MS = 1_500;
const TAIL_MS = 2_500;

export function countAlarms({ contestants, rules, zoneYears, seed, onProgress }: AlarmOptions): Alarms[] {
  const clusters = Array.from({ length: CLUSTERS }, (_, number) => drawCluster(number));
  const alarms = new Map<string, Alarms>();
  const episodes = Math.round(zoneYears * EPISODES_PER_ZONE_YEAR);
  for (let index = 0; index < episodes; index += 1) {
    const chance = createChance(mixSeed(seed, 3, index));
    const kind = kindAt(chance.next());
    const cluster = clusters[chance.below(CLUSTERS)]!;
    const effects = kind.draw({ chance, cluster });
    const zero = WARM_MS + LEAD_MS;
    const ours = contestants(cluster);
    const leaves = runContest(
      { contestants: ours, rules },
      {
        cluster,
        chance,
        effects: effects.map((effect) => later(effect, zero)),
        hour: chance.logBetween(1 / TIDE_LAG, TIDE_LAG),
        start: WARM_MS,
        zero,
        until: zero + Math.max(...effects.map(({ toMs }) => toMs)) + TAIL_MS,
        controllers: kind.controllers === 'all' ? [0, 1, 2] : [chance.below(3)],
      },
    );
    for (const { name } of [...ours, ...rules]) {
      const of = alarms.get(name) ?? { name, zoneYears, falseAlarms: 0, byKind: {} };
      alarms.set(name, of);
      const leave = leaves.find((one) => one.name === name);
      if (leave === undefined || !isFalse(kind, leave.truth)) continue;
      of.falseAlarms += 1;
      of.byKind[kind.name] = (of.byKind[kind.name] ?? 0) + 1;
    }
    onProgress?.(`ordinary trouble: ${index + 1} of ${episodes}`);
  }
  return [...alarms.values()];
}

/** A short outage and its echo are not held against anybody; a blip of a zone is, unless it is that. */
function isFalse({ outage }: TroubleKind, truth: Truth): boolean {
  return outage !== true && (truth === 'false' || truth === 'cut-off');
}
