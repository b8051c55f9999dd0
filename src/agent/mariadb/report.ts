/** What the controllers are told about one copy's database. Pure. */
import type { DatabaseReport, DatabaseState, ZoneId } from '../../model/index.ts';
import type { BuildProgress } from './context.ts';
import type { Action, Observed } from './plan.ts';
import type { Sample } from './sampler.ts';

export interface ReportInput {
  seen: Observed;
  doing: Action | null;
  stateForMs: number;
  trouble: string | null;
  gatePosition: string | null;
  follows: ZoneId | null;
  heardAgoMs: number | null;
  lag: DatabaseReport['lag'];
  transactions: DatabaseReport['transactions'];
  build: (BuildProgress & { now: number }) | null;
}

export function stateOf(seen: Observed, doing: Action | null, building: boolean): DatabaseState {
  if (building) return 'building';
  if (doing === 'set-aside') return 'setting-aside';
  if (doing === 'create' || doing === 'replay' || doing === 'start-plain' || doing === 'start-rejoin')
    return 'starting';
  if (seen.process === 'answering') return mayLackWrites(seen) ? 'starting' : 'running';
  if (seen.process === 'starting') return 'starting';
  if (seen.process === 'silent') return 'down';
  return seen.data ? 'down' : 'absent';
}

/** After a restart: until all it had received is applied, by proof, or its source was heard again. */
function mayLackWrites({ kept, complete, sample }: Observed): boolean {
  if (!sample?.follows) return kept;
  return kept || (!complete && !sample.everHeard);
}

export function toReport(input: ReportInput): DatabaseReport {
  const { seen, build } = input;
  const now = seen.process === 'answering' ? seen.sample : null;
  const waits = now?.writable === true && now.waiting && now.waitingConfirmed && input.gatePosition !== null;
  return {
    state: stateOf(seen, input.doing, build !== null && build.stage !== 'catching-up'),
    stateForMs: Math.round(input.stateForMs),
    trouble: input.trouble,
    writable: now?.writable ?? false,
    waitsFor: waits ? seen.waitsFor : null,
    gatePosition: waits ? input.gatePosition : null,
    acknowledgerConnected: (now?.acknowledgers.length ?? 0) > 0,
    ...positionsOf(now),
    follows: now?.follows ? input.follows : null,
    ioRunning: now?.io === 'yes',
    sqlRunning: now?.sqlRunning ?? false,
    acknowledges: now?.io === 'yes' && now.syncReplica && now.syncReplicaConnected,
    heardAgoMs: input.heardAgoMs === null ? null : Math.round(input.heardAgoMs),
    disk: null,
    connections: now?.connections ?? null,
    build:
      build === null
        ? null
        : {
            from: build.from,
            receivedBytes: build.receivedBytes,
            totalBytes: build.totalBytes,
            startedAgoMs: Math.round(build.now - build.startedAt),
            bytesPerSecond: build.bytesPerSecond,
            stage: build.stage,
            attempts: build.attempts,
            throttled: build.throttled,
          },
    lag: now === null ? null : input.lag,
    transactions: now === null ? null : input.transactions,
  };
}

function positionsOf(now: Sample | null) {
  return {
    binlogPosition: now?.binlogPosition ?? '',
    receivedPosition: now?.receivedPosition ?? '',
    appliedPosition: now?.appliedPosition ?? '',
  };
}
