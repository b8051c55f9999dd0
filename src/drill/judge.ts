/** Turns what a drill saw into its figures and its verdict: pure, so that the verdict itself is tested. */
import type { Incident, WallMs } from '../model/index.ts';
import type { Sample } from './load/plan.ts';

export const FAULTS = ['kill', 'freeze', 'cut', 'db-kill', 'standby-kill', 'errors', 'hang'] as const;
export type Fault = (typeof FAULTS)[number];

/** A moment at which the site became protected or exposed. */
export interface ProtectionChange {
  at: WallMs;
  protected: boolean;
}

export interface DrillRecord {
  fault: Fault;
  faultAt: WallMs;
  /** When the load stopped: the end of what the gaps are measured in. */
  loadEndedAt: WallMs;
  samples: Sample[];
  /** Every incident that the platform recorded; older entries than the fault are not looked at. */
  incidents: Incident[];
  /** Since the warm-up. */
  protection: ProtectionChange[];
  /** How often each write's id is in the live database, at each reading back. */
  readBacks: Map<string, number>[];
  /** Ids of the requests of which bytes had gone into the zone, by the edge's access log. */
  bytesSentInto: Set<string>;
}

/** Times in milliseconds from the fault; null: it did not happen. */
export interface DrillResult {
  fault: Fault;
  /** First finding of the incident. */
  detectedMs: number | null;
  /** The decision that answers the fault: a failover, or giving the standby up. */
  decidedMs: number | null;
  /** The new live copy became writable. */
  promotedMs: number | null;
  /** The acknowledged write that ended the longest pause. */
  firstWriteMs: number | null;
  /** Longest time without an acknowledged write, from one second before the fault to the end. */
  writeGapMs: number;
  /** Longest time without a successful GET, likewise. */
  readGapMs: number;
  getFailed: number;
  otherFailed: number;
  /** Those of `otherFailed` whose bytes had gone into the zone before the edge left it. */
  otherInFlight: number;
  ackedLost: number;
  executedTwice: number;
  /** How long the site was without an in-sync standby. */
  exposedMs: number | null;
  reprotectedMs: number | null;
  requests: number;
}

/** How far before the fault the longest pause may begin. */
const BEFORE_MS = 1_000;

export function judge(record: DrillRecord): DrillResult {
  const { faultAt, samples } = record;
  const writes = samples.filter((sample) => sample.kind === 'write');
  const gets = samples.filter((sample) => sample.kind === 'get');
  const failedWrites = writes.filter((sample) => !sample.ok);
  const writeGap = longestGap(writes, faultAt, record.loadEndedAt);
  const readGap = longestGap(gets, faultAt, record.loadEndedAt);
  const acked = writes.filter((sample) => sample.ok);
  return {
    fault: record.fault,
    ...milestones(record),
    firstWriteMs: writeGap.endedBy === null ? null : rounded(writeGap.endedBy - faultAt),
    writeGapMs: rounded(writeGap.ms),
    readGapMs: rounded(readGap.ms),
    getFailed: gets.filter((sample) => !sample.ok).length,
    otherFailed: failedWrites.length,
    otherInFlight: failedWrites.filter((sample) => record.bytesSentInto.has(sample.id)).length,
    ackedLost: acked.filter((sample) => record.readBacks.some((rows) => !rows.has(sample.id))).length,
    executedTwice: writes.filter((sample) => record.readBacks.some((rows) => (rows.get(sample.id) ?? 0) > 1)).length,
    ...protectionTimes(record.protection, faultAt),
    requests: samples.length,
  };
}

/** The longest pause between successes that ends after the fault; `endedBy` null when nothing ended it. */
export function longestGap(samples: Sample[], faultAt: WallMs, endAt: WallMs): { ms: number; endedBy: WallMs | null } {
  const windowStart = faultAt - BEFORE_MS;
  const times = samples
    .filter((sample) => sample.ok)
    .map((sample) => sample.finishedAt)
    .sort((x, y) => x - y);
  let longest: { ms: number; endedBy: WallMs | null } = { ms: 0, endedBy: null };
  let last = windowStart;
  for (const time of times) {
    if (time > faultAt && time - last > longest.ms) longest = { ms: time - last, endedBy: time };
    last = Math.max(last, time);
  }
  if (endAt - last > longest.ms) longest = { ms: endAt - last, endedBy: null };
  return longest;
}

function milestones({ fault, faultAt, incidents }: DrillRecord) {
  const entries = incidents
    .flatMap((incident) => incident.entries)
    .filter((entry) => entry.at >= faultAt)
    .sort((x, y) => x.at - y.at);
  const since = (at: WallMs | undefined) => (at === undefined ? null : rounded(at - faultAt));
  const answer = fault === 'standby-kill' ? 'give-up-standby' : 'failover';
  const promoted = entries.find((entry) => entry.kind === 'action' && entry.code === 'promote');
  return {
    detectedMs: since(entries.find((entry) => entry.kind === 'finding')?.at),
    decidedMs: since(entries.find((entry) => entry.kind === 'decision' && entry.code === answer)?.at),
    promotedMs: since(promoted?.at),
  };
}

/** From the first exposure after the fault to the last return to protection. */
function protectionTimes(changes: ProtectionChange[], faultAt: WallMs) {
  const after = changes.filter((change) => change.at >= faultAt).sort((x, y) => x.at - y.at);
  const exposedAt = after.find((change) => !change.protected)?.at;
  const last = after.at(-1);
  if (!last?.protected) return { exposedMs: null, reprotectedMs: null };
  if (exposedAt === undefined) return { exposedMs: 0, reprotectedMs: rounded(last.at - faultAt) };
  let exposedMs = 0;
  let since: WallMs | null = null;
  for (const change of after) {
    if (!change.protected) since ??= change.at;
    else if (since !== null) {
      exposedMs += change.at - since;
      since = null;
    }
  }
  return { exposedMs: rounded(exposedMs), reprotectedMs: rounded(last.at - faultAt) };
}

function rounded(ms: number): number {
  return Math.round(ms);
}
