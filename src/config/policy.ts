/** What a site wants done by itself: the `failover:` part of its description, and the same keys as a file of their own for replay. */
import { z } from 'zod';
import type { Problem } from '../errors.ts';
import { type DailyWindow, DEFAULT_POLICY, type FailoverPolicy, PATIENCE } from '../model/index.ts';
import { readYaml } from './document.ts';
import { durationBetween } from './duration.ts';
import { falseAlarms } from './programs.ts';
import { applySchema } from './schema-problems.ts';

const HOUR_MS = 3_600_000;

/** Probes go out every 100 ms: less than two of them are no silence. `missing` is what `normal` says. */
const waiting = (leastMs: number, missing: number, example: string) =>
  durationBetween(leastMs, HOUR_MS, `a duration up to 1h, at least ${leastMs} ms, for example ${example}`).default(
    missing,
  );

const patience = z.preprocess(
  (value) => (typeof value === 'string' && Object.hasOwn(PATIENCE, value) ? asTexts(value) : value),
  z
    .strictObject(
      {
        silence: waiting(200, PATIENCE.normal.silenceMs, '600ms'),
        refused: waiting(100, PATIENCE.normal.refusedMs, '250ms'),
        down: waiting(200, PATIENCE.normal.downMs, '2s'),
        erring: waiting(0, PATIENCE.normal.erringMs, '0s'),
        slow: waiting(1_000, PATIENCE.normal.slowMs, '15s'),
      },
      {
        error: 'eager, normal, careful, or numbers: {silence: 600ms, refused: 250ms, down: 2s, erring: 0s, slow: 15s}',
      },
    )
    .transform(({ silence, refused, down, erring, slow }) => ({
      silenceMs: silence,
      refusedMs: refused,
      downMs: down,
      erringMs: erring,
      slowMs: slow,
    })),
);

/** A named patience as a person would have written its numbers. */
function asTexts(name: string): Record<string, string> {
  const { silenceMs, refusedMs, downMs, erringMs, slowMs } = PATIENCE[name as keyof typeof PATIENCE];
  const numbers = { silence: silenceMs, refused: refusedMs, down: downMs, erring: erringMs, slow: slowMs };
  return Object.fromEntries(Object.entries(numbers).map(([key, ms]) => [key, `${ms}ms`]));
}

const BETWEEN = /^([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))$/;
const RIGHT_BETWEEN = 'two different times of the day, UTC, for example "02:00-05:00"';

/** Two times of the day as minutes; `right` says what belongs there, and in whose time. */
export const windowText = (right: string) =>
  z
    .string({ error: right })
    .refine((text) => parseWindow(text) !== null, right)
    .transform((text) => parseWindow(text)!);

export const dailyWindow = windowText(RIGHT_BETWEEN);

function parseWindow(text: string): DailyWindow | null {
  const match = BETWEEN.exec(text.trim());
  if (match === null) return null;
  const [fromHour, fromMinute, toHour, toMinute] = match.slice(1).filter((part) => part !== undefined);
  const window = {
    fromMinute: Number(fromHour) * 60 + Number(fromMinute),
    toMinute: Number(toHour) * 60 + Number(toMinute),
  };
  return window.fromMinute === window.toMinute ? null : window;
}

const failback = z.preprocess(
  (value) => (value === 'never' ? null : value),
  z
    .strictObject(
      {
        after: durationBetween(
          60_000,
          30 * 24 * HOUR_MS,
          'how long it must have been quiet, from 1m to 720h, for example 1h',
        ),
        between: dailyWindow.nullable().default(null),
      },
      { error: 'never, or {after: 1h, between: "02:00-05:00"}' },
    )
    .transform(({ after, between }) => ({ quietMs: after, window: between }))
    .nullable(),
);

const keys = {
  patience: patience.prefault('normal'),
  mode: z.enum(['automatic', 'ask-first'], { error: 'automatic or ask-first' }).default('automatic'),
  failback: failback.default(null),
  backOff: durationBetween(
    0,
    24 * HOUR_MS,
    'how long the next move between living zones waits at least, from 0s (no limit) to 24h, for example 10m',
  ).default(DEFAULT_POLICY.backOffMs),
  mostLag: durationBetween(
    100,
    HOUR_MS,
    'how far behind a standby may be and still be moved to, from 100ms to 1h, for example 5s',
  ).default(DEFAULT_POLICY.mostLagMs),
};

type Written = { backOff: number; mostLag: number } & Omit<FailoverPolicy, 'backOffMs' | 'mostLagMs'>;

const toPolicy = ({ backOff, mostLag, ...policy }: Written): FailoverPolicy => ({
  ...policy,
  backOffMs: backOff,
  mostLagMs: mostLag,
});

/** The `failover:` part of a site description; its defaults are `DEFAULT_POLICY`. */
export const failoverPolicy = z
  .strictObject(keys, { error: 'what the site wants done by itself, for example {patience: careful, mode: ask-first}' })
  .prefault({})
  .transform(toPolicy);

export const policyFile = z.strictObject({ ...keys, falseAlarms: falseAlarms.nullable().default(null) });

export type ParsedPolicy =
  | { policy: FailoverPolicy; falseAlarmsPerYear: number | null; problems?: undefined }
  | { policy?: undefined; problems: Problem[] };

/**
 * Parses a policy that stands in a file of its own: the keys of `failover:` and `falseAlarms`, all optional.
 * `falseAlarmsPerYear` is null when the file does not speak of it. Or every problem, in the order of the lines.
 */
export function parsePolicy(text: string): ParsedPolicy {
  const document = readYaml(text);
  if (document.problems.length > 0) return { problems: document.problems };
  const { value, problems } = applySchema(policyFile, document);
  if (value === null) return { problems };
  const { falseAlarms: falseAlarmsPerYear, ...policy } = value;
  return { policy: toPolicy(policy), falseAlarmsPerYear };
}
