/** Zones and sites as a controller sees them: the shapes of `model/status.ts`. */
import { z } from 'zod';
import {
  type AuxiliaryReport,
  type BuildStatus,
  type CopyStatus,
  type ObserverSight,
  ORDER_KINDS,
  type OrderStatus,
  PROBE_FAILURES,
  type Refusal,
  type SalvageReport,
  type SiteStatus,
  type ZoneStatus,
} from '../../model/index.ts';
import { at, evidenceSchema, name } from './common.ts';

const auxiliary = z.object({
  state: z.enum(['stopped', 'cold', 'warm', 'failing']),
  stateForMs: z.number(),
  trouble: z.string().nullable(),
}) satisfies z.ZodType<AuxiliaryReport>;

const salvage = z.object({
  id: z.string(),
  keptSince: at,
  bytes: z.number(),
  transactions: z.number().nullable(),
  folder: z.string(),
  deletedAt: at.nullable(),
}) satisfies z.ZodType<SalvageReport>;

const build = z.object({
  from: z.string(),
  receivedBytes: z.number(),
  totalBytes: z.number().nullable(),
  startedAgoMs: z.number(),
  bytesPerSecond: z.number().nullable(),
  stage: z.enum(['copying', 'preparing', 'catching-up']),
  attempts: z.number(),
  throttled: z.boolean(),
  leftMs: z.number().nullable(),
}) satisfies z.ZodType<BuildStatus>;

export const copySchema = name(
  'Copy',
  z
    .object({
      zone: z.string(),
      role: z.enum(['live', 'standby', 'spare', 'none']),
      database: z.enum(['absent', 'building', 'starting', 'running', 'down', 'setting-aside', 'unknown']),
      application: z.enum(['stopped', 'starting', 'ready', 'failing', 'unknown']),
      lagMs: z.number().nullable().describe('How far it is behind the live copy; null where it does not follow.'),
      buildProgress: z.number().nullable(),
      build: build.nullable(),
      trouble: z.string().nullable(),
      cache: auxiliary.nullable(),
      search: auxiliary.nullable(),
      salvage: z.array(salvage),
    })
    .describe('A site in one zone.') satisfies z.ZodType<CopyStatus>,
);

const refusal = z.object({
  site: z.string(),
  code: z.string() as unknown as z.ZodType<Refusal['code']>,
  sentence: z.string(),
  evidence: z.array(evidenceSchema),
}) satisfies z.ZodType<Refusal>;

const order = z.object({
  kind: z.enum(ORDER_KINDS),
  to: z.string(),
  by: z.string(),
  why: z.string(),
  at,
  holding: z.boolean(),
  attempts: z.number(),
  waitsFor: z.string().describe('What comes next or is waited for, in words.'),
}) satisfies z.ZodType<OrderStatus>;

export const siteSchema = name(
  'Site',
  z
    .object({
      site: z.string(),
      hosts: z.array(z.string()),
      plan: z.string(),
      epoch: z.number(),
      phase: z.enum(['new', 'promoting', 'opening', 'single', 'growing', 'handing-over', 'protected']),
      protected: z.boolean().describe('Losing the live zone loses nothing.'),
      since: at.describe('Since when it is protected, or exposed.'),
      live: z.string(),
      standby: z.string().nullable(),
      spares: z.array(z.string()),
      copies: z.array(copySchema),
      incident: z.string().nullable().describe('The open incident that it is part of.'),
      refusal: refusal.nullable().describe('Why it is not moved although there is trouble.'),
      order: order.nullable().describe('A planned move that is under way.'),
      record: z
        .string()
        .nullable()
        .describe('Id of the record of the planned move or drill, to be read like an incident.'),
    })
    .describe('A site, and where it lives.') satisfies z.ZodType<SiteStatus>,
);

export const zoneSchema = name(
  'Zone',
  z
    .object({
      zone: z.string(),
      state: z.enum(['healthy', 'dark', 'erring', 'unknown']),
      since: at,
      heardAgoMs: z.number().nullable().describe('Since the asked controller last heard its agent; null: never.'),
      controllerHere: z.boolean(),
      agent: z.string().nullable().describe('host:port; null for owners too.'),
      evacuated: z
        .object({ at, by: z.string(), why: z.string() })
        .nullable()
        .describe('A person has taken every site out of it.'),
      observers: z
        .array(
          z.object({
            observer: z.string().describe('`agent:b`, `edge:edge-1`.') as unknown as z.ZodType<
              ObserverSight['observer']
            >,
            answeredAgoMs: z.number().nullable().describe('Since anything there answered its probes; null: never.'),
            failure: z.enum(PROBE_FAILURES).nullable().describe('Why none of its newest probes was answered.'),
            rttMs: z.number().nullable(),
          }),
        )
        .describe('Who looks at it from outside, as far as they were heard lately, and what each sees.'),
    })
    .describe('A failure domain.') satisfies z.ZodType<ZoneStatus>,
);
