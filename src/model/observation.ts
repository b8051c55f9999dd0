/**
 * What one observer saw in one short window. Agents and edges push one report about every 100 ms to every controller, as
 * one JSON text message on a WebSocket (`/observe`). Ages, not clock times: no two clocks are ever compared.
 */
import type { EdgeId, Epoch, Gtid, Role, SiteId, WallMs, ZoneId } from './index.ts';

export type ProbeFailure = 'refused' | 'reset' | 'timeout' | 'unreachable' | 'bad-answer';

/** What the observer knows of one zone from its own probes of that zone's agent and controller (`GET /health`). */
export interface ZoneProbe {
  zone: ZoneId;
  /** Milliseconds since any target of that zone last answered a probe; null: never since this observer started. */
  answeredAgoMs: number | null;
  /** Failure of the newest finished probe of every target, when none answered; null when at least one answered. */
  failure: ProbeFailure | null;
  /** Round trip of the newest answer. */
  rttMs: number | null;
}

export type DatabaseState =
  | 'absent' // no data directory here
  | 'building' // a copy is being streamed in
  | 'starting'
  | 'running'
  | 'down' // died or does not answer; the agent waits for a decision or restarts it
  | 'setting-aside'; // diverged: the data directory is being kept aside before a rebuild

export interface DatabaseReport {
  state: DatabaseState;
  /** Milliseconds since `state` was entered. */
  stateForMs: number;
  /** One sentence about the trouble, when there is some. */
  trouble: string | null;
  /** `read_only` is off. */
  writable: boolean;
  /** Commits wait for this zone's acknowledgement (semi-sync on), and have since `gatePosition`; null: nobody is waited for. */
  waitsFor: ZoneId | null;
  /** Own binlog position observed right after commits began to wait; null when `waitsFor` is. */
  gatePosition: Gtid | null;
  /** A semi-sync replica is connected to this server. */
  acknowledgerConnected: boolean;
  /** `gtid_binlog_pos`. */
  binlogPosition: Gtid;
  /** `Gtid_IO_Pos`: received from the source, perhaps not yet applied. */
  receivedPosition: Gtid;
  /** `gtid_slave_pos`. */
  appliedPosition: Gtid;
  /** The zone this server is set to follow. */
  follows: ZoneId | null;
  ioRunning: boolean;
  sqlRunning: boolean;
  /** This replica acknowledges (semi-sync replica on and connected). */
  acknowledges: boolean;
  /** Milliseconds since the I/O thread last received anything (event or heartbeat); null when not following. */
  heardAgoMs: number | null;
  /** Bytes and progress while state is `building`. */
  build: { from: ZoneId; receivedBytes: number; totalBytes: number | null; startedAgoMs: number } | null;
}

export type ApplicationState = 'stopped' | 'starting' | 'ready' | 'failing';

export interface ApplicationReport {
  state: ApplicationState;
  stateForMs: number;
  /** The readiness path's answers in the newest `checks` checks (at most 20, newest last): HTTP status, 0 = no answer in time. */
  checks: number[];
}

/** An action that the agent took, for the incident's chain. Sent in every report for `ACTION_KEEP_MS` after it ended. */
export interface ActionReport {
  /** Unique and stable: `${site}/${zone}/${epoch}/${verb}`. */
  id: string;
  verb: string;
  epoch: Epoch;
  startedAt: WallMs;
  tookMs: number;
  outcome: 'done' | 'failed';
  detail: string;
}

export interface CopyReport {
  site: SiteId;
  /** The newest placement epoch that this copy's agent knows. Only what is reported under the current epoch may be decided on. */
  epoch: Epoch;
  /** The role that the agent has finished making true under `epoch`; null while it is still working. */
  settled: Role | null;
  database: DatabaseReport;
  application: ApplicationReport;
  /** Set by a live copy once it is writable: the reign's epoch and what it had received when it cut replication. */
  promoted: { epoch: Epoch; position: Gtid } | null;
  /** The site's database was created here, and its setup has run, under epoch 1. */
  initialised: boolean;
  actions: ActionReport[];
}

export interface AgentReport {
  kind: 'agent';
  zone: ZoneId;
  /** New at every start of the agent, so that a restart is not read as a jump. */
  incarnation: string;
  sequence: number;
  probes: ZoneProbe[];
  copies: CopyReport[];
}

/** Visitors' requests of one copy in the window since the last report to this controller. */
export interface TrafficWindow {
  site: SiteId;
  zone: ZoneId;
  /** Attempts sent or tried to be sent to this copy. */
  attempts: number;
  /** Answered below 500. */
  answered: number;
  /** Answered 500–599 by the copy. */
  serverErrors: number;
  /** Could not connect: refused, reset before the answer, or unreachable. */
  connectErrors: number;
  timeouts: number;
  /** Attempts now waiting for their first byte of answer, and the age of the oldest. */
  waiting: number;
  oldestWaitingMs: number;
  /** Milliseconds since this copy last answered anything; null: never. */
  answeredAgoMs: number | null;
}

/** What the edge did with a site's newest epoch, for the incident. */
export interface RouteReport {
  site: SiteId;
  epoch: Epoch;
  /** When the route became effective in the data plane, by the edge's clock. */
  routedAt: WallMs;
  /** First successful answer to a request other than GET and HEAD since then; null: none yet. */
  firstWriteAt: WallMs | null;
  heldNow: number;
  heldLongestMs: number;
}

export interface EdgeReport {
  kind: 'edge';
  edge: EdgeId;
  incarnation: string;
  sequence: number;
  probes: ZoneProbe[];
  traffic: TrafficWindow[];
  routes: RouteReport[];
}

export type Report = AgentReport | EdgeReport;
export type ObserverId = string;

/** `agent:a`, `edge:edge-1`: how evidence names who saw it. */
export function observerOf(report: Report): ObserverId {
  return report.kind === 'agent' ? `agent:${report.zone}` : `edge:${report.edge}`;
}
