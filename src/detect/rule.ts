/** A finding is a row: its code, how bad it is, the sentence that people read, and the pure function that finds it. */
import type {
  DetectorSettings,
  Finding,
  FindingCode,
  MonoMs,
  Patience,
  Placement,
  Window,
  ZoneId,
} from '../model/index.ts';
import type { Memory } from './memory/memory.ts';

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

/** What several rules ask of the same turn is worked out once: the answer to the newest input is kept. */
export function oncePerTurn<T>(work: (input: DetectInput) => T): (input: DetectInput) => T {
  let newest: { input: DetectInput; answer: T } | null = null;
  return (input) => {
    if (newest?.input !== input) newest = { input, answer: work(input) };
    return newest.answer;
  };
}

/** A report older than this says nothing about now. */
export const FRESH_MS = 500;

export function darkZones(before: readonly Finding[]): ReadonlySet<ZoneId> {
  return zonesWith(before, 'zone-dark');
}

/** Zones of which a finding explains what their copies suffer. */
export function troubledZones(before: readonly Finding[]): ReadonlySet<ZoneId> {
  return zonesWith(before, 'zone-dark', 'zone-erring');
}

const NO_ZONES: ReadonlySet<ZoneId> = new Set();

function zonesWith(findings: readonly Finding[], ...codes: FindingCode[]): ReadonlySet<ZoneId> {
  if (findings.length === 0) return NO_ZONES;
  const zones = new Set<ZoneId>();
  for (const { code, zone } of findings) if (zone !== null && codes.includes(code)) zones.add(zone);
  return zones;
}
