/** A site's service level over a period, from the edges' minute rows: every figure of the report. Pure; see docs/reference/sla.md. */
import { isForSite, type Maintenance, type ServiceLevel, type SiteId } from '../../model/index.ts';
import { badMinutes } from './bad-minutes.ts';
import { dayOf, daysIn, MINUTE_MS, type Period } from './calendar.ts';
import type { Minutes, SiteMinutes } from './minutes.ts';

export interface LevelInput {
  site: SiteId;
  minutes: Minutes;
  level: ServiceLevel;
  maintenance: readonly Maintenance[];
  /** The site's first minute of all; what lies before it does not count. Null: nobody has asked for it yet. */
  since: number | null;
}

export interface LevelFigures {
  requests: number;
  failed: number;
  /** Minutes that count: measured, and not excluded. */
  minutes: number;
  badMinutes: number;
  /** Announced maintenance. */
  excludedMinutes: number;
  /** In which no edge was counting: neither good nor bad. */
  unmeasuredMinutes: number;
  /** 0–1; null: no minute counts. */
  availability: number | null;
}

/** With the minutes that were bad, since 1970, in order. */
export interface MeasuredLevel extends LevelFigures {
  bad: number[];
}

export interface ErrorBudget {
  /** Bad minutes that the target allows in the whole period. */
  minutes: number;
  used: number;
  left: number;
  /** How many times as fast as the target allows it was used so far; null: no minute counts, or the target allows none. */
  burn: number | null;
}

/** Over a period, cut short at `until`: minutes from then on have not been counted yet. */
export function levelOf(input: LevelInput, period: Period, until = period.to): MeasuredLevel {
  const { site, minutes, level, maintenance, since } = input;
  const { from, to } = { from: Math.max(period.from, since ?? period.to), to: Math.min(period.to, until) };
  const excluded = excludedIn(site, maintenance, level.excludeMaintenance ? { from, to } : { from, to: from });
  const own = within(minutes.sites.get(site) ?? new Map(), { from, to });
  const bad = badMinutes(own, level, (minute) => !excluded.has(minute));
  let [counted, unmeasured, requests, failed] = [0, 0, 0, 0];
  for (let minute = from; minute < to; minute += 1) {
    if (excluded.has(minute)) continue;
    if (minutes.measured.has(minute)) counted += 1;
    else unmeasured += 1;
  }
  for (const counts of own.values()) {
    requests += counts.requests;
    failed += counts.failed;
  }
  // What was bad between two failures although nobody counted then is bad, and counts.
  const beyond = bad.filter((minute) => !minutes.measured.has(minute)).length;
  const all = counted + beyond;
  return {
    requests,
    failed,
    minutes: all,
    badMinutes: bad.length,
    excludedMinutes: excluded.size,
    unmeasuredMinutes: unmeasured - beyond,
    availability: all === 0 ? null : 1 - bad.length / all,
    bad,
  };
}

/** Of periods that follow each other, in order, each of whole hours: what `levelOf` says of all of them together. */
export function sumLevels(parts: Iterable<MeasuredLevel>): MeasuredLevel {
  const sum = {
    requests: 0,
    failed: 0,
    minutes: 0,
    badMinutes: 0,
    excludedMinutes: 0,
    unmeasuredMinutes: 0,
  };
  const bad: number[] = [];
  for (const part of parts) {
    for (const figure of Object.keys(sum) as (keyof typeof sum)[]) sum[figure] += part[figure];
    bad.push(...part.bad);
  }
  return { ...sum, availability: sum.minutes === 0 ? null : 1 - sum.badMinutes / sum.minutes, bad };
}

/** Of the whole period: what may still go wrong in it. */
export function budgetOf(input: Omit<LevelInput, 'minutes'>, period: Period, figures: LevelFigures): ErrorBudget {
  const { site, level, maintenance, since } = input;
  const whole = { from: Math.max(period.from, Math.min(since ?? period.from, period.to)), to: period.to };
  const excluded = level.excludeMaintenance ? excludedIn(site, maintenance, whole).size : 0;
  const share = 1 - level.target;
  const minutes = share * (whole.to - whole.from - excluded);
  const used = figures.badMinutes;
  const burn = figures.minutes === 0 || share <= 0 ? null : used / figures.minutes / share;
  return { minutes, used, left: minutes - used, burn };
}

/** Share of the monthly price, percent, that the table gives back: the highest row that applies. */
export function creditOf({ minutes, badMinutes: bad }: LevelFigures, credits: ServiceLevel['credits']): number {
  if (minutes === 0) return 0;
  // Counted in minutes, so that an availability of exactly 99.9 % is not below 99.9 %.
  const rows = credits.filter(({ below }) => bad > (1 - below) * minutes + 1e-6);
  return Math.max(0, ...rows.map(({ percent }) => percent));
}

export interface DayFigures extends LevelFigures {
  /** `2026-11-29` */
  day: string;
}

/** One row a day, in order. Their sums are the period's figures. */
export function levelDays(input: LevelInput, period: Period, until = period.to): DayFigures[] {
  return daysIn(period)
    .filter(({ from }) => from < until)
    .map((day) => {
      const { bad: _, ...figures } = levelOf(input, day, until);
      return { day: dayOf(day.from), ...figures };
    });
}

function within(minutes: SiteMinutes, { from, to }: Period): SiteMinutes {
  return new Map([...minutes].filter(([minute]) => minute >= from && minute < to));
}

/** All that the figures of a period depend on besides rows and the first minute, as text: the same rows under the same terms have the same figures. */
export function termsOf({ site, level, maintenance }: Omit<LevelInput, 'minutes' | 'since'>, period: Period): string {
  const { badMinuteShare, leastRequests, excludeMaintenance } = level;
  const excluded = excludeMaintenance ? spansIn(site, maintenance, period) : [];
  return JSON.stringify([badMinuteShare, leastRequests, ...excluded.map(({ from, to }) => [from, to])]);
}

/** Minutes of the period that any announced maintenance of this site touches. */
function excludedIn(site: SiteId, maintenance: readonly Maintenance[], period: Period): Set<number> {
  const excluded = new Set<number>();
  for (const { from, to } of spansIn(site, maintenance, period))
    for (let minute = from; minute < to; minute += 1) excluded.add(minute);
  return excluded;
}

/** Of this site, cut to the period; those that do not touch it are left out. */
export function spansIn<T extends Pick<Maintenance, 'from' | 'to' | 'sites'>>(
  site: SiteId,
  maintenance: readonly T[],
  period: Period,
): (T & Period)[] {
  return maintenance
    .filter((one) => isForSite(one, site))
    .map((one) => ({
      ...one,
      from: Math.max(period.from, Math.floor(one.from / MINUTE_MS)),
      to: Math.min(period.to, Math.ceil(one.to / MINUTE_MS)),
    }))
    .filter(({ from, to }) => from < to);
}
