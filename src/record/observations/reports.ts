/** What an observer's report may look like in a file of observations, and the one place of what is meant by a field left out. */
import { z } from 'zod';
import { LATENCY_BOUNDS_MS } from '../../model/index.ts';

const ms = z.number().min(0);
const count = z.number().min(0);
const name = z.string().min(1, 'a name');

const probe = z.strictObject({
  zone: name,
  answeredAgoMs: ms.nullable().default(20),
  failure: z.enum(['refused', 'reset', 'timeout', 'unreachable', 'bad-answer']).nullable().default(null),
  rttMs: ms.nullable().default(1),
  ended: count.default(30),
  failed: count.default(0),
});

const disk = z.strictObject({
  freeBytes: count.default(50e9),
  totalBytes: count.default(100e9),
  stuckForMs: ms.default(0),
  fsyncMs: ms.default(1),
  full: z.boolean().default(false),
});

const database = z.strictObject({
  state: z.enum(['absent', 'building', 'starting', 'running', 'down', 'setting-aside']).default('running'),
  stateForMs: ms.default(60_000),
  trouble: z.string().nullable().default(null),
  writable: z.boolean().optional(),
  waitsFor: name.nullable().default(null),
  gatePosition: z.string().nullable().optional(),
  acknowledgerConnected: z.boolean().optional(),
  binlogPosition: z.string().default(''),
  receivedPosition: z.string().default(''),
  appliedPosition: z.string().default(''),
  follows: name.nullable().default(null),
  ioRunning: z.boolean().optional(),
  sqlRunning: z.boolean().optional(),
  acknowledges: z.boolean().optional(),
  heardAgoMs: ms.nullable().optional(),
  disk: disk.nullable().default(null),
  connections: z.strictObject({ used: count, most: count }).nullable().default(null),
  build: z
    .strictObject({
      from: name,
      receivedBytes: count,
      totalBytes: count.nullable(),
      startedAgoMs: ms,
      bytesPerSecond: count.nullable().default(null),
      stage: z.enum(['copying', 'preparing', 'catching-up']).default('copying'),
      attempts: count.default(1),
      throttled: z.boolean().default(false),
    })
    .nullable()
    .default(null),
  lag: z
    .strictObject({ ms, bytes: count.default(0) })
    .nullable()
    .default(null),
  transactions: z.strictObject({ open: count, oldestMs: ms }).nullable().default(null),
});

const CHECKS = 20;
const application = z
  .strictObject({
    state: z.enum(['stopped', 'starting', 'ready', 'failing']).default('ready'),
    stateForMs: ms.default(60_000),
    checks: z.array(z.number()).optional(),
    tookMs: z.array(ms).optional(),
  })
  .refine(({ checks, tookMs }) => tookMs === undefined || tookMs.length === (checks?.length ?? CHECKS), {
    path: ['tookMs'],
    message: 'one time for each of checks, in the same order',
  });

const auxiliary = z
  .strictObject({
    state: z.enum(['stopped', 'cold', 'warm', 'failing']),
    stateForMs: ms.default(60_000),
    trouble: z.string().nullable().default(null),
  })
  .nullable()
  .default(null);

const copy = z.strictObject({
  site: name,
  epoch: z.int().min(0).optional(),
  settled: z.enum(['live', 'standby', 'spare', 'none']).nullable().default(null),
  database: database.prefault({}),
  application: application.prefault({}),
  promoted: z
    .strictObject({ epoch: z.int().min(1), position: z.string().default('') })
    .nullable()
    .default(null),
  initialised: z.boolean().default(true),
  actions: z
    .array(
      z.strictObject({
        id: name,
        verb: name,
        epoch: z.int(),
        startedAt: z.number(),
        tookMs: ms,
        outcome: z.enum(['done', 'failed']),
        detail: z.string().default(''),
      }),
    )
    .default([]),
  cache: auxiliary,
  search: auxiliary,
  salvage: z
    .array(
      z.strictObject({
        id: name,
        keptSince: z.number(),
        bytes: count,
        transactions: count.nullable().default(null),
        folder: z.string().default(''),
        deletedAt: z.number().nullable().default(null),
      }),
    )
    .default([]),
});

const room = z.strictObject({
  cores: count,
  cpuBusy: z.number().min(0),
  memoryAvailableBytes: count.default(4e9),
  memoryTotalBytes: count.default(8e9),
  machine: z.string().default(''),
});

export const agentReport = z.strictObject({
  kind: z.literal('agent'),
  zone: name,
  incarnation: z.string().default('by-hand'),
  sequence: z.int().optional(),
  probes: z.array(probe).default([]),
  copies: z.array(copy).default([]),
  copiesInAll: count.optional(),
  room: room.nullable().default(null),
});

/** How many answers fell into each class of `LATENCY_BOUNDS_MS`. */
export const latencyCounts = z
  .array(count)
  .refine(({ length }) => length === 0 || length === LATENCY_BOUNDS_MS.length + 1, {
    message: `${LATENCY_BOUNDS_MS.length + 1} counts, one for each class, or an empty list`,
  })
  .default([]);

const traffic = z.strictObject({
  site: name,
  zone: name,
  attempts: count.optional(),
  answered: count.default(0),
  serverErrors: count.default(0),
  connectErrors: count.default(0),
  timeouts: count.default(0),
  waiting: count.default(0),
  oldestWaitingMs: ms.default(0),
  answeredAgoMs: ms.nullable().optional(),
  latency: latencyCounts,
});

const route = z.strictObject({
  site: name,
  epoch: z.int(),
  routedAt: z.number(),
  firstWriteAt: z.number().nullable().default(null),
  heldNow: count.default(0),
  heldLongestMs: ms.default(0),
  inFlight: count.default(0),
  failed: count.default(0),
});

export const edgeReport = z.strictObject({
  kind: z.literal('edge'),
  edge: name,
  incarnation: z.string().default('by-hand'),
  sequence: z.int().optional(),
  sentAtMs: z.number().optional(),
  probes: z.array(probe).default([]),
  traffic: z.array(traffic).default([]),
  routes: z.array(route).default([]),
});

/** A report as it stands in a file: what follows from other lines, or from other fields, may still be missing. */
export type WrittenReport = z.infer<typeof agentReport> | z.infer<typeof edgeReport>;
