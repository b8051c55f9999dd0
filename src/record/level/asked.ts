/** What may be asked of service levels, wherever they are worked out; `windows/levels.ts` does it. */
import type { SiteId } from '../../model/index.ts';
import type { Period } from './calendar.ts';
import type { ErrorBudget, LevelFigures, MeasuredLevel } from './level.ts';
import type { CountedRow } from './minutes.ts';

export interface DayLevel extends MeasuredLevel {
  /** `2026-11-29` */
  day: string;
}

export interface MonthLevel {
  site: SiteId;
  /** `2026-11` */
  month: string;
  target: number;
  /** Minutes from here on (since 1970) have not been counted yet. */
  until: number;
  figures: LevelFigures;
  budget: ErrorBudget;
  /** Percent of the monthly price, by the table in the service description. */
  credit: number;
  /** The minutes that were bad, since 1970. */
  bad: number[];
  days: DayLevel[];
}

/** Null everywhere: this controller cannot read its file of counted requests. */
export interface Levels {
  /** `month`: `2026-11`. */
  month(site: SiteId, month: string): Promise<MonthLevel | null>;
  /** The newest so many days, today's so far included, oldest first. Days on which nothing of the site counted have `availability` null. */
  days(site: SiteId, count: number): Promise<DayLevel[] | null>;
  /** What the figures are computed from, as far as it counts: the site's own rows and `EVERY_SITE`'s. */
  rows(site: SiteId, period: Period): CountedRow[] | null;
  /** Minutes from here on (since 1970) have not been counted yet. */
  until(): number;
  /** In which a request failed in an hour that reaches beyond this minute. */
  failingSites(minute: number): SiteId[] | null;
  /** Its first minute of all; null also while nobody has asked for it yet. */
  since(site: SiteId): number | null;
}
