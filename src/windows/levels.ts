/**
 * Service levels out of a controller's own file. Figures are kept, so that a question for ninety days reads ninety rows; what is kept is
 * forgotten when a row comes in for it, and is worked out by the same pure functions over the same rows as anybody else may use.
 */
import type { Maintenance, ServiceLevel, SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { DayLevel, Levels, MonthLevel } from '../record/level/asked.ts';
import { dayOf, daysIn, MINUTES_A_DAY, minuteOf, monthPeriod, type Period } from '../record/level/calendar.ts';
import { budgetOf, creditOf, levelOf, type MeasuredLevel, sumLevels, termsOf } from '../record/level/level.ts';
import { minutesOf } from '../record/level/minutes.ts';
import { MINUTES_AN_HOUR } from './hours.ts';
import type { KeptFigures, LevelBook } from './level-book.ts';

/** Minutes that are over by so much have been told and fetched, by edges that answer. */
const SETTLED_MS = 15_000;
/** So many days are worked out at a stretch before others have their turn. */
const AT_A_STRETCH = 3;

export interface LevelsOptions {
  /** Null: its file cannot be opened. */
  book(): LevelBook | null;
  /** As described; the defaults where nobody has described the service. */
  service(): { level: ServiceLevel; maintenance: readonly Maintenance[] };
  clock: Pick<Clock, 'wall' | 'sleep'>;
}

export function createLevels({ book, service, clock }: LevelsOptions): Levels {
  const untilNow = () => minuteOf(clock.wall() - SETTLED_MS);

  const measure = async (from: LevelBook, site: SiteId, period: Period): Promise<DayLevel[]> => {
    const until = untilNow();
    const terms = { site, ...service(), since: from.since(site) };
    const days = daysIn(period).filter((day) => day.from < until);
    const kept = keptBy(from, site, period);
    const levels: DayLevel[] = [];
    let worked = 0;
    for (const day of days) {
      const { level, fresh } = levelOfDay(from, terms, day, until, kept);
      levels.push({ day: dayOf(day.from), ...level });
      worked += fresh ? 1 : 0;
      if (fresh && worked % AT_A_STRETCH === 0) await clock.sleep(0);
    }
    return levels;
  };

  return {
    async month(site, month): Promise<MonthLevel | null> {
      const [from, period] = [book(), monthPeriod(month)];
      if (from === null || period === null) return null;
      const days = await measure(from, site, period);
      const { bad, ...figures } = sumLevels(days);
      const { level, maintenance } = service();
      return {
        site,
        month,
        target: level.target,
        until: Math.min(period.to, Math.max(period.from, untilNow())),
        figures,
        budget: budgetOf({ site, level, maintenance, since: from.since(site) }, period, figures),
        credit: creditOf(figures, level.credits),
        bad,
        days,
      };
    },
    async days(site, count) {
      const from = book();
      if (from === null) return null;
      const to = Math.ceil(untilNow() / MINUTES_A_DAY);
      return measure(from, site, { from: (to - count) * MINUTES_A_DAY, to: to * MINUTES_A_DAY });
    },
    rows: (site, { from, to }) => book()?.rows(site, from, Math.min(to, untilNow())) ?? null,
    until: untilNow,
    failingSites: (minute) => book()?.failingSites(minute) ?? null,
    since: (site) => book()?.since(site) ?? null,
  };
}

function keptBy(book: LevelBook, site: SiteId, { from, to }: Period): Map<number, KeptFigures> {
  const rows = book.figures(site, Math.floor(from / MINUTES_A_DAY), Math.ceil(to / MINUTES_A_DAY));
  return new Map(rows.map((row) => [row.day, row]));
}

type Terms = { site: SiteId; level: ServiceLevel; maintenance: readonly Maintenance[]; since: number | null };

/** What is kept of it, and the rest worked out; whole hours are kept, since each hour is judged by itself. */
function levelOfDay(book: LevelBook, about: Terms, day: Period, until: number, kept: Map<number, KeptFigures>) {
  const end = Math.min(day.to, until);
  if (about.since === null || about.since >= end) return { level: sumLevels([]), fresh: false };
  const at = Math.floor(day.from / MINUTES_A_DAY);
  const terms = termsOf(about, day);
  const found = kept.get(at);
  const known = found?.terms === terms && found.upTo <= end ? found : null;
  const parts: MeasuredLevel[] = known === null ? [] : [JSON.parse(known.figures)];
  const from = known?.upTo ?? day.from;
  const whole = end - (end % MINUTES_AN_HOUR);
  const fresh = from < whole;
  if (fresh) {
    parts.push(measured(book, about, { from, to: whole }));
    keep(book, about.site, { day: at, upTo: whole, terms, figures: JSON.stringify(sumLevels(parts)) });
  }
  if (whole < end) parts.push(measured(book, about, { from: Math.max(from, whole), to: end }));
  return { level: sumLevels(parts), fresh };
}

/** A full disk keeps nobody from reading. */
function keep(book: LevelBook, site: SiteId, figures: KeptFigures): void {
  try {
    book.keepFigures(site, figures);
  } catch {
    // Worked out again at the next question.
  }
}

function measured(book: LevelBook, about: Terms, period: Period): MeasuredLevel {
  return levelOf({ ...about, minutes: minutesOf(book.rows(about.site, period.from, period.to)) }, period);
}
