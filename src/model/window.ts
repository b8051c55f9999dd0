/** What one controller remembers of the newest reports: plain data that `observe/window.ts` fills and `detect` reads. */
import type { AgentReport, EdgeId, EdgeReport, MonoMs, ObserverId, SiteId, ZoneId } from './index.ts';

export interface Heard<R> {
  report: R;
  /** Arrival of the newest report, by this controller's monotonic clock. */
  receivedAt: MonoMs;
  /** Arrival of the first report of this incarnation of the sender, or the last time that the window was forgotten. */
  firstReceivedAt: MonoMs;
}

/** Visitors' requests of one copy that arrived in one report. */
export interface TrafficSample {
  observer: ObserverId;
  receivedAt: MonoMs;
  answered: number;
  /** 5xx answers, connect errors and time-outs. */
  failed: number;
}

export interface Window {
  /** When this controller began to listen, or last forgot everything. */
  startedAt: MonoMs;
  agents: Map<ZoneId, Heard<AgentReport>>;
  edges: Map<EdgeId, Heard<EdgeReport>>;
  /** By `copyKey(site, zone)`; oldest first, `TRAFFIC_KEEP_MS` long. */
  traffic: Map<string, TrafficSample[]>;
}

export function copyKey(site: SiteId, zone: ZoneId): string {
  return `${site}@${zone}`;
}

/** The thresholds that detection depends on; every one has its default in config/programs.ts. */
export interface DetectorSettings {
  silenceMs: number;
  refusedMs: number;
  copyDownMs: number;
}
