/**
 * What the observations mean. Pure: the same window, placements, settings and `now` always give the same findings.
 * Rules run in this order, and each sees what the ones before it found.
 */
import type { Finding } from '../model/index.ts';
import { copyDown } from './copy-down.ts';
import { copyErring } from './copy-erring.ts';
import { copySlow } from './copy-slow.ts';
import { copyStuck } from './copy-stuck.ts';
import { calibrate, knowPlacements } from './memory/memory.ts';
import { observerSick } from './observer-sick.ts';
import type { DetectInput, FindingRule } from './rule.ts';
import { standbyLost } from './standby-lost.ts';
import { troubleEverywhere } from './trouble-everywhere.ts';
import { zoneDark } from './zone-dark.ts';
import { zoneErring } from './zone-erring.ts';
import { zoneSlow } from './zone-slow.ts';

export { createMemory, forgetPresent, type Memory, remember } from './memory/memory.ts';
export { takeForUsual, type Usual, usualOf } from './memory/usual.ts';
export type { DetectInput } from './rule.ts';

export const RULES: readonly FindingRule[] = [
  observerSick,
  zoneDark,
  troubleEverywhere,
  zoneErring,
  zoneSlow,
  copyDown,
  copyStuck,
  copyErring,
  copySlow,
  standbyLost,
];

export function detect(input: DetectInput): Finding[] {
  const { memory, window, placements, settings } = input;
  calibrate(memory, settings, { sites: placements.length, edges: window.edges.size, zones: window.agents.size });
  knowPlacements(memory, placements);
  const found: Finding[] = [];
  for (const rule of RULES) found.push(...rule.detect(input, [...found]));
  return found;
}

/** The plain sentence of a finding. */
export function findingSentence(finding: Finding): string {
  const rule = RULES.find(({ code }) => code === finding.code);
  if (rule === undefined) throw new Error(`no rule for finding ${finding.code}`);
  return rule.sentence(finding);
}
