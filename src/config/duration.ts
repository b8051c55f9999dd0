/** Durations as people write them: `500ms`, `60s`, `5m`, `1h`, `30d`. */
import { z } from 'zod';

const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s?(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return null;
  return Math.round(Number(match[1]) * UNITS_MS[match[2]!]!);
}

/** A duration in a file, as milliseconds; `right` says what belongs there. */
export const durationBetween = (leastMs: number, mostMs: number, right: string) =>
  z
    .string({ error: right })
    .refine((value) => {
      const ms = parseDuration(value);
      return ms !== null && ms >= leastMs && ms <= mostMs;
    }, right)
    .transform((value) => parseDuration(value)!)
    .meta({ shown: 'duration' });
