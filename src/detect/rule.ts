/** A finding is a row: its code, how bad it is, the sentence that people read, and the pure function that finds it. */
import type { DetectorSettings, Finding, FindingCode, MonoMs, Placement, Window } from '../model/index.ts';

export interface DetectInput {
  window: Window;
  placements: Placement[];
  settings: DetectorSettings;
  now: MonoMs;
}

export interface FindingRule {
  code: FindingCode;
  severity: 'critical' | 'warning' | 'notice';
  /** One plain sentence for this finding. */
  sentence(finding: Finding): string;
  /** Findings of the rules before this one are given too (a dark zone explains its copies). */
  detect(input: DetectInput, before: Finding[]): Finding[];
}

/** A report older than this says nothing about now. */
export const FRESH_MS = 500;
