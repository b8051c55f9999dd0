/** What an evacuation took and cost, from the records and samples of one run: pure. */
import { longestGap } from '../../src/drill/judge.ts';
import type { Sample } from '../../src/drill/load/plan.ts';
import { isProtected, type Placement, type SiteId, type WallMs, type ZoneId } from '../../src/model/index.ts';
import { exposedMs } from '../move/timeline.ts';
import type { Busy } from './processor.ts';
import type { EvacuationRecord, Phase } from './run.ts';

export interface Spread {
  median: number;
  worst: number;
}

export interface PhaseFigures {
  verb: Phase['verb'];
  exitStatus: number;
  commandMs: number;
  /** From the order until the last site lived elsewhere (or at home) and took writes. */
  allMovedMs: number;
  /** From the order until the last site was protected there, no copy in the zone standing by. */
  allProtectedMs: number;
  missing: SiteId[];
  /** By site: how long visitors' writes were held by the records, in one go: from `hand-over` to `let-go` or to open again. */
  held: Spread;
  /** By site: longest time between two acknowledged writes; with few writes a second this is their distance, too. */
  writePause: Spread;
  /** By site: the longest that a write took from its due time to its acknowledgement. */
  slowestWrite: Spread;
  exposed: Spread;
  /** How often visitors were held, over all sites. */
  holds: number;
  /** Moves that were given up, over all sites. */
  calledOff: number;
  failed: Sample[];
  busy: Busy;
}

export interface EvacuationFigures {
  sites: number;
  copies: number;
  rate: number;
  madeMs: number;
  busyBefore: Busy;
  phases: PhaseFigures[];
  requests: number;
  acknowledged: number;
  failed: number;
  ackedLost: number;
  executedTwice: number;
}

const AROUND_MS = 1_000;

export const hasLeft = (zone: ZoneId) => (placement: Placement) =>
  placement.live !== zone && placement.standby !== zone && placement.order === null && isProtected(placement);
export const hasArrived = (zone: ZoneId) => (placement: Placement) =>
  placement.live === zone && placement.order === null && isProtected(placement);

export function figuresOf(record: EvacuationRecord): EvacuationFigures {
  const samples = [...record.samples.values()].flat();
  const acknowledged = samples.filter(({ kind, ok }) => kind === 'write' && ok);
  const rows = new Map([...record.rows.values()].flatMap((each) => [...each]));
  return {
    ...record.options,
    madeMs: record.madeMs,
    busyBefore: record.busyBefore,
    phases: record.phases.map((phase) => figuresOfPhase(phase, record.samples)),
    requests: samples.length,
    acknowledged: acknowledged.length,
    failed: samples.filter(({ ok }) => !ok).length,
    ackedLost: acknowledged.filter(({ id }) => !rows.has(id)).length,
    executedTwice: [...rows.values()].filter((times) => times > 1).length,
  };
}

function figuresOfPhase(phase: Phase, samples: EvacuationRecord['samples']): PhaseFigures {
  const { verb, zone, askedAt, placements } = phase;
  const isThere = verb === 'evacuate' ? ({ live }: Placement) => live !== zone : ({ live }: Placement) => live === zone;
  const isDone = verb === 'evacuate' ? hasLeft(zone) : hasArrived(zone);
  const each = [...placements.values()];
  const last = (wanted: (placement: Placement) => boolean) =>
    Math.max(0, ...each.map((records) => (records.find(wanted)?.committedAt ?? Number.POSITIVE_INFINITY) - askedAt));
  const allProtectedMs = last(isDone);
  const endAt = askedAt + (Number.isFinite(allProtectedMs) ? allProtectedMs : phase.commandMs) + AROUND_MS;
  const around = [...samples.values()].map((some) =>
    some.filter(({ finishedAt, sentAt }) => finishedAt > askedAt - AROUND_MS && sentAt < endAt),
  );
  const writes = around.map((some) => some.filter(({ kind }) => kind === 'write'));
  const count = (decision: string) => each.flat().filter((placement) => placement.decision === decision).length;
  return {
    verb,
    exitStatus: phase.exitStatus,
    commandMs: phase.commandMs,
    allMovedMs: last((placement) => isThere(placement) && placement.promotion.open),
    allProtectedMs,
    missing: phase.missing,
    held: spread(each.map(longestHold)),
    writePause: spread(writes.map((some) => longestGap(some, askedAt, endAt).ms)),
    slowestWrite: spread(writes.map((some) => Math.max(0, ...some.map((one) => one.finishedAt - one.scheduledAt)))),
    exposed: spread(each.map(exposedMs)),
    holds: count('hand-over'),
    calledOff: count('call-off'),
    failed: around.flat().filter(({ ok }) => !ok),
    busy: phase.busy,
  };
}

/** The longest time, by the records, from a hand-over until writes went on: where they were, or in the new copy. */
export function longestHold(placements: Placement[]): number {
  let longest = 0;
  let since: WallMs | null = null;
  for (const { decision, promotion, order, committedAt } of placements) {
    if (decision === 'hand-over') since = committedAt;
    else if (since !== null && promotion.open && !order?.holding) {
      longest = Math.max(longest, committedAt - since);
      since = null;
    }
  }
  return longest;
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((x, y) => x - y);
  return {
    median: Math.round(sorted[Math.floor((sorted.length - 1) / 2)] ?? 0),
    worst: Math.round(sorted.at(-1) ?? 0),
  };
}
