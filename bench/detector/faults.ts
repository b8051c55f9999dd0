/** The faults whose detection is timed. All of them hit zone a from the moment 0 on and do not end. */
import type { Cluster } from '../../sim/ordinary/cluster.ts';
import type { Effect } from '../../sim/ordinary/conditions.ts';
import { ail, during, loseAround } from '../../sim/ordinary/effects.ts';
import { sitesOfZone } from './installation.ts';

export interface Fault {
  name: string;
  sites: 'several' | 'one';
  /** What the requirement asks for, seconds; null: nothing. */
  medianS: number | null;
  p99S: number | null;
  effects(cluster: Cluster): Effect[];
}

const FOR_EVER = 10 * 60_000;

/** Visitors’ requests fail; the readiness page stays green, which is the harder case. */
const errs = (share: number) => (cluster: Cluster) => [
  ail(0, FOR_EVER, sitesOfZone(cluster, 0), [0], { errors: share }),
];

export const FAULTS: readonly Fault[] = [
  {
    name: 'zone dark, silent',
    sites: 'several',
    medianS: 0.8,
    p99S: 1.5,
    effects: () => [loseAround(0, FOR_EVER, 0, 1)],
  },
  {
    name: 'zone dark, refusing',
    sites: 'several',
    medianS: 0.8,
    p99S: 1.5,
    effects: () => [
      during(0, FOR_EVER, ({ zoneDead }) => {
        zoneDead[0] = true;
      }),
    ],
  },
  { name: 'zone errs 100 %', sites: 'several', medianS: 0.5, p99S: null, effects: errs(1) },
  { name: 'zone errs 20 %', sites: 'several', medianS: 1, p99S: null, effects: errs(0.2) },
  { name: 'zone errs 5 %', sites: 'several', medianS: 3, p99S: null, effects: errs(0.05) },
  { name: 'zone errs 2 %', sites: 'several', medianS: 15, p99S: null, effects: errs(0.02) },
  { name: 'one site errs 100 %', sites: 'one', medianS: 0.5, p99S: null, effects: errs(1) },
  { name: 'one site errs 20 %', sites: 'one', medianS: 1, p99S: null, effects: errs(0.2) },
  { name: 'one site errs 5 %', sites: 'one', medianS: 3, p99S: null, effects: errs(0.05) },
  { name: 'one site errs 2 %', sites: 'one', medianS: 15, p99S: null, effects: errs(0.02) },
];
