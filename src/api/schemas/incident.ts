/** Incidents, and records of planned moves, which are read like them. */
import { z } from 'zod';
import { type Incident, UPDATE_STATES } from '../../model/index.ts';
import { holding, stateOf } from '../../record/updates.ts';
import { at, evidenceSchema, name } from './common.ts';

export const updateState = z.enum(UPDATE_STATES);

const count = z.int();
const mark = at.nullable();

export const impactSchema = name(
  'Impact',
  z
    .object({
      site: z.string(),
      from: at,
      to: at.describe('What was counted.'),
      final: z.boolean().describe('It is over for this site, and everything is in.'),
      unheard: z.array(z.string()).describe('Edges whose counts are missing.'),
      requests: count,
      failed: count,
      held: count.describe('Held, and then answered.'),
      heldLongestMs: z.number(),
      p50Ms: z.number(),
      p99Ms: z.number().describe('Waiting times in the seconds in which any request failed or was held.'),
      longestMs: z.number(),
      downSeconds: count,
      recoveredAfterMs: z.number().nullable().describe('Visitors went without for so long; null: still.'),
      rtoMs: z
        .number()
        .nullable()
        .describe('From the beginning of the evidence until it served again; null: not moved.'),
      transactionsLost: count.nullable().describe('0 by proof, at most so many, or null: not determined.'),
      lostIn: z.array(z.object({ zone: z.string(), transactions: count.nullable(), folder: z.string() })),
      cold: z.array(z.enum(['cache', 'search'])).describe('After the move.'),
    })
    .describe('What an incident meant for one site, from the edges’ seconds.'),
);

const timeLineSchema = name(
  'TimeLine',
  z
    .object({ began: mark, noticed: mark, decided: mark, moved: mark, serving: mark, protected: mark })
    .describe('When which mark was reached; null: not (yet). `began`: the evidence. With many sites the last of them.'),
);

export const entrySchema = name(
  'IncidentEntry',
  z
    .object({
      at,
      kind: z.enum(['observation', 'finding', 'decision', 'refusal', 'action', 'result', 'note']),
      by: z.string().describe('`controller:b`, `agent:a`, `person:Anna`.'),
      site: z.string().nullable(),
      code: z.string(),
      sentence: z.string(),
      evidence: z.array(evidenceSchema),
      actionId: z.string().optional(),
      epoch: z.number().optional(),
      tookMs: z.number().optional(),
      forMs: z.number().optional().describe('Of a finding: for how long it had held by then.'),
      impact: impactSchema.optional().describe('What the incident came to for the site (`impact`).'),
      update: z
        .object({ state: updateState, public: z.boolean() })
        .optional()
        .describe('Of what a person wrote: the state they put the incident in, and whether everybody may read it.'),
    })
    .describe('One link of its chain: seen, concluded, decided, done.'),
);

const outline = {
  id: z.string(),
  subject: z.string(),
  openedAt: at,
  closedAt: at.nullable(),
  sites: z.array(z.string()),
  holder: z.string().nullable().describe('Who has taken it.'),
  state: updateState
    .nullable()
    .describe('By what people wrote last, and resolved when it is over; null: nobody has said.'),
};

export const incidentSchema = name(
  'Incident',
  z
    .object({
      ...outline,
      entries: z.array(entrySchema),
      timeLine: timeLineSchema,
      impact: z
        .object({
          sites: count,
          final: z.boolean(),
          requests: count,
          failed: count,
          held: count,
          heldLongestMs: z.number(),
          longestMs: z.number(),
          downSeconds: count.describe('Of the site that was down longest.'),
          transactionsLost: count.nullable(),
        })
        .nullable()
        .describe('Of all sites together; null: nothing is counted.'),
      impacts: z.array(impactSchema).describe('Site by site, those worst hit first; at most 200.'),
      leftOut: z.int().describe('So many entries of the middle are left out.'),
    })
    .describe('Everything that belongs to one event.'),
);

export const incidentOutlineSchema = name(
  'IncidentOutline',
  z
    .object({
      ...outline,
      headline: z.string().describe('Its newest sentence.'),
      entries: z.number().describe('How many there are.'),
    })
    .describe('An incident without its chain.'),
);
export type IncidentOutline = z.infer<typeof incidentOutlineSchema>;

export function toOutline(incident: Incident): IncidentOutline {
  const { entries, ...rest } = incident;
  return {
    ...rest,
    holder: holding(incident).holder,
    state: stateOf(incident),
    headline: entries.findLast(({ impact }) => impact === undefined)?.sentence ?? '',
    entries: entries.length,
  };
}
