/** Visitors' requests, by second and zone. */
import { z } from 'zod';
import type { TrafficSecond } from '../traffic.ts';
import { at, name } from './common.ts';

const ms = z
  .number()
  .nullable()
  .describe('The upper end of a class of the edges’ count; null: not measured, or beyond 8,192.');

export const trafficSecondSchema = name(
  'TrafficSecond',
  z
    .object({
      at: at.describe('When the second began, by the controller’s clock.'),
      zones: z.array(
        z.object({
          zone: z.string(),
          requests: z.number(),
          failed: z.number().describe('Answered 500–599, not at all, or not in time.'),
          p50Ms: ms,
          p99Ms: ms,
        }),
      ),
    })
    .describe('One second of a site.') satisfies z.ZodType<TrafficSecond>,
);
