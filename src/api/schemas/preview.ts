/** What asking would do and what it risks. */
import { z } from 'zod';
import type { Preview } from '../../decide/index.ts';
import { evidenceSchema, name } from './common.ts';

export const previewSchema = name(
  'Preview',
  z
    .object({
      would: z.boolean().describe('It would be begun if it were asked for now.'),
      sentence: z.string().describe('What would stand in the record, or why it would be refused.'),
      refusal: (z.string() as unknown as z.ZodType<NonNullable<Preview['refusal']>>)
        .nullable()
        .describe('The refusal’s code; docs/reference/codes.md has them.'),
      evidence: z.array(evidenceSchema),
      steps: z.array(z.string()).describe('What would happen, one after the other.'),
      risks: z.array(z.string()).describe('What it may cost.'),
    })
    .describe(
      'What asking would do and what it risks, by the same functions that would decide it.',
    ) satisfies z.ZodType<Preview>,
);

export const zoneAnswerSchema = name(
  'ZoneAnswer',
  z.object({
    sentence: z.string(),
    sites: z.array(z.string()).describe('Those that are concerned.'),
    refused: z
      .array(z.object({ site: z.string(), sentence: z.string(), code: z.string() }))
      .describe('Why some do not move.'),
  }),
);
