/** What one controller remembers of the newest reports: plain data that `observe/window.ts` fills and `detect` reads. */
import type { AgentReport, EdgeId, EdgeReport, MonoMs, ZoneId } from './index.ts';

export interface Heard<R> {
  /**
   * The newest. An agent's tells of all its copies, also where the message told only of some: with ages as of `receivedAt`, whenever each
   * was told of last. Each report heard is another object; its copies live on in the next, so keep none of them.
   */
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
