/** Ours, as it can be set: the patience of the sites and the budget of false alarms. */

import type { Cluster } from '../../sim/ordinary/cluster.ts';
import { WARM_MS, warmUp } from '../../sim/ordinary/warm.ts';
import { createJudgement, type Judgement } from '../../src/controller/judgement.ts';
import { PATIENCE } from '../../src/model/index.ts';
import type { Contestant } from './contest.ts';

/** False alarms a year: ten, the default of one in ten years, one in a thousand. */
const BUDGETS = [10, 0.1, 0.001];
export const DEFAULT_NAME = 'Holdfast normal, 0.1 a year';

/** Three sets of patience, each at three budgets; what they know of ordinary days they learnt of the same ones. */
export function ourSettings(): (cluster: Cluster) => Contestant[] {
  const memories = new Map<Cluster, ReturnType<Judgement['memory']>>();
  const memoryOf = (cluster: Cluster) => {
    const known =
      memories.get(cluster) ?? warmUp(cluster, { falseAlarmsPerYear: 0.1 }, PATIENCE.normal).judgement().memory();
    memories.set(cluster, known);
    return known;
  };
  return (cluster) =>
    Object.entries(PATIENCE).flatMap(([name, patience]) =>
      BUDGETS.map((falseAlarmsPerYear) => ({
        name: `Holdfast ${name}, ${falseAlarmsPerYear} a year`,
        patience,
        judgement: () => {
          const judgement = createJudgement({ falseAlarmsPerYear }, WARM_MS);
          Object.assign(judgement.memory(), structuredClone(memoryOf(cluster)));
          return judgement;
        },
      })),
    );
}

export function ourDefault(): (cluster: Cluster) => Contestant[] {
  const all = ourSettings();
  return (cluster) => all(cluster).filter(({ name }) => name === DEFAULT_NAME);
}
