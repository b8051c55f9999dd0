/** Orders and drills as they stand in a site's record. */
import { z } from 'zod';
import { DRILL_FAULTS, type Drill, type DrillResult, ORDER_KINDS, type Order } from '../../model/index.ts';
import { at, name } from './common.ts';

export const orderSchema = name(
  'Order',
  z
    .object({
      kind: z.enum(ORDER_KINDS),
      to: z.string(),
      by: z.string(),
      why: z.string(),
      at,
      drainMs: z.number().describe('What is open on the old side gets so long; then it is ended.'),
      holding: z.boolean().describe('Visitors are held just now.'),
      attempts: z.number(),
    })
    .describe('A move that was asked for.') satisfies z.ZodType<Order>,
);

const figures = z.object({
  decidedMs: z.number().nullable(),
  heldLongestMs: z.number(),
  failedRequests: z.number(),
  exposedMs: z.number(),
  tookMs: z.number(),
});

export const drillSchema = name(
  'Drill',
  z
    .object({
      id: z.string(),
      fault: z.enum(DRILL_FAULTS),
      home: z.string(),
      by: z.string(),
      startedAt: at,
      to: z.string(),
      stage: z.enum(['away', 'there', 'home']),
      stopped: z.string().nullable().describe('Why it goes home before its time.'),
      figures,
    })
    .describe('A drill under way.') satisfies z.ZodType<Drill>,
);

export const drillResultSchema = name(
  'DrillResult',
  z
    .object({
      id: z.string(),
      fault: z.enum(DRILL_FAULTS),
      by: z.string(),
      startedAt: at,
      endedAt: at,
      outcome: z.enum(['passed', 'failed', 'stopped']),
      problems: z.array(z.string()).describe('Every promise that was not kept, or why it was stopped.'),
      figures,
    })
    .describe('How a drill ended.') satisfies z.ZodType<DrillResult>,
);

export const drillsSchema = name(
  'Drills',
  z
    .object({
      site: z.string(),
      drill: drillSchema.nullable(),
      live: z.string(),
      phase: z.enum(['new', 'promoting', 'opening', 'single', 'growing', 'handing-over', 'protected']),
      results: z.array(drillResultSchema).describe('Newest last.'),
    })
    .describe('A site’s drills.'),
);
