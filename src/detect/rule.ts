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

/** A report older than this says nothing about now. */
export const FRESH_MS = 500;

export function darkZones(before: readonly Finding[]): Set<ZoneId> {
  return zonesWith(before, 'zone-dark');
}

/** Zones of which a finding explains what their copies suffer. */
export function troubledZones(before: readonly Finding[]): Set<ZoneId> {
  return zonesWith(before, 'zone-dark', 'zone-erring');
}

function zonesWith(findings: readonly Finding[], ...codes: FindingCode[]): Set<ZoneId> {
  const zones = new Set<ZoneId>();
  for (const { code, zone } of findings) if (zone !== null && codes.includes(code)) zones.add(zone);
  return zones;
}
