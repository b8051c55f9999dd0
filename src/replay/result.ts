/** What a replay answers; `holdfast replay --json` prints exactly this. Times are milliseconds since the header. */
import type { FailoverPolicy, MonoMs, SiteId, WallMs, ZoneId } from '../model/index.ts';
import type { TurnLine } from '../record/observations/lines.ts';

export const RESULT_FORMAT = 'holdfast-replay';
export const RESULT_VERSION = 1;

/** What was seen of the recorded world between the findings and decisions. */
export type WorldEntry =
  | {
      kind: 'placement';
      at: MonoMs;
      site: SiteId;
      epoch: number;
      decision: string;
      live: ZoneId;
      standby: ZoneId | null;
      inSync: boolean;
    }
  | { kind: 'stall'; at: MonoMs; forMs: number }
  | { kind: 'not-committed'; at: MonoMs; site: SiteId; code: string; outcome: string }
  | { kind: 'end'; at: MonoMs; why: string };

export type TimelineEntry = (TurnLine | WorldEntry) & {
  /** Since the oldest trouble that still holds, or the newest before, began; null: none so far. */
  sinceTroubleMs: number | null;
};

/** The same thing, then and now: null where it was not found, decided or refused. */
export interface Difference {
  kind: 'finding' | 'decision' | 'refusal';
  /** `zone-dark:a`, or `failover` and `would-not-help` with their site. */
  code: string;
  site: SiteId | null;
  recordedAt: MonoMs | null;
  nowAt: MonoMs | null;
  sentence: string;
}

export interface Move {
  at: MonoMs;
  to: ZoneId;
  because: string | null;
  /** For how long the trouble had held that it answers. */
  afterMs: number | null;
  sentence: string;
  /** True: decided after the recorded move, in a world in which that had not been made. */
  counterfactual: boolean;
}

export interface Waiting {
  code: string;
  from: MonoMs;
  /** When it was last refused. */
  until: MonoMs;
  /** The newest one's. */
  sentence: string;
}

export interface SiteOutcome {
  site: SiteId;
  /** The first one; null: none up to the end of the file. */
  move: Move | null;
  /** The first move that was made in fact, by whichever controller; null: none up to the end of the file. */
  recordedMove: { at: MonoMs; to: ZoneId } | null;
  /** What was refused before that, in the order in which it began. */
  waited: Waiting[];
}

export interface PolicyOutcome {
  /** `eager`, or the policy file's name. */
  name: string;
  policy: FailoverPolicy;
  falseAlarmsPerYear: number;
  /** What the detector found under this policy: it looks from the most eager patience of all sites on. */
  findings: { subject: string; at: MonoMs; sentence: string }[];
  sites: SiteOutcome[];
}

export interface ReplayResult {
  format: typeof RESULT_FORMAT;
  version: typeof RESULT_VERSION;
  recorded: {
    controller: ZoneId;
    startedAt: WallMs;
    incident: string | null;
    falseAlarmsPerYear: number;
    lengthMs: number;
    reports: number;
    observers: string[];
    turns: number;
    sites: number;
    /** The last line was cut off in the middle, and left out. */
    cutOff: boolean;
  };
  timeline: TimelineEntry[];
  /** What this version does about each site, with the policies of the recording and in the world as recorded. */
  moves: SiteOutcome[];
  /** Null: the file does not tell what was found and decided at the time. */
  compared: { same: number; differences: Difference[] } | null;
  policies: PolicyOutcome[];
}
