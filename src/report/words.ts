/** How a report puts figures and incidents; all times are UTC. Pure. */
import type { Impact } from '../model/index.ts';
import { MINUTE_MS } from '../record/level/calendar.ts';

/** Never rounded up to what was not reached: 99.95 % is 99.95 % or more. */
export function availabilityWords(availability: number | null): string {
  if (availability === null) return 'not measured';
  return `${Number((Math.floor(availability * 100_000 + 1e-6) / 1_000).toFixed(3))} %`;
}

export function numberWords(value: number, digits = 0): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value);
}

/** `2026-11-29 16:40` */
export function timeWords(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

export function minuteWords(minute: number): string {
  return timeWords(minute * MINUTE_MS);
}

/** The end of a span, without its day where it is the beginning's. */
export function endWords(from: number, to: number): string {
  const [one, other] = [minuteWords(from), minuteWords(to)];
  return one.slice(0, 10) === other.slice(0, 10) ? other.slice(11) : other;
}

/** `340 ms`, `4.2 s`, `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h` */
export function durationWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 48) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `November 2026` */
export function monthWords(month: string): string {
  return new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    Date.parse(`${month}-01T00:00:00Z`),
  );
}

const SUBJECTS: Record<string, string> = {
  'zone-dark': 'Zone ZONE stopped answering',
  'zone-erring': 'Zone ZONE answered with errors',
  'zone-slow': 'Zone ZONE was slow',
  'trouble-everywhere': 'Trouble in all zones',
  'copy-down': 'The site was down in zone ZONE',
  'copy-erring': 'The site answered with errors in zone ZONE',
  'copy-slow': 'The site was slow in zone ZONE',
  'copy-stuck': 'The site was stuck in zone ZONE',
  'standby-lost': 'The standby in zone ZONE was lost',
};

/** `zone-dark:a`; what is not known is shown as it is. */
export function subjectWords(subject: string): string {
  const [code = '', zone = ''] = subject.split(':');
  return SUBJECTS[code]?.replace('ZONE', () => zone) ?? subject;
}

/** Recovery point reached. */
export function lossWords({ transactionsLost }: Pick<Impact, 'transactionsLost'>): string {
  if (transactionsLost === null) return 'not determined yet';
  return transactionsLost === 0 ? 'nothing lost' : `at most ${numberWords(transactionsLost)} lost`;
}
