/**
 * What one observer saw in one short window. Agents and edges push one report about every 100 ms to every controller, as
 * one JSON text message on a WebSocket (`/observe`). Ages, not clock times: no two clocks are ever compared.
 */
import type { EdgeId, Epoch, Gtid, MonoMs, Role, SiteId, WallMs, ZoneId } from './index.ts';

export const PROBE_FAILURES = ['refused', 'reset', 'timeout', 'unreachable', 'bad-answer'] as const;
export type ProbeFailure = (typeof PROBE_FAILURES)[number];

/** What the observer knows of one zone from its own probes of that zone's agent and controller (`GET /health`). */
export interface ZoneProbe {
  zone: ZoneId;
  /** Milliseconds since any target of that zone last answered a probe; null: never since this observer started. */
  answeredAgoMs: number | null;
  /** Failure of the newest finished probe of every target, when none answered; null when at least one answered. */
  failure: ProbeFailure | null;
  /** Round trip of the newest answer. */
  rttMs: number | null;
  /** Probes of any target there that ended in the last `PROBE_MEMORY_MS`, and how many of them failed: a lossy way shows here. */
  ended: number;
  failed: number;
}

/** How far back `ended` and `failed` of a probe look. */
export const PROBE_MEMORY_MS = 3_000;

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
  /** What the agent itself finds when it writes beside the data; null: not looked yet. */
  disk: DiskReport | null;
  /** Connections open and allowed; null while the server does not answer. */
  connections: { used: number; most: number } | null;
  /** Bytes and progress while state is `building`. */
  build: BuildReport | null;
  /** How far what is applied is behind what the source has; null where it does not follow or is not known. */
  lag: { ms: number; bytes: number } | null;
  /** The site's own transactions open now, and the age of the oldest; null while the server does not answer. */
  transactions: { open: number; oldestMs: number } | null;
}

export interface BuildReport {
  from: ZoneId;
  receivedBytes: number;
  totalBytes: number | null;
  startedAgoMs: number;
  /** Over the last few seconds; null: not known yet. */
  bytesPerSecond: number | null;
  stage: 'copying' | 'preparing' | 'catching-up';
  /** How often it has begun anew since the copy was asked for. */
  attempts: number;
  /** The live copy suffers, and the stream is held back for its sake. */
  throttled: boolean;
}

/** What a zone keeps to itself beside a copy, and how warm it is. `cold`: emptied or being rebuilt since the last move. */
export interface AuxiliaryReport {
  state: 'stopped' | 'cold' | 'warm' | 'failing';
  stateForMs: number;
  trouble: string | null;
}

/** Data directories that were set aside and what was extracted from them, kept until a person discards them or a limit is reached. */
export interface SalvageReport {
  id: string;
  keptSince: WallMs;
  bytes: number;
  /** Transactions that only this copy had; null: not determined (yet). */
  transactions: number | null;
  /** Absolute path on the zone's host. */
  folder: string;
  /** When it will be deleted for its age or for want of room, at the earliest; null: no limit is near. */
  deletedAt: WallMs | null;
}

/** The data directory's disk, as seen by small writes of the agent's own: a server that cannot write looks healthy to a probe. */
export interface DiskReport {
  /** For others than root: what is kept for root no server gets. */
  freeBytes: number;
  totalBytes: number;
  /**
   * How long the write and fsync now under way has not returned, once that is longer than 250 ms; or for how long every one has failed
   * for another reason than room (an I/O error, a read-only file system). 0: neither.
   */
  stuckForMs: number;
  /** How long the newest finished one took. */
  fsyncMs: number;
  /**
   * One failed for want of room within the last minute, or so little was left (16 MB, 0.5 % of a small disk) that the next might have:
   * a server that finds none tries again only after up to a minute.
   */
  full: boolean;
}

export type ApplicationState = 'stopped' | 'starting' | 'ready' | 'failing';

export interface ApplicationReport {
  state: ApplicationState;
  stateForMs: number;
  /** The readiness path's answers in the newest `checks` checks (at most 20, newest last): HTTP status, 0 = no answer in time. */
  checks: number[];
  /** How long each of `checks` took, milliseconds; same length and order. */
  tookMs: number[];
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
  /**
   * Set by a newly live copy once it has cut its replication and applied all it had received: the reign's epoch and that position. It
   * stays read-only until the position is on record.
   */
  promoted: { epoch: Epoch; position: Gtid } | null;
  /** The site's database was created here, and its setup has run, under epoch 1. */
  initialised: boolean;
  actions: ActionReport[];
  /** Null: the site has none. */
  cache: AuxiliaryReport | null;
  search: AuxiliaryReport | null;
  salvage: SalvageReport[];
}

/** A copy with neither cache nor search index, and nothing set aside. */
export const NO_AUXILIARIES = { cache: null, search: null, salvage: [] } satisfies Partial<CopyReport>;

export interface AgentReport {
  kind: 'agent';
  zone: ZoneId;
  /** New at every start of the agent, so that a restart is not read as a jump. */
  incarnation: string;
  sequence: number;
  probes: ZoneProbe[];
  copies: CopyReport[];
  /**
   * Number of all copies here, in a message that tells only of some: of those in which something changed, and in turn of the
   * others (`src/agent/telling.ts`). Left out: `copies` are all. A controller's window puts them together (`src/observe/merge.ts`).
   */
  copiesInAll?: number | undefined;
  /** How much more this host can take; null: not measured yet. */
  room: Room | null;
}

export interface Room {
  cores: number;
  /** Share of all cores that was busy over the last few seconds, 0–1. */
  cpuBusy: number;
  memoryAvailableBytes: number;
  memoryTotalBytes: number;
  /** The running kernel, by its boot id: hosts that tell the same share one machine, and its cores. Empty: not known. */
  machine: string;
}

/** Upper ends of the latency classes, milliseconds to the first byte of the answer; one more class lies beyond the last. */
export const LATENCY_BOUNDS_MS = [32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192] as const;

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
  /** Answers (well or not) by the classes of `LATENCY_BOUNDS_MS`: ten counts; empty: not measured. */
  latency: number[];
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
  /** The site's requests that were passed on to a copy and have not ended, whichever copy it was. */
  inFlight: number;
  /** Requests of the site that this edge answered with an error of its own or passed a 5xx on for, since `routedAt`. */
  failed: number;
}

export interface EdgeReport {
  kind: 'edge';
  edge: EdgeId;
  incarnation: string;
  sequence: number;
  /** By the edge's own monotonic clock: only the differences of one edge's say anything, of how late each came. Left out: not known. */
  sentAtMs?: MonoMs | undefined;
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
