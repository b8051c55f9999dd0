/** Sizes as people write them: `500MB`, `20GB`, `1.5TB`. */
import { z } from 'zod';

const UNITS: Record<string, number> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** Bytes, or null when the text is not a size. */
export function parseBytes(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s?(MB|GB|TB)$/.exec(text.trim());
  return match === null ? null : Math.round(Number(match[1]) * UNITS[match[2]!]!);
}

/** A size in a file, as bytes; `right` says what belongs there. */
export const bytesBetween = (least: number, most: number, right: string) =>
  z
    .string({ error: right })
    .refine((value) => {
      const bytes = parseBytes(value);
      return bytes !== null && bytes >= least && bytes <= most;
    }, right)
    .transform((value) => parseBytes(value)!)
    .meta({ shown: 'size' });
