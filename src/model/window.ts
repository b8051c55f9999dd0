/** What one controller remembers of the newest reports: plain data that `observe/window.ts` fills and `detect` reads. */
import type { AgentReport, EdgeId, EdgeReport, MonoMs, ZoneId } from './index.ts';

export interface Heard<R> {
  report: R;
  /** Arrival of the newest report, by this controller's monotonic clock. */
  receivedAt: MonoMs;
  /** Arrival of the first report of this incarnation of the sender, or the last time that the window was forgotten. */
  firstReceivedAt: MonoMs;
}

export interface Window {
  /** When this controller began to listen, or last forgot everything. */
  startedAt: MonoMs;
  agents: Map<ZoneId, Heard<AgentReport>>;
  edges: Map<EdgeId, Heard<EdgeReport>>;
}

/** What detection is held to; the default stands in config/programs.ts. */
export interface DetectorSettings {
  /** How often ordinary chance may move anything, over the whole installation, a year. */
  falseAlarmsPerYear: number;
}
