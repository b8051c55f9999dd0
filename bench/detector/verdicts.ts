/** The question of the comparison: is ours ever slower than a rule at no more false alarms, or ever more often wrong at no more delay? */
import type { Alarms } from './alarms.ts';
import { type Delays, quantileOf } from './delays.ts';

export interface Comparison {
  rule: string;
  fault: string;
  /** Median delay of the rule, ms; null: it does not notice. */
  ruleMs: number | null;
  ruleAlarms: number;
  /** The quickest of our settings that is wrong no more often than the rule: its median, ms. */
  oursAtItsAlarms: { name: string; ms: number | null } | null;
  /** Of our settings that are no slower than the rule, the one that is wrong least often. */
  oursAtItsDelay: { name: string; alarms: number } | null;
  /** Both hold: one of ours is no slower at no more false alarms. */
  dominated: boolean;
}

export function compare(delays: Delays[], alarms: Alarms[], isOurs: (name: string) => boolean): Comparison[] {
  const alarmsOf = (name: string) => alarms.find((one) => one.name === name)!.falseAlarms;
  const medianOf = (fault: string, name: string) =>
    quantileOf(delays.find((one) => one.fault === fault && one.name === name)!, 0.5);
  const ours = alarms.map(({ name }) => name).filter(isOurs);
  const rules = alarms.map(({ name }) => name).filter((name) => !isOurs(name));
  const faults = [...new Set(delays.map(({ fault }) => fault))];
  const late = (ms: number | null) => ms ?? Number.POSITIVE_INFINITY;
  return rules.flatMap((rule) =>
    faults.map((fault): Comparison => {
      const ruleMs = medianOf(fault, rule);
      const ruleAlarms = alarmsOf(rule);
      const quiet = ours
        .filter((name) => alarmsOf(name) <= ruleAlarms)
        .map((name) => ({ name, ms: medianOf(fault, name) }))
        .sort((one, two) => late(one.ms) - late(two.ms))[0];
      const quick = ours
        .filter((name) => late(medianOf(fault, name)) <= late(ruleMs))
        .map((name) => ({ name, alarms: alarmsOf(name) }))
        .sort((one, two) => one.alarms - two.alarms)[0];
      return {
        rule,
        fault,
        ruleMs,
        ruleAlarms,
        oursAtItsAlarms: quiet ?? null,
        oursAtItsDelay: quick ?? null,
        dominated: quiet !== undefined && late(quiet.ms) <= late(ruleMs),
      };
    }),
  );
}
