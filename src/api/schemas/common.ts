/** Small shapes that many routes share, and the names under which shapes stand in the API's document. */
import { z } from 'zod';

/** Shapes with a name of their own in the document: `#/components/schemas/NAME`. */
export const named = new Map<string, z.ZodType>();

export function name<T extends z.ZodType>(id: string, shape: T): T {
  if (named.has(id)) throw new Error(`two shapes are called ${id}`);
  named.set(id, shape);
  return shape;
}

export const MOST_LISTED = 200;

export const at = z.number().describe('Milliseconds since 1970.');
export const siteName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/, 'a site’s name: lower-case letters, digits and dashes');
export const zoneName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,20}$/, 'a zone’s name: lower-case letters, digits and dashes');
export const why = z
  .string()
  .regex(/^[^\p{C}]{0,200}$/u, 'one line of at most 200 characters')
  .describe('The reason, for the record.');

export const siteParams = z.strictObject({ site: siteName });
export const zoneParams = z.strictObject({ zone: zoneName });
export const noQuery = z.strictObject({});

const limit = z.coerce.number().int().min(1).max(MOST_LISTED).default(50).describe('At most so many.');
const cursor = z.string().max(500).optional().describe('`next` of the page before; left out: the first page.');
export const pageQuery = { limit, cursor };
export const nextCursor = z.string().nullable().describe('The cursor of the next page; null: this is the last.');

export const evidenceSchema = z.object({ observer: z.string(), saw: z.string() });
export const sentenceSchema = name(
  'Sentence',
  z.object({ sentence: z.string().describe('What was done, for people.') }),
);
