/** What a status page shows of each site and day. Pure. */
import type { Maintenance, ServiceLevel, SiteId } from '../../model/index.ts';
import type { Period } from './calendar.ts';
import { type DayFigures, levelDays } from './level.ts';
import { type CountedRow, minutesOf } from './minutes.ts';

export interface Day extends Pick<DayFigures, 'day' | 'availability' | 'badMinutes' | 'requests'> {
  site: SiteId;
}

export interface DaysInput {
  level: ServiceLevel;
  maintenance: readonly Maintenance[];
  /** Minutes since 1970, UTC days. */
  period: Period;
  /** Minutes from here on have not been counted yet. */
  until: number;
  /** By site: its first minute of all. A site that is not in it begins with its first row here. */
  since?: ReadonlyMap<SiteId, number>;
}

/** One row for each site and day, by site and day; days on which nothing of a site was counted have `availability` null. */
export function daysOf(rows: Iterable<CountedRow>, input: DaysInput): Day[] {
  const minutes = minutesOf(rows);
  return [...minutes.sites.keys()].toSorted().flatMap((site) => {
    const first = minutes.sites.get(site)?.keys().next().value ?? null;
    const about = { site, minutes, ...input, since: input.since?.get(site) ?? first };
    return levelDays(about, input.period, input.until).map(({ day, availability, badMinutes, requests }) => ({
      site,
      day,
      availability,
      badMinutes,
      requests,
    }));
  });
}
