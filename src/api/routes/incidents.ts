/** Incidents: what happened, and why. */
import { z } from 'zod';
import { HoldfastError } from '../../errors.ts';
import type { Incident, IncidentEntry } from '../../model/index.ts';
import { impactsOf, totalOf } from '../../record/impact/total.ts';
import { isPlanned } from '../../record/journal.ts';
import { timeLineOf } from '../../record/time-line.ts';
import { holding, stateOf } from '../../record/updates.ts';
import { parseIncidentId } from '../../store/keys.ts';
import { acknowledge } from '../acts/acknowledge.ts';
import { writeUpdate } from '../acts/update.ts';
import { visibleOutline } from '../incident-book.ts';
import type { ApiParts } from '../parts.ts';
import { type Principal, sees, visible } from '../principal.ts';
import { route } from '../route.ts';
import { READERS, RESPONDERS } from '../rules.ts';
import { nextCursor, pageQuery, sentenceSchema, siteName } from '../schemas/common.ts';
import { type IncidentOutline, incidentOutlineSchema, incidentSchema, updateState } from '../schemas/incident.ts';

/** Older ones are found by their ids. */
const MOST_IDS = 1_000;
const READ_AT_ONCE = 10;
/** An incident of ten thousand sites has more than anybody reads; a controller in the midst of it has better things to do than to write them all. */
const USUAL_ENTRIES = 1_000;
const MOST_ENTRIES = 10_000;
const MOST_TEXT = 4_000;
const MOST_IMPACTS = 200;

export const incidentParams = z.strictObject({
  incident: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[^/\p{C}]+$/u, 'an incident’s id'),
});

export const incidentRoutes = [
  route({
    method: 'GET',
    path: '/incidents',
    name: 'listIncidents',
    summary: 'Incidents and records of planned moves, newest first, without their chains.',
    allow: READERS,
    query: z.strictObject({
      ...pageQuery,
      planned: z.stringbool().optional().describe('Only records of planned moves, or only incidents.'),
      open: z.stringbool().optional().describe('Only those that are open, or only those that are over.'),
    }),
    answer: z.object({ incidents: z.array(incidentOutlineSchema), next: nextCursor }),
    handle: ({ query, principal }, parts) => newest(parts, principal!, query),
  }),
  route({
    method: 'GET',
    path: '/incidents/{incident}',
    name: 'getIncident',
    summary:
      'One incident with its chain: what was seen, concluded, decided and done. `latest` is the newest that is no planned move.',
    allow: READERS,
    params: incidentParams,
    query: z.strictObject({
      site: siteName.optional().describe('Only its entries, and those about no site in particular.'),
      most: z.coerce
        .number()
        .int()
        .min(2)
        .max(MOST_ENTRIES)
        .default(USUAL_ENTRIES)
        .describe('About so many entries at most: of a longer chain its beginning, its end, and what people said.'),
    }),
    answer: incidentSchema,
    errors: ['incident-unknown'],
    handle: async ({ params: { incident: asked }, query: { site, most }, principal }, parts) => {
      const id = asked === 'latest' ? await latest(parts, principal!) : asked;
      const incident = await incidentFor(parts, principal!, id);
      const { entries, ...rest } = incident;
      const about =
        site === undefined ? entries : entries.filter((entry) => entry.site === null || entry.site === site);
      const said = { holder: holding(incident).holder, state: stateOf(incident) };
      const counting = parts.impactsOf(id).filter((one) => sees(principal!, one.site));
      const impacts = impactsOf(about, site === undefined ? counting : counting.filter((one) => one.site === site));
      return {
        ...rest,
        ...said,
        timeLine: timeLineOf(about),
        impact: totalOf(impacts),
        impacts: impacts.slice(0, MOST_IMPACTS),
        ...shortened(about, most),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/incidents/{incident}/acknowledge',
    name: 'acknowledgeIncident',
    summary: 'Takes an incident: nobody else is asked to. Owners take those that concern only their sites.',
    allow: RESPONDERS,
    audit: { verb: 'acknowledge', target: ({ incident }) => incident },
    params: incidentParams,
    answer: sentenceSchema,
    errors: ['incident-unknown', 'incident-over', 'incident-of-others'],
    handle: async ({ params: { incident: id }, principal, by }, parts) => {
      await assertTheirs(parts, principal!, id);
      return { sentence: await acknowledge(parts, id, by) };
    },
  }),
  route({
    method: 'POST',
    path: '/incidents/{incident}/updates',
    name: 'updateIncident',
    summary:
      'Writes into an incident, and puts it into a state. Its people are told; `public`: everybody may read it. Owners write into those that concern only their sites.',
    allow: RESPONDERS,
    audit: { verb: 'update', target: ({ incident }) => incident },
    params: incidentParams,
    body: z.strictObject({
      state: updateState,
      text: z
        .string()
        .trim()
        .min(1)
        .max(MOST_TEXT)
        .regex(/^(?:\n|\P{Cc})*$/u, 'text without control characters'),
      public: z.boolean().default(false),
    }),
    answer: sentenceSchema,
    errors: ['incident-unknown', 'incident-of-others', 'incident-busy'],
    handle: async ({ params: { incident: id }, body, principal, by }, parts) => {
      await assertTheirs(parts, principal!, id);
      const sentence = await writeUpdate(parts, id, { ...body, by });
      parts.incidents.changed(id);
      return { sentence };
    },
  }),
];

/** @throws HoldfastError `incident-unknown` */
async function latest(parts: ApiParts, principal: Principal): Promise<string> {
  const { incidents } = await newest(parts, principal, { limit: 1, planned: false });
  if (incidents[0] === undefined) throw new HoldfastError('incident-unknown', { incident: 'latest' });
  return incidents[0].id;
}

/** How it began is at the beginning, and how it stands at the end; what people said stays, wherever it stands. */
function shortened(entries: IncidentEntry[], most: number) {
  const leftOut = Math.max(0, entries.length - most);
  if (leftOut === 0) return { entries, leftOut };
  const first = Math.ceil(most / 2);
  const said = entries.slice(first, first + leftOut).filter(({ kind }) => kind === 'note');
  const kept = [...entries.slice(0, first), ...said, ...entries.slice(first + leftOut)];
  return { entries: kept, leftOut: leftOut - said.length };
}

/** All of it is theirs to answer. @throws HoldfastError `incident-unknown`, `incident-of-others` */
async function assertTheirs(parts: ApiParts, principal: Principal, id: string): Promise<void> {
  const seen = await incidentFor(parts, principal, id);
  const whole = await parts.store.incident(id);
  if (whole?.sites.length !== seen.sites.length) throw new HoldfastError('incident-of-others', { incident: id });
}

/** What they may see of it. @throws HoldfastError `incident-unknown` */
export async function incidentFor({ store }: ApiParts, principal: Principal, id: string): Promise<Incident> {
  const incident = await store.incident(id);
  const seen = incident === null ? null : visible(principal, incident);
  if (seen === null) throw new HoldfastError('incident-unknown', { incident: id });
  return seen;
}

interface Page {
  limit: number;
  cursor?: string | undefined;
  open?: boolean | undefined;
  planned?: boolean | undefined;
}

async function newest({ store, incidents: book }: ApiParts, principal: Principal, page: Page) {
  const { limit, cursor, open, planned } = page;
  const ids = (await store.incidentIds(MOST_IDS)).filter(
    (id) =>
      (cursor === undefined || id < cursor) &&
      (planned === undefined || planned === isPlanned(parseIncidentId(id)?.subject ?? '')),
  );
  const incidents: IncidentOutline[] = [];
  for (let first = 0; first < ids.length && incidents.length <= limit; first += READ_AT_ONCE) {
    const some = await Promise.all(ids.slice(first, first + READ_AT_ONCE).map((id) => book.outline(id)));
    for (const outline of some) {
      const seen = outline === null ? null : visibleOutline(principal, outline);
      if (seen !== null && (open === undefined || open === (seen.closedAt === null))) incidents.push(seen);
    }
  }
  const shown = incidents.slice(0, limit);
  return { incidents: shown, next: incidents.length > limit ? (shown.at(-1)?.id ?? null) : null };
}
