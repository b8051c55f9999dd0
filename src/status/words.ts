/** How conditions, days and times read. */
import { DateTime } from 'luxon';
import type { WallMs } from '../model/index.ts';
import { CONDITIONS } from './condition.ts';
import type { DayBar, OverallPage, Post, SiteCondition, ZoneCondition } from './model.ts';

export const SITE_WORDS: Record<SiteCondition, string> = {
  up: 'Works',
  restoring: 'Works; its second copy is being restored',
  moving: 'Is being moved',
  down: 'Disrupted',
  maintenance: 'Maintenance',
  new: 'Is being set up',
};

export const ZONE_WORDS: Record<ZoneCondition, string> = {
  up: 'Works',
  silent: 'No word from it',
  erring: 'Answers with errors',
  dark: 'Does not answer',
  resting: 'Out of use for maintenance',
};

export const POST_WORDS: Record<Post['state'], string> = {
  noticed: 'Noticed',
  serving: 'Serving again',
  over: 'Resolved',
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
};

/** How much a colour says; every one stands beside words. */
export type Tone = 'good' | 'care' | 'bad' | 'calm';

export const SITE_TONES: Record<SiteCondition, Tone> = {
  up: 'good',
  restoring: 'good',
  moving: 'care',
  down: 'bad',
  maintenance: 'calm',
  new: 'calm',
};

export const ZONE_TONES: Record<ZoneCondition, Tone> = {
  up: 'good',
  silent: 'care',
  erring: 'care',
  dark: 'bad',
  resting: 'calm',
};

export interface Headline {
  tone: Tone;
  text: string;
}

/** The overall page in one sentence. */
export function headlineOf({ counts, sitesTotal, zones, incidents }: OverallPage): Headline {
  const worst = CONDITIONS.find((condition) => counts[condition] > 0) ?? 'up';
  if (worst === 'down') return { tone: 'bad', text: `${someOf(counts.down, sitesTotal)} disrupted` };
  if (worst === 'moving') return { tone: 'care', text: `${someOf(counts.moving, sitesTotal)} being moved` };
  const ill = (zones ?? []).filter(({ condition }) => condition === 'dark' || condition === 'erring');
  if (ill.length > 0)
    return { tone: 'care', text: `Sites work; zone ${ill.map(({ zone }) => zone).join(' and ')} does not` };
  if (worst === 'maintenance')
    return { tone: 'calm', text: `${someOf(counts.maintenance, sitesTotal)} under maintenance` };
  if (sitesTotal === 0 && zones === null) return { tone: 'calm', text: 'Nothing is listed here yet' };
  if (sitesTotal > 0 && counts.new === sitesTotal)
    return { tone: 'calm', text: `${someOf(counts.new, sitesTotal)} being set up` };
  const open = incidents.some(({ closedAt }) => closedAt === null);
  return { tone: 'good', text: open ? 'Everything works; something is being restored' : 'Everything works' };
}

function someOf(some: number, all: number): string {
  if (all === 1) return 'The site is';
  if (some === all) return `All ${count(all)} sites are`;
  return `${count(some)} of ${count(all)} sites ${some === 1 ? 'is' : 'are'}`;
}

/** `5,400` */
export function count(many: number): string {
  return new Intl.NumberFormat('en').format(many);
}

/** Never rounded up to what was not reached. */
export function percent(availability: number): string {
  return `${(Math.floor(availability * 10_000 + 1e-7) / 100).toFixed(2).replace(/\.?0+$/, '')} %`;
}

export type DayTone = 'whole' | 'slight' | 'marked' | 'grave' | 'none';

export function dayTone({ availability }: DayBar): DayTone {
  if (availability === null) return 'none';
  if (availability >= 1) return 'whole';
  if (availability >= 0.999) return 'slight';
  return availability >= 0.99 ? 'marked' : 'grave';
}

/** The mean of the days that were measured; null: none was. */
export function meanOf(days: readonly DayBar[]): number | null {
  const measured = days.flatMap(({ availability }) => availability ?? []);
  return measured.length === 0 ? null : measured.reduce((sum, each) => sum + each, 0) / measured.length;
}

export function dayWords({ day, availability, badMinutes }: DayBar): string {
  const date = DateTime.fromISO(day, { zone: 'UTC', locale: 'en' }).toFormat('d LLL yyyy');
  if (availability === null) return `${date}: not measured`;
  if (badMinutes === 0) return `${date}: ${percent(availability)}`;
  return `${date}: ${percent(availability)}, ${badMinutes} ${badMinutes === 1 ? 'minute' : 'minutes'} disrupted`;
}

/** The bars in one sentence, for who does not see them. */
export function daysWords(days: readonly DayBar[]): string {
  const mean = meanOf(days);
  if (mean === null) return 'The last 90 days: not measured.';
  const worse = days.filter(({ availability }) => availability !== null && availability < 1);
  const unmeasured = days.filter(({ availability }) => availability === null).length;
  const parts = [
    `The last ${days.length} days: ${percent(mean)} on average.`,
    worse.length === 0 ? 'No day was disrupted.' : `Disrupted: ${worse.slice(-5).map(dayWords).join('; ')}.`,
    unmeasured > 0 && (unmeasured === 1 ? 'One day was not measured.' : `${unmeasured} days were not measured.`),
  ];
  return parts.filter((part) => part !== false).join(' ');
}

/** `29 Nov 2026, 16:40` */
export function timeWords(at: WallMs, timeZone: string): string {
  return DateTime.fromMillis(at, { zone: timeZone, locale: 'en' }).toFormat('d LLL yyyy, HH:mm');
}

/** The end of a period, without a date that is the same as its beginning's. */
export function endWords(from: WallMs, to: WallMs, timeZone: string): string {
  const [one, other] = [from, to].map((at) => DateTime.fromMillis(at, { zone: timeZone, locale: 'en' }));
  return other!.toFormat(one!.hasSame(other!, 'day') ? 'HH:mm' : 'd LLL yyyy, HH:mm');
}
