/** Service levels of one site: by the month, by the day, and the minutes from which anybody can compute them again. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DEFAULT_LEVEL } from '../../config/service.ts';
import { HoldfastError } from '../../errors.ts';
import type { Impact, Incident } from '../../model/index.ts';
import { dayPeriod, minuteOf, monthOf, monthPeriod } from '../../record/level/calendar.ts';
import { spansIn } from '../../record/level/level.ts';
import { reportCsv } from '../../report/csv.ts';
import { REPORT_POLICY, reportPage } from '../../report/page.ts';
import { type Report, toReport } from '../../report/report.ts';
import { parseIncidentId } from '../../store/keys.ts';
import type { ApiParts } from '../parts.ts';
import { type Principal, sees } from '../principal.ts';
import { route } from '../route.ts';
import { READERS, SITE_READERS } from '../rules.ts';
import { nextCursor, pageQuery, siteParams } from '../schemas/common.ts';
import { dayLevelSchema, levelOutlineSchema, levelRowsSchema, monthLevelSchema } from '../schemas/level.ts';

const MOST_DAYS = 400;
/** Older ones are in no report any more. */
const MOST_IDS = 1_000;
const MOST_INCIDENTS = 200;

export const monthName = z
  .string()
  .refine((month) => monthPeriod(month) !== null, 'a month such as 2026-11')
  .optional()
  .describe('`2026-11` (UTC); left out: this month.');

export const levelRoutes = [
  route({
    method: 'GET',
    path: '/levels',
    name: 'listLevels',
    summary: 'The service levels of a month, site by site in the order of their names.',
    allow: READERS,
    query: z.strictObject({
      month: monthName,
      search: z.string().max(100).optional().describe('Part of a name or of a host name.'),
      ...pageQuery,
    }),
    answer: z.object({ levels: z.array(levelOutlineSchema), next: nextCursor }),
    errors: ['level-unavailable'],
    handle: ({ query, principal }, parts) => listLevels(parts, principal!, query),
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/level',
    name: 'getLevel',
    summary: 'The service level of a month: availability, bad minutes, error budget and its burn, credit.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({ month: monthName }),
    answer: monthLevelSchema,
    errors: ['site-unknown', 'level-unavailable'],
    handle: async ({ params: { site }, query: { month } }, parts) => {
      assertKnown(parts, site);
      const level = there(await parts.levels.month(site, month ?? monthOf(minuteOf(parts.clock.wall()))));
      return { ...level, burning: burningOf(parts, site) };
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/level/days',
    name: 'getLevelDays',
    summary: 'The same by the day (UTC), the newest last; today’s as far as it has gone.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({
      days: z.coerce.number().int().min(1).max(MOST_DAYS).default(90).describe('The newest so many.'),
    }),
    answer: z.object({ site: z.string(), days: z.array(dayLevelSchema) }),
    errors: ['site-unknown', 'level-unavailable'],
    handle: async ({ params: { site }, query: { days } }, parts) => {
      assertKnown(parts, site);
      return { site, days: there(await parts.levels.days(site, days)) };
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/level/minutes',
    name: 'getLevelMinutes',
    summary: 'The minutes behind the figures of one day, and all else that they are computed from.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({
      day: z
        .string()
        .refine((day) => dayPeriod(day) !== null, 'a day such as 2026-11-29')
        .describe('`2026-11-29` (UTC).'),
    }),
    answer: levelRowsSchema,
    errors: ['site-unknown', 'level-unavailable'],
    handle: ({ params: { site }, query: { day } }, parts) => {
      assertKnown(parts, site);
      return rowsOf(parts, site, dayPeriod(day)!);
    },
  }),
  route({
    method: 'GET',
    path: '/sites/{site}/level/report',
    name: 'getLevelReport',
    summary:
      'The monthly report with incidents, maintenance and credits: a page that needs nothing else, a table for spreadsheets, or the same as JSON.',
    allow: SITE_READERS,
    params: siteParams,
    query: z.strictObject({ month: monthName, format: z.enum(['html', 'csv', 'json']).default('html') }),
    answer: null,
    media: 'text/html',
    errors: ['site-unknown', 'level-unavailable'],
    handle: async ({ params: { site }, query: { month, format }, reply }, parts) => {
      assertKnown(parts, site);
      await sendReport(reply, await reportOf(parts, site, month), format);
    },
  }),
];

/** @throws HoldfastError `level-unavailable` */
async function reportOf(parts: ApiParts, site: string, asked: string | undefined): Promise<Report> {
  const { clock, levels, state, store, incidents: book } = parts;
  const madeAt = clock.wall();
  const month = asked ?? monthOf(minuteOf(madeAt));
  const level = there(await levels.month(site, month));
  const period = monthPeriod(month)!;
  const incidents: Incident[] = [];
  const counting = new Map<string, Impact>();
  for (const id of await store.incidentIds(MOST_IDS)) {
    const minute = minuteOf(parseIncidentId(id)?.openedAt ?? 0);
    if (minute < period.from || minute >= period.to || incidents.length >= MOST_INCIDENTS) continue;
    if (!(await book.outline(id))?.sites.includes(site)) continue;
    const whole = await store.incident(id);
    if (whole !== null) incidents.push(whole);
    const impact = parts.impactsOf(id).find((one) => one.site === site);
    if (impact !== undefined) counting.set(id, impact);
  }
  return toReport({
    level,
    spec: state.sites.get(site)!.spec,
    service: state.service,
    terms: state.service?.level ?? DEFAULT_LEVEL,
    incidents: incidents.toSorted((one, other) => one.openedAt - other.openedAt),
    counting,
    madeAt,
  });
}

function burningOf({ burning }: ApiParts, site: string) {
  const episode = burning(site);
  if (episode === null) return null;
  const { rule, burn, since } = episode;
  return { rule: rule.name, burn: Number.isFinite(burn) ? burn : null, since };
}

function sendReport(reply: FastifyReply, report: Report, format: 'html' | 'csv' | 'json') {
  const { site, month } = report.level;
  if (format === 'json') return reply.send(report);
  if (format === 'csv')
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="level-${site}-${month}.csv"`)
      .send(reportCsv(report));
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', REPORT_POLICY)
    .send(reportPage(report));
}

async function listLevels(parts: ApiParts, principal: Principal, page: LevelsPage) {
  const { levels, index, clock } = parts;
  const month = page.month ?? monthOf(minuteOf(clock.wall()));
  const { names, more } = index.find({
    search: page.search,
    after: page.cursor,
    limit: page.limit,
    sees: (site) => sees(principal, site),
  });
  const rows = [];
  for (const site of names) {
    const { days: _, bad: __, ...level } = there(await levels.month(site, month));
    rows.push({ ...level, burning: burningOf(parts, site) });
  }
  return { levels: rows, next: more ? (names.at(-1) ?? null) : null };
}

interface LevelsPage {
  month?: string | undefined;
  search?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

function rowsOf({ levels, state }: ApiParts, site: string, period: { from: number; to: number }) {
  const rows = there(levels.rows(site, period));
  const { level, maintenance } = state.service ?? { level: DEFAULT_LEVEL, maintenance: [] };
  const touching = new Set(spansIn(site, maintenance, period).map(({ id }) => id));
  return {
    site,
    since: levels.since(site),
    until: Math.min(period.to, levels.until()),
    level,
    // Whose sites else one is announced for is nobody's business.
    maintenance: maintenance
      .filter(({ id }) => touching.has(id))
      .map(({ id, title, from, to }) => ({ id, title, from, to })),
    rows,
  };
}

/** @throws HoldfastError `site-unknown` */
export function assertKnown({ state }: Pick<ApiParts, 'state'>, site: string): void {
  if (!state.placements.has(site)) throw new HoldfastError('site-unknown', { site });
}

/** @throws HoldfastError `level-unavailable` */
export function there<T>(figures: T | null): T {
  if (figures === null) throw new HoldfastError('level-unavailable', {});
  return figures;
}
