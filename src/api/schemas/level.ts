/** Service levels: figures, and the rows behind them. */
import { z } from 'zod';
import { at, name } from './common.ts';

const minute = z.int().describe('Minutes since 1970.');

const figures = {
  requests: z.int(),
  failed: z.int(),
  minutes: z.int().describe('Minutes that count: measured, and no announced maintenance.'),
  badMinutes: z.int(),
  excludedMinutes: z.int().describe('Announced maintenance.'),
  unmeasuredMinutes: z.int().describe('In which no edge was counting: neither good nor bad.'),
  availability: z.number().nullable().describe('0–1; null: no minute counts.'),
};
const bad = z.array(minute).describe('The minutes that were bad, since 1970.');

export const dayLevelSchema = name('DayLevel', z.object({ day: z.string(), ...figures, bad }));

const burning = z
  .object({ rule: z.enum(['fast', 'steady', 'slow']), burn: z.number().nullable(), since: minute.nullable() })
  .nullable()
  .describe(
    'The alert that holds now, the worst; `burn`: so many times as fast as the target allows (null: it allows nothing). Null: none.',
  );

const month = {
  site: z.string(),
  month: z.string(),
  target: z.number(),
  until: minute.describe('Minutes from here on (since 1970) have not been counted yet.'),
  figures: z.object(figures),
  budget: z
    .object({
      minutes: z.number(),
      used: z.number(),
      left: z.number(),
      burn: z.number().nullable(),
    })
    .describe(
      'Bad minutes that the target allows in the whole month; `burn`: how many times as fast as it allows they were used so far.',
    ),
  burning,
  credit: z.number().describe('Percent of the monthly price that the table in the service description gives back.'),
};

export const levelOutlineSchema = name(
  'LevelOutline',
  z.object(month).describe('A site’s service level in one month, without its days.'),
);

export const monthLevelSchema = name(
  'MonthLevel',
  z
    .object({
      ...month,
      bad,
      days: z.array(dayLevelSchema),
    })
    .describe('A site’s service level in one month (UTC), as far as it has gone.'),
);

export const levelRowsSchema = name(
  'LevelRows',
  z
    .object({
      site: z.string(),
      since: minute.nullable().describe('The site’s first minute of all; what lies before it does not count.'),
      until: minute.describe('Minutes from here on have not been counted yet.'),
      level: z.object({
        target: z.number(),
        badMinuteShare: z.number(),
        leastRequests: z.int(),
        excludeMaintenance: z.boolean(),
      }),
      maintenance: z.array(z.object({ id: z.string(), title: z.string(), from: at, to: at })),
      rows: z
        .array(z.object({ edge: z.string(), site: z.string(), minute, requests: z.int(), failed: z.int() }))
        .describe('`site` empty: that this edge was counting in this minute.'),
    })
    .describe('Everything that the figures of a day are computed from; docs/reference/sla.md says how.'),
);
