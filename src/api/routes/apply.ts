/** Descriptions of sites and of the service. */
import { z } from 'zod';
import { applyService, applySite } from '../acts/apply.ts';
import { readDescription } from '../acts/description.ts';
import { route } from '../route.ts';
import { ADMINS } from '../rules.ts';

const MOST_BYTES = 1024 * 1024;

export const applyRoutes = [
  route({
    method: 'POST',
    path: '/apply',
    name: 'apply',
    summary:
      'Takes a description in: of a site (it begins with `site:`) or of the service (`service:`), as YAML. Everything that is wrong with it is told at once, and then nothing is changed.',
    allow: ADMINS,
    audit: { verb: 'apply', target: () => 'description' },
    mostBytes: MOST_BYTES,
    body: z.strictObject({
      description: z.string().max(MOST_BYTES),
      file: z
        .string()
        .startsWith('/')
        .max(1_000)
        .default('/description.yaml')
        .describe('Where the text was read from: paths in it are relative to that, on the agents’ hosts.'),
    }),
    answer: z.object({
      sentence: z.string(),
      kind: z.enum(['site', 'service']),
      warnings: z.array(z.string()).describe('What the person who applies it should know.'),
    }),
    errors: ['config-wrong', 'description-unknown', 'plan-unknown', 'plan-without-disaster-recovery'],
    handle: async ({ body: { description, file } }, parts) => {
      const read = readDescription(description, file);
      const applied = read.kind === 'site' ? await applySite(parts, read.spec) : await applyService(parts, read.spec);
      return { ...applied, kind: read.kind };
    },
  }),
];
