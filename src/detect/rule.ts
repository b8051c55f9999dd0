/** A finding is a row: its code, how bad it is, the sentence that people read, and the pure function that finds it. */
import type { DetectorSettings, Finding, FindingCode, MonoMs, Patience, Placement, Window } from '../model/index.ts';
import type { Memory } from './memory.ts';

export interface DetectInput {
  window: Window;
  memory: Memory;
  placements: Placement[];
  settings: DetectorSettings;
  /** The most eager of all sites': trouble is looked for from there on, and each site decides for itself when to act. */
  patience: Patience;
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
