/** A month's service level in words and bars. Pure. */
import type { DayLevel, LevelAnswer } from '../data/shapes.ts';
import { count, counted, percent } from './numbers.ts';
import type { Tone, Word } from './states.ts';

/** A day is bad when it alone missed the target by so much. */
const BAD_BELOW = 0.99;

export function dayTone({ availability }: Pick<DayLevel, 'availability'>, target: number): Tone {
  if (availability === null) return 'quiet';
  if (availability >= target) return 'good';
  return availability < BAD_BELOW ? 'bad' : 'warn';
}

/** What the bars say, for those who do not see them. */
export function daysWords(days: readonly DayLevel[], target: number): string {
  const missed = days.filter((day) => day.availability !== null && day.availability < target);
  const unknown = days.filter(({ availability }) => availability === null).length;
  const parts = [
    `${counted(days.length, 'day')} of this month`,
    missed.length === 0
      ? 'none below the target'
      : `${missed.length} below the target (${missed.map(dayWords).join('; ')})`,
    ...(unknown === 0 ? [] : [`${unknown} not measured`]),
  ];
  return parts.join(', ');
}

export function dayWords({ day, availability, badMinutes }: DayLevel): string {
  if (availability === null) return `${day}: not measured`;
  return `${day}: ${percent(availability)}, ${counted(badMinutes, 'bad minute')}`;
}

/** Name and value, in the order shown. */
export function levelFacts({ figures, budget, credit, target }: LevelAnswer): [name: string, value: string][] {
  const { requests, failed, badMinutes, unmeasuredMinutes, excludedMinutes } = figures;
  return [
    ['Target', percent(target)],
    ['Bad minutes', `${count(badMinutes)} of ${minutes(budget.minutes)} allowed`],
    ['Budget used', budget.burn === null ? '–' : `${budget.burn.toFixed(1)} times as fast as allowed`],
    ['Requests failed', `${count(failed)} of ${count(requests)}`],
    ...(excludedMinutes > 0 ? [['Maintenance', counted(excludedMinutes, 'minute')] as [string, string]] : []),
    ...(unmeasuredMinutes > 0 ? [['Not measured', counted(unmeasuredMinutes, 'minute')] as [string, string]] : []),
    ...(credit > 0 ? [['Credit', `${credit} % of the month’s price`] as [string, string]] : []),
  ];
}

const minutes = (many: number) => (Number.isInteger(many) ? count(many) : many.toFixed(1));

/** Of the alert that holds now. */
export function burningWord({ rule, burn }: NonNullable<LevelAnswer['burning']>): Word {
  const pace = burn === null ? '' : `, ${burn.toFixed(1)} × as fast as allowed`;
  return { word: `the error budget burns (${rule})${pace}`, tone: rule === 'fast' ? 'bad' : 'warn' };
}
