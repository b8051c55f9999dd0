/** The measurements as tables, each beside what is asked of it. */
import { aligned, number } from '../../sim/ordinary/screen.ts';
import type { Alarms } from './alarms.ts';
import type { Cost } from './cost.ts';
import { type Delays, quantileOf } from './delays.ts';
import type { Fault } from './faults.ts';
import type { Comparison } from './verdicts.ts';

/** Longest time that a rule is given to notice a fault. */
export const HORIZON_S = 90;
/** Share of one core. */
const MOST_COST = 0.5;

export function delayScreen(delays: Delays[], faults: readonly Fault[]): string {
  const rows = delays.map((one) => {
    const { medianS, p99S } = faults.find(({ name }) => name === one.fault)!;
    const median = quantileOf(one, 0.5);
    const p99 = quantileOf(one, 0.99);
    const reached = within(median, medianS) && within(p99, p99S);
    return [
      one.fault,
      ms(median),
      ms(p99),
      String(one.runs),
      asked(medianS, p99S),
      reached ? 'reached' : 'NOT reached',
    ];
  });
  return [
    'From the fault to the decision, default settings; 200 requests a second in the zone, of ten sites or of one, readiness checks green',
    ...aligned([['fault', 'median', 'p99', 'runs', 'asked', ''], ...rows]),
  ].join('\n');
}

export interface Contested {
  delays: Delays[];
  alarms: Alarms[];
  comparisons: Comparison[];
}

export function compareScreen({ delays, alarms, comparisons }: Contested): string {
  const faults = [...new Set(delays.map(({ fault }) => fault))];
  const rows = alarms.map(({ name, falseAlarms, zoneYears }) => [
    name,
    number(falseAlarms / zoneYears),
    ...faults.map((fault) => {
      const one = delays.find((of) => of.fault === fault && of.name === name)!;
      return `${seconds(quantileOf(one, 0.5))}/${seconds(quantileOf(one, 0.99))}`;
    }),
    '',
  ]);
  const worse = comparisons.filter(({ dominated }) => !dominated);
  return [
    `Against the rules that people use, on the same traces: false alarms per zone-year, in ${number(alarms[0]?.zoneYears ?? 0)} zone-years of ordinary trouble, and seconds to the decision, median/p99 (–: not within ${HORIZON_S} s)`,
    ...aligned([['rule', 'false', ...faults.map(shortened), ''], ...rows]),
    '',
    `Of ${comparisons.length} pairs of rule and fault, one of our settings is no slower at no more false alarms in ${comparisons.length - worse.length}.`,
    ...worse.map(tellWorse),
    'With three zones as hosts, Envoy’s success rate at its default factor of 1.9 can never eject: none of three values lies more than 1.41 standard deviations from their mean.',
  ].join('\n');
}

function tellWorse({ rule, fault, ruleMs, ruleAlarms, oursAtItsAlarms, oursAtItsDelay }: Comparison): string {
  const quiet =
    oursAtItsAlarms === null
      ? 'none of ours has as few false alarms'
      : `ours with as few takes ${seconds(oursAtItsAlarms.ms)} s (${oursAtItsAlarms.name})`;
  const quick =
    oursAtItsDelay === null
      ? 'none of ours is as quick'
      : `ours as quick has ${oursAtItsDelay.alarms} (${oursAtItsDelay.name})`;
  return `  not better: ${fault}: ${rule} takes ${seconds(ruleMs)} s with ${ruleAlarms} false alarms; ${quiet}; ${quick}`;
}

export function costScreen(costs: Cost[]): string {
  const rows = costs.map(({ name, rowsASecond, shareOfOneCore }) => [
    name,
    number(rowsASecond),
    `${number(shareOfOneCore * 100)} %`,
    `≤ ${MOST_COST * 100} %`,
    shareOfOneCore <= MOST_COST ? 'reached' : 'NOT reached',
  ]);
  return [
    'Processor time of one controller, share of one core: 10,000 sites in three zones behind ten edges, ten windows a second',
    ...aligned([['reports', 'rows a second', 'share', 'asked', ''], ...rows]),
  ].join('\n');
}

const within = (value: number | null, most: number | null) =>
  most === null || (value !== null && value <= most * 1_000);
/** `zone errs 5 %` → `zone 5 %`. */
const shortened = (fault: string) => fault.replace(/^(zone dark,|one) ?/, '').replace(' errs', '');
const ms = (value: number | null) => (value === null ? '–' : `${Math.round(value)} ms`);
const seconds = (value: number | null) => (value === null ? '–' : (value / 1_000).toFixed(2));
const asked = (medianS: number | null, p99S: number | null) =>
  [medianS === null ? '' : `median ≤ ${medianS} s`, p99S === null ? '' : `p99 ≤ ${p99S} s`]
    .filter((text) => text !== '')
    .join(', ');
