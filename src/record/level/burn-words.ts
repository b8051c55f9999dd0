/** A burning error budget in a sentence or two. Pure. */
import type { ServiceLevel } from '../../model/index.ts';
import type { BurnEpisode } from './episodes.ts';

const MONTH_HOURS = 30 * 24;

export function burnWords(
  site: string,
  { burn, long, rule }: BurnEpisode,
  { target }: Pick<ServiceLevel, 'target'>,
): string {
  const pace = Number.isFinite(burn)
    ? `${oneDigit(burn)} times as fast as its target of ${percent(target)} allows: the budget of a whole month would be used up within ${hours(MONTH_HOURS / burn)}`
    : 'although its target allows none';
  return `${long.failed} of ${long.requests} requests of ${site} failed in the newest ${hours(rule.longMinutes / 60)}, ${pace}.`;
}

export function burnOverWords(site: string, { rule }: BurnEpisode): string {
  return `The error budget of ${site} no longer burns: for ${hours(rule.shortMinutes / 60)} fewer requests have failed than would matter.`;
}

function oneDigit(value: number): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(value);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(6))} %`;
}

/** `5 minutes`, `1 hour`, `3 days`. */
function hours(value: number): string {
  if (value < 1) return counted(Math.max(1, Math.round(value * 60)), 'minute');
  return value < 48 ? counted(Math.round(value), 'hour') : counted(Math.round(value / 24), 'day');
}

function counted(value: number, unit: string): string {
  return `${value} ${unit}${value === 1 ? '' : 's'}`;
}
