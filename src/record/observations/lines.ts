/** The kinds of line of a file of observations: one schema each, with the defaults that keep a file written by hand short. */
import { z } from 'zod';
import {
  DEFAULT_POLICY,
  DRILL_FAULTS,
  NO_DRILL_FIGURES,
  ORDER_KINDS,
  PATIENCE,
  SITE_DEFAULTS,
} from '../../model/index.ts';
import { agentReport, edgeReport, latencyCounts } from './reports.ts';

export const FORMAT = 'holdfast-observations';
export const VERSION = 1;

const at = z.number({ error: 'milliseconds since the header, a number' }).min(0, 'milliseconds since the header');
const ms = z.number().min(0);
const name = z.string().min(1, 'a name');
const count = z.number().min(0);
const zone = name.nullable();

export const headerLine = z.strictObject({
  kind: z.literal('header', { error: 'header: the first line says what file this is' }),
  format: z.literal(FORMAT, { error: FORMAT }),
  version: z.literal(VERSION, { error: `${VERSION}: what this version of holdfast reads` }),
  controller: name.default('by-hand'),
  startedAt: z.number({ error: 'milliseconds since 1970' }).default(0),
  settings: z.strictObject({ falseAlarmsPerYear: z.number().min(1e-6).max(365).default(0.1) }).prefault({}),
  /** `recorded`: the detector looks where a turn line stands; `steady`: every TICK_MS. */
  turns: z.enum(['recorded', 'steady']).default('steady'),
  incident: z.string().nullable().default(null),
});

const patienceNumbers = z.strictObject({
  silenceMs: ms.default(PATIENCE.normal.silenceMs),
  refusedMs: ms.default(PATIENCE.normal.refusedMs),
  downMs: ms.default(PATIENCE.normal.downMs),
  erringMs: ms.default(PATIENCE.normal.erringMs),
  slowMs: ms.default(PATIENCE.normal.slowMs),
});
const patienceNames = Object.keys(PATIENCE) as (keyof typeof PATIENCE)[];
const patience = z.union([z.enum(patienceNames).transform((named) => PATIENCE[named]), patienceNumbers], {
  error: `one of ${patienceNames.join(', ')}, or numbers such as {"silenceMs": 600, "downMs": 2000}`,
});
const minute = z.int().min(0).max(1_440);
const window = z.strictObject({ fromMinute: minute, toMinute: minute });
const drillFault = z.enum(DRILL_FAULTS);
const orderKind = z.enum(ORDER_KINDS);

const site = z.strictObject({
  at,
  kind: z.literal('site'),
  site: name,
  zones: z.array(name).min(1, 'at least one zone'),
  failover: z
    .strictObject({
      patience: patience.default(PATIENCE.normal),
      mode: z.enum(['automatic', 'ask-first']).default('automatic'),
      failback: z
        .strictObject({
          quietMs: ms,
          window: window.nullable().default(null),
        })
        .nullable()
        .default(null),
      backOffMs: ms.default(DEFAULT_POLICY.backOffMs),
      mostLagMs: ms.default(DEFAULT_POLICY.mostLagMs),
    })
    .prefault({}),
  copies: z.union([z.literal(2), z.literal(3)]).default(SITE_DEFAULTS.copies),
  freeze: z.array(window).default([]),
  handOver: z.strictObject({ drainMs: ms }).default(SITE_DEFAULTS.handOver),
  drills: z
    .strictObject({ everyMs: ms, fault: drillFault, window: window.nullable().default(null) })
    .nullable()
    .default(null),
  unprotected: z.string().nullable().default(null),
});

const promotion = z.strictObject({
  epoch: z.int().min(1).default(1),
  from: zone.default(null),
  position: z.string().nullable().default(''),
  open: z.boolean().default(true),
  acceptedLoss: z
    .strictObject({
      by: name,
      why: z.string(),
      at: z.number(),
      incident: z.string().nullable().default(null),
      compared: z.boolean().optional(),
    })
    .nullable()
    .default(null),
});

const placement = z
  .strictObject({
    at,
    kind: z.literal('placement'),
    site: name,
    epoch: z.int().min(1).default(1),
    live: name,
    standby: zone.default(null),
    inSync: z.boolean().optional(),
    spares: z.array(name).default([]),
    initialised: z.boolean().default(true),
    promotion: promotion.prefault({}),
    former: promotion.nullable().default(null),
    incident: z.string().nullable().default(null),
    decision: name.default('by-hand'),
    committedAt: z.number().optional(),
    protectionSince: z.number().optional(),
    moves: z
      .array(
        z.strictObject({
          at: z.number(),
          from: name,
          to: name,
          because: z.string().nullable(),
          order: z.strictObject({ kind: orderKind, at: z.number() }).optional(),
        }),
      )
      .default([]),
    approval: z.strictObject({ at: z.number(), by: z.string() }).nullable().default(null),
    order: z
      .strictObject({
        kind: orderKind,
        to: name,
        by: name,
        why: z.string().default(''),
        at: z.number().default(0),
        drainMs: ms.default(SITE_DEFAULTS.handOver.drainMs),
        holding: z.boolean().default(false),
        attempts: count.default(0),
      })
      .nullable()
      .default(null),
    drill: z
      .strictObject({
        id: name,
        fault: drillFault,
        home: name,
        by: name,
        startedAt: z.number().default(0),
        to: name.default(''),
        stage: z.enum(['away', 'there', 'home']),
        stopped: z.string().nullable().default(null),
        figures: z
          .strictObject({
            decidedMs: ms.nullable(),
            heldLongestMs: ms,
            failedRequests: count,
            exposedMs: ms,
            tookMs: ms,
          })
          .default(NO_DRILL_FIGURES),
      })
      .nullable()
      .default(null),
    drilledAt: z.number().nullable().default(null),
    exposedBy: z.literal('not-protected-by-plan').nullable().default(null),
  })
  .refine(({ live, standby, spares }) => noneTwice([live, ...(standby === null ? [] : [standby]), ...spares]), {
    path: ['live'],
    message: 'every zone only once among live, standby and spares',
  });

function noneTwice(zones: string[]): boolean {
  return new Set(zones).size === zones.length;
}

const usual = z.strictObject({
  at,
  kind: z.literal('usual'),
  site: name,
  answers: count,
  serverErrors: count.default(0),
  ended: count.optional(),
  unanswered: count.default(0),
  latency: latencyCounts,
  perSecond: count.nullable().default(null),
});

const evidence = z.array(z.strictObject({ observer: name, saw: z.string() })).default([]);
const of = { at, site: name, code: name };

/** What a file of observations may hold after its header, by kind. `report` lines are of two kinds: see `schemaOf`. */
const LINES = {
  site,
  placement,
  usual,
  turn: z.strictObject({ at, kind: z.literal('turn'), wall: z.number().optional() }),
  stall: z.strictObject({ at, kind: z.literal('stall'), forMs: ms }),
  finding: z.strictObject({
    at,
    kind: z.literal('finding'),
    code: name,
    zone: zone.default(null),
    site: zone.default(null),
    observer: zone.default(null),
    forMs: ms.default(0),
    outright: z.boolean().default(false),
    sentence: z.string().default(''),
    evidence,
  }),
  'finding-ended': z.strictObject({ at, kind: z.literal('finding-ended'), subject: name, lastedMs: ms.default(0) }),
  decision: z.strictObject({
    ...of,
    kind: z.literal('decision'),
    epoch: z.int(),
    from: name,
    live: name,
    standby: zone.default(null),
    sentence: z.string().default(''),
    because: z.string().nullable().default(null),
  }),
  refusal: z.strictObject({
    ...of,
    kind: z.literal('refusal'),
    sentence: z.string().default(''),
    because: z.string().nullable().default(null),
    evidence,
  }),
  'refusal-ended': z.strictObject({ ...of, kind: z.literal('refusal-ended'), lastedMs: ms.default(0) }),
  commit: z.strictObject({
    ...of,
    kind: z.literal('commit'),
    epoch: z.int(),
    outcome: z.enum(['committed', 'beaten', 'store-unavailable']),
  }),
  end: z.strictObject({ at, kind: z.literal('end'), why: z.string().default('') }),
} as const;

const reportLine = {
  at,
  kind: z.literal('report'),
  /** The same report again so often (a file written by hand needs one line instead of ten a second) … */
  everyMs: z.number().min(10, 'at least 10').optional(),
  /** … until the observer's next line, or until then. */
  untilMs: z.number().min(0).optional(),
};
const agentLine = z.strictObject({ ...reportLine, report: agentReport });
const edgeLine = z.strictObject({ ...reportLine, report: edgeReport });

export type Header = z.infer<typeof headerLine>;
export type PlacementLine = LineOf<'placement'>;
export type ReportLine = z.infer<typeof agentLine> | z.infer<typeof edgeLine>;
export type LineOf<K extends keyof typeof LINES> = z.infer<(typeof LINES)[K]>;
export type UsualLine = LineOf<'usual'>;
export type SiteLine = LineOf<'site'>;
/** What was found, decided and refused when it was recorded: only compared with, never replayed. */
export type TurnLine = LineOf<'finding' | 'finding-ended' | 'decision' | 'refusal' | 'refusal-ended'>;
export type Line = ReportLine | LineOf<keyof typeof LINES>;

export const LINE_KINDS = ['report', ...Object.keys(LINES)] as Line['kind'][];

const REPORTS = { agent: agentLine, edge: edgeLine } as const;
export const REPORT_KINDS = Object.keys(REPORTS);

/** The schema for a line with this content; null: it, or the report in it, is of no known kind. */
export function schemaOf(value: Record<string, unknown>): z.ZodType<Line> | null {
  const kind = String(value.kind);
  const report = String((value.report as { kind?: unknown } | null | undefined)?.kind);
  if (kind === 'report') return Object.hasOwn(REPORTS, report) ? REPORTS[report as keyof typeof REPORTS] : null;
  return Object.hasOwn(LINES, kind) ? (LINES[kind as keyof typeof LINES] as z.ZodType<Line>) : null;
}
